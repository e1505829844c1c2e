import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CountingDetector } from '../../test/e2e/watch-child.ts';
import { SensorHealth } from './health.ts';
import { fileSource } from './sources/index.ts';
import type { StateFolder } from './state-folder.ts';
import { Watch } from './watch.ts';
import type { WatchEvents } from './watch-options.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-watch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const quiet: WatchEvents = {
  read: () => undefined,
  damaged: () => undefined,
  alerted: () => undefined,
  evaluated: () => undefined,
  checkpointed: () => undefined,
  dropped: () => undefined,
  troubled: () => undefined,
  delivered: () => undefined,
  refused: () => undefined,
};

function stateIn(path: string): StateFolder {
  const at = (name: string): string => join(path, name);
  return {
    path,
    checkpoint: at('checkpoint.json'),
    outbox: at('outbox.ndjson'),
    spool: at('spool'),
    release: async () => undefined,
  };
}

async function watching(
  log: string,
  signal: AbortSignal,
  state = folder,
): Promise<{ readonly ended: Promise<unknown>; count(): number }> {
  let events = 0;
  const watch = await Watch.open({
    sources: [fileSource(log, { pollMs: 5, graceMs: 20 })],
    mode: 'follow',
    detector: new CountingDetector(),
    health: new SensorHealth({ quietAfter: 0 }),
    sinks: [],
    state: stateIn(state),
    begin: async () => undefined,
    least: 'info',
    causes: () => [],
    now: () => Date.now(),
    signal,
    events: {
      ...quiet,
      read: (_, what) => {
        events += what.events;
      },
    },
  });
  return { ended: watch.run(), count: () => events };
}

function line(number: number): string {
  return `${JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: `id-${number}`, stage: 'ResponseComplete' })}\n`;
}

describe('a watch', () => {
  it('says which folder does not take its state', async () => {
    const missing = join(folder, 'gone');
    rmSync(folder, { recursive: true });
    await expect(watching('audit.log', AbortSignal.abort(), missing)).rejects.toMatchObject({
      code: 'state-unwritable',
      message: expect.stringContaining(`cannot keep the state in ${missing}: `),
    });
  });

  it('keeps where a source begins before it reads it: a file that is rotated while it is dead is found again', async () => {
    const log = join(folder, 'audit.log');
    writeFileSync(log, line(1));
    const first = new AbortController();
    const { ended } = await watching(log, first.signal);
    const checkpoint = join(folder, 'checkpoint.json');
    const early = await vi.waitFor(() => readFileSync(checkpoint, 'utf8'), { timeout: 2_000 });
    expect(JSON.parse(early).positions).toMatchObject([{ source: log, offset: 0, file: {} }]);
    first.abort();
    await ended;
    // As a kill leaves it.
    writeFileSync(checkpoint, early);
    rmSync(join(folder, 'outbox.ndjson'));
    appendFileSync(log, line(2));
    renameSync(log, join(folder, 'audit.log.1'));
    writeFileSync(log, line(3));
    const second = new AbortController();
    const again = await watching(log, second.signal);
    await vi.waitFor(() => expect(again.count()).toBe(3), { timeout: 2_000 });
    second.abort();
    await again.ended;
  });
});
