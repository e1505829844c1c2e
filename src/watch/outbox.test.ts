import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleAlert } from '../../test/alert-example.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';

let folder = '';
let opened: Outbox[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-outbox-'));
});
afterEach(async () => {
  for (const outbox of opened) await outbox.close();
  opened = [];
  rmSync(folder, { recursive: true });
});

const every = { name: 'every', updates: 'every' } as const;
const latest = { name: 'latest', updates: 'latest' } as const;

async function open(changes: Partial<OutboxOptions> = {}): Promise<Outbox> {
  const outbox = await Outbox.open({
    path: join(folder, 'outbox.ndjson'),
    sinks: [every, latest],
    checkpointed: 0,
    limits: { alerts: 100, bytes: 1_000_000 },
    onDropped: () => undefined,
    ...changes,
  });
  opened.push(outbox);
  return outbox;
}

async function add(outbox: Outbox, ...keys: readonly string[]): Promise<void> {
  const entries = keys.flatMap((key) => outbox.admit(alertOf(key), 'event') ?? []);
  await outbox.add(entries);
}

/** `a1`: revision 1 of incident a. */
function alertOf(key: string): ReturnType<typeof exampleAlert> {
  return exampleAlert({ id: key.slice(0, 1), revision: Number(key.slice(1)) });
}

function waiting(outbox: Outbox, sink: string): string[] {
  return [...outbox.pending(sink)].map(({ alert }) => `${alert.id}${alert.revision}`);
}

async function settle(outbox: Outbox, sink: string, ...keys: readonly string[]): Promise<void> {
  await outbox.settle(
    sink,
    [...outbox.pending(sink)].filter(({ alert }) => keys.includes(`${alert.id}${alert.revision}`)),
  );
}

describe('the outbox', () => {
  it('keeps for each sink what it was not told, over a restart', async () => {
    const before = await open();
    await add(before, 'a0', 'b0', 'a1');
    expect(waiting(before, 'every')).toEqual(['a0', 'b0', 'a1']);
    expect(waiting(before, 'latest').toSorted()).toEqual(['a1', 'b0']);
    await settle(before, 'every', 'a0');
    await settle(before, 'latest', 'b0');
    await before.close();
    const after = await open();
    expect(waiting(after, 'every')).toEqual(['b0', 'a1']);
    expect(waiting(after, 'latest')).toEqual(['a1']);
  });

  it('knows the alerts that are made again after a restart, until a checkpoint covers them', async () => {
    const before = await open();
    await add(before, 'a0', 'b0', 'c0');
    await before.close();
    const after = await open({ checkpointed: 1 });
    expect(after.covered).toBe(1);
    expect(after.admit(alertOf('b0'), 'event')).toBeUndefined();
    // A checkpoint between the two must not forget the one that is still to come.
    expect(after.covered).toBe(2);
    await after.checkpointed(after.covered);
    expect(after.admit(alertOf('c0'), 'event')).toBeUndefined();
    expect(after.covered).toBe(3);
    expect(after.admit(alertOf('d0'), 'event')?.number).toBe(4);
    expect(waiting(after, 'every')).toEqual(['a0', 'b0', 'c0']);
  });

  it('does not wait for the return of what no event made', async () => {
    const before = await open();
    const entry = before.admit(alertOf('a0'), 'watch');
    await before.add(entry === undefined ? [] : [entry]);
    await before.close();
    const after = await open();
    expect(after.covered).toBe(1);
    expect(after.admit(alertOf('a0'), 'watch')).toBeUndefined();
  });

  it('takes over from a checkpoint what it never had', async () => {
    const before = await open();
    await add(before, 'a0');
    await settle(before, 'every', 'a0');
    await before.close();
    const after = await open({ checkpointed: 2 });
    await after.addMissing([
      { number: 1, alert: alertOf('a0') },
      { number: 2, alert: alertOf('b0') },
    ]);
    expect(waiting(after, 'every')).toEqual(['b0']);
    await settle(after, 'every', 'b0');
    await settle(after, 'latest', 'a0', 'b0');
    await after.close();
    // Nothing waits any more; the number alone says that it had them.
    const again = await open({ checkpointed: 2 });
    await again.addMissing([{ number: 2, alert: alertOf('b0') }]);
    expect(waiting(again, 'every')).toEqual([]);
  });

  it('passes over a line that a kill tore', async () => {
    const before = await open();
    await add(before, 'a0');
    await before.close();
    appendFileSync(join(folder, 'outbox.ndjson'), '{"number":2,"alert":{"id":"b"');
    const after = await open();
    expect(waiting(after, 'every')).toEqual(['a0']);
    await add(after, 'c0');
    await after.close();
    expect(waiting(await open(), 'every')).toEqual(['a0', 'c0']);
  });

  it('drops the oldest where a queue is full, says so, and drops it for good', async () => {
    const dropped: string[] = [];
    const options = {
      limits: { alerts: 2, bytes: 1_000_000 },
      onDropped: (sink: string, count: number) => dropped.push(`${sink} ${count}`),
    };
    const before = await open(options);
    await add(before, 'a0', 'b0', 'c0');
    expect(waiting(before, 'every')).toEqual(['b0', 'c0']);
    expect(dropped).toEqual(['every 1', 'latest 1']);
    await before.close();
    expect(waiting(await open(), 'every')).toEqual(['b0', 'c0']);
  });

  it('packs its file', async () => {
    const outbox = await open();
    const long = 'x'.repeat(100_000);
    for (let number = 0; number < 30; number += 1) {
      const entry = outbox.admit(exampleAlert({ id: `i${number}`, message: long }), 'event');
      await outbox.add(entry === undefined ? [] : [entry]);
      await outbox.settle('every', [...outbox.pending('every')]);
      await outbox.settle('latest', [...outbox.pending('latest')]);
      await outbox.checkpointed(outbox.covered);
    }
    await outbox.close();
    expect(readFileSync(join(folder, 'outbox.ndjson')).length).toBeLessThan(1_300_000);
    expect((await open({ checkpointed: 30 })).covered).toBe(30);
  });
});
