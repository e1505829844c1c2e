import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BulwarkError } from '../model/errors.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { replaceFile } from './replace-file.ts';
import { stateError } from './state-error.ts';
import { holdStateFolder } from './state-folder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a state folder', () => {
  it.each([['short'], ['a-path-that-is-longer-than-a-socket-may-be/'.repeat(4)]])(
    'is held by one at a time: %s',
    async (name) => {
      const path = join(folder, name);
      const held = await holdStateFolder(path);
      await expect(holdStateFolder(path)).rejects.toThrow('another process watches');
      await held.release();
      const again = await holdStateFolder(path);
      expect(statSync(again.path).mode & 0o077).toBe(0);
      await again.release();
    },
  );

  it('is rid of what was half written when its holder was killed, and keeps nothing of what it cannot write', async () => {
    for (const name of ['checkpoint.json.tmp', 'outbox.ndjson.tmp']) writeFileSync(join(folder, name), '{"sch');
    const held = await holdStateFolder(folder);
    const spoilt = (function* () {
      yield 'half';
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    })();
    await expect(replaceFile(held.checkpoint, spoilt)).rejects.toThrow('ENOSPC');
    expect(readdirSync(folder)).toEqual(['lock']);
    await held.release();
  });

  it.each([
    ['ENOSPC', 'cannot keep the state in /var/lib/w: the disk is full'],
    ['EDQUOT', 'cannot keep the state in /var/lib/w: the quota is used up'],
    ['EROFS', 'cannot keep the state in /var/lib/w: EROFS: open'],
  ])('says in plain words what is wrong with it: %s', (code, message) => {
    const error = stateError('/var/lib/w', Object.assign(new Error(`${code}: open`), { code }));
    expect(error).toMatchObject({ code: 'state-unwritable', message });
    expect((error as BulwarkError).hint).toContain('start again');
  });

  it('is free again when its holder was killed', async () => {
    // What a killed process leaves: a socket that nobody listens on.
    writeFileSync(join(folder, 'lock'), '');
    await (await holdStateFolder(folder)).release();
  });
});

describe('a checkpoint', () => {
  const checkpoint = {
    positions: [
      { source: 'a', offset: 7, file: { device: '1', inode: '2' }, fingerprint: 'f' },
      { source: 'b', offset: 0 },
    ],
    detector: { keys: ['__proto__'] },
    health: null,
    flushed: 3,
    number: 4,
    alerts: [],
  };

  it('is read as it was written', async () => {
    const path = join(folder, 'checkpoint.json');
    expect(await readCheckpoint(path)).toBeUndefined();
    await writeCheckpoint(path, checkpoint);
    expect(await readCheckpoint(path)).toEqual(checkpoint);
  });

  it.each(['', '{', '[]', '{"schema":"another"}'])('that is none is no reason to begin anew: %s', async (text) => {
    const path = join(folder, 'checkpoint.json');
    writeFileSync(path, text);
    await expect(readCheckpoint(path)).rejects.toThrow('cannot go on from');
  });
});
