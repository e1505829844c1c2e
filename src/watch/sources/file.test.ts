import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, copyFile, mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { exampleLine, exampleLog, told } from './example-log.ts';
import { fileSource } from './file.ts';
import { LogFile } from './log-file.ts';
import type { Batch, Position, ReadingOptions } from './source.ts';
import { stdinSource } from './stream.ts';

const home = await mkdtemp(join(tmpdir(), 'bulwark-sources-'));
afterAll(() => rm(home, { recursive: true, force: true }));

let count = 0;
let log = '';
beforeEach(() => {
  count += 1;
  log = join(home, `${count}`, 'audit.log');
  return mkdirFor(log);
});

async function mkdirFor(path: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
}

const never = new AbortController().signal;

async function whole(path: string, options: Partial<ReadingOptions> = {}) {
  const batches: Batch[] = [];
  for await (const batch of fileSource(path).batches({ follow: false, signal: never, ...options })) batches.push(batch);
  return { told: batches.flatMap(told), position: batches.at(-1)?.position };
}

/** A followed log whose events are awaited one after another. */
function followed(path: string, from?: Position) {
  const stop = new AbortController();
  const seen: string[] = [];
  let position: Position | undefined;
  const source = fileSource(path, { pollMs: 5, graceMs: 30 });
  const reading = (async () => {
    const options = { follow: true, signal: stop.signal, ...(from !== undefined && { from }) };
    for await (const batch of source.batches(options)) {
      seen.push(...told(batch));
      position = batch.position;
    }
  })();
  return {
    seen,
    /** Resolves when so many events and damages were told; fails after five seconds. */
    async until(number: number): Promise<readonly string[]> {
      for (const began = Date.now(); seen.length < number && Date.now() - began < 5000; ) await pause(5);
      return [...seen];
    },
    async stop(): Promise<Position | undefined> {
      stop.abort();
      await reading;
      return position;
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('fileSource: whole', () => {
  it('reads a file, and says how far', async () => {
    await writeFile(log, exampleLog(['a', 'b', 'c']));
    const { told: seen, position } = await whole(log);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(position).toMatchObject({ source: log, offset: exampleLog(['a', 'b', 'c']).length });
    expect(await whole(log, { from: position as Position })).toEqual({ told: [], position: undefined });
    await appendFile(log, exampleLog(['d']));
    expect((await whole(log, { from: position as Position })).told).toEqual(['d']);
  });

  it('reads a cut last line again when there is more of it', async () => {
    const line = exampleLine('b');
    await writeFile(log, `${exampleLog(['a'])}${line.slice(0, 50)}`);
    const first = await whole(log);
    expect(first.told).toEqual(['a', '!is not valid JSON']);
    await appendFile(log, `${line.slice(50)}\n`);
    expect((await whole(log, { from: first.position as Position })).told).toEqual(['b']);
  });

  it('does not read a last line without a newline twice', async () => {
    await writeFile(log, exampleLine('a'));
    const { told: seen, position } = await whole(log);
    expect(seen).toEqual(['a']);
    await appendFile(log, `\n${exampleLine('b')}\n`);
    expect((await whole(log, { from: position as Position })).told).toEqual(['b']);
  });

  it('does not take a cut line for one that nobody wants', async () => {
    const wanted = (line: Buffer): boolean => line.includes('"last":1');
    const line = exampleLine('b', { last: 1 });
    await writeFile(log, `${exampleLog(['a'])}${line.slice(0, -5)}`);
    const { position } = await whole(log, { wanted });
    await appendFile(log, `${line.slice(-5)}\n`);
    expect((await whole(log, { wanted, from: position as Position })).told).toEqual(['b']);
  });

  it.each([
    ['a file that is not there', 'missing.log', /there is no file .*missing\.log/],
    ['a folder', '.', /is a directory/],
  ])('refuses %s', async (_, name, message) => {
    await expect(whole(join(log, '..', name))).rejects.toThrow(message);
  });

  it('stops between batches', async () => {
    await writeFile(log, exampleLog(Array.from({ length: 5000 }, (_, index) => `${index}`)));
    const stop = new AbortController();
    let batches = 0;
    for await (const _ of fileSource(log).batches({ follow: false, signal: stop.signal })) {
      batches += 1;
      stop.abort();
    }
    expect(batches).toBe(1);
  });
});

/** A zstd frame whose one block is not compressed (RFC 8878). */
function zstd(text: string): Buffer {
  const data = Buffer.from(text);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(0xfd2fb528, 0);
  head[4] = 0xa0; // a single segment, its size in four bytes
  head.writeUInt32LE(data.length, 5);
  head.writeUIntLE((data.length << 3) | 1, 9, 3);
  return Buffer.concat([head, data]);
}

describe('fileSource: compressed', () => {
  it.each([
    ['gzip', gzipSync(exampleLog(['a', 'b', 'c']))],
    ['gzip of several members', Buffer.concat([gzipSync(exampleLog(['a'])), gzipSync(exampleLog(['b', 'c']))])],
    ['zstd', zstd(exampleLog(['a', 'b', 'c']))],
    ['zstd of several frames', Buffer.concat([zstd(exampleLog(['a', 'b'])), zstd(exampleLog(['c']))])],
  ])('reads %s, whatever its name, and goes on in it', async (_, bytes) => {
    await writeFile(log, bytes);
    expect((await whole(log)).told).toEqual(['a', 'b', 'c']);
    expect((await whole(log, { follow: true })).told).toEqual(['a', 'b', 'c']);
    const { position } = await whole(log);
    const from = { ...(position as Position), offset: exampleLog(['a']).length };
    expect((await whole(log, { from })).told).toEqual(['b', 'c']);
  });

  it.each([
    ['gzip', gzipSync(exampleLog(['a', 'b', 'c'])).subarray(0, -30), '!gzip: unexpected end of file'],
    [
      'zstd',
      Buffer.concat([zstd(exampleLog(['a', 'b'])), zstd(exampleLog(['c'])).subarray(0, -3)]),
      '!zstd: unexpected EOF',
    ],
  ])('says that %s ends early, and keeps what came before', async (_, bytes, problem) => {
    await writeFile(log, bytes);
    const { told: seen } = await whole(log);
    expect(seen.at(-1)).toBe(problem);
  });

  it('reads them from standard input too', async () => {
    const seen: string[] = [];
    const stream = (async function* () {
      for (const byte of gzipSync(exampleLog(['a', 'b']))) yield Buffer.from([byte]);
    })();
    for await (const batch of stdinSource(stream).batches({ follow: false, signal: never })) seen.push(...told(batch));
    expect(seen).toEqual(['a', 'b']);
  });

  const sample = '../shared/samples/lab-audit.log.zst';
  if (!existsSync(sample)) console.warn(`skipped: ${sample} is not there`);
  it.skipIf(!existsSync(sample))('reads a real log', async () => {
    await writeFile(log, readFileSync(sample));
    const { told: seen, position } = await whole(log);
    expect([seen.length, position?.offset]).toEqual([16_061, 46_467_668]);
    expect(seen.filter((text) => text.startsWith('!'))).toEqual([]);
  });

  it('reads a pipe', async () => {
    execFileSync('mkfifo', [log]);
    const reading = whole(log);
    await writeFile(log, exampleLog(['a', 'b']));
    expect((await reading).told).toEqual(['a', 'b']);
  });
});

describe('fileSource: followed', () => {
  it('waits for the file, then for whole lines', async () => {
    const log1 = followed(log);
    await pause(20);
    await writeFile(log, exampleLine('a').slice(0, 20));
    await pause(20);
    expect(log1.seen).toEqual([]);
    await appendFile(log, `${exampleLine('a').slice(20)}\n`);
    expect(await log1.until(1)).toEqual(['a']);
    await appendFile(log, exampleLog(['b', 'c']));
    expect(await log1.until(3)).toEqual(['a', 'b', 'c']);
    await log1.stop();
  });

  it('reads a rotated file to its end before the new one', async () => {
    await writeFile(log, exampleLog(['a']));
    const reading = followed(log);
    await reading.until(1);
    await appendFile(log, exampleLog(['b']));
    await rename(log, log.replace('.log', '-2026-11-20T20-06-05.000.log'));
    await writeFile(log, exampleLog(['d']));
    await appendFile(log.replace('.log', '-2026-11-20T20-06-05.000.log'), exampleLine('c'));
    expect(await reading.until(4)).toEqual(['a', 'b', 'c', 'd']);
    await reading.stop();
  });

  it('reads what was rotated twice while nobody looked', async () => {
    await writeFile(log, exampleLog(['a', 'b']));
    const { position } = await whole(log);
    await appendFile(log, exampleLog(['c']));
    await rename(log, log.replace('.log', '-2026-11-20T20-06-05.000.log'));
    await writeFile(log.replace('.log', '-2026-11-20T21-06-05.000.log'), exampleLog(['d', 'e']));
    await writeFile(log, exampleLog(['f']));
    expect((await whole(log, { from: position as Position })).told).toEqual(['c', 'd', 'e', 'f']);
    const reading = followed(log, position);
    expect(await reading.until(4)).toEqual(['c', 'd', 'e', 'f']);
    await reading.stop();
  });

  it('finds what was compressed after it was rotated, and does not read it twice', async () => {
    const old = exampleLog(['a', 'b', 'c']);
    await writeFile(log, old);
    const { position } = await whole(log);
    const at = { ...(position as Position), offset: exampleLog(['a', 'b']).length };
    await rm(log);
    await writeFile(log.replace('.log', '-2026-11-20T20-06-05.000.log.gz'), gzipSync(old));
    await writeFile(`${log.replace('.log', '-2026-11-20T20-07-05.000.log')}`, exampleLog(['d']));
    await writeFile(log, exampleLog(['e']));
    const from = {
      ...at,
      fingerprint: await fingerprintOf(log.replace('.log', '-2026-11-20T20-06-05.000.log.gz'), at),
    };
    expect((await whole(log, { from })).told).toEqual(['c', 'd', 'e']);
  });

  it('goes on in the copy when the log is copied and truncated', async () => {
    await writeFile(log, exampleLog(['a', 'b']));
    const reading = followed(log);
    await reading.until(2);
    await appendFile(log, exampleLine('c').slice(0, 30));
    await pause(20);
    await copyFile(log, `${log}.1`);
    await appendFile(`${log}.1`, `${exampleLine('c').slice(30)}\n`);
    await truncate(log, 0);
    await appendFile(log, exampleLog(['d']));
    expect(await reading.until(4)).toEqual(['a', 'b', 'c', 'd']);
    await reading.stop();
  });

  it('sees a truncation that the log has outgrown', async () => {
    await writeFile(log, exampleLog(['a']));
    const reading = followed(log);
    await reading.until(1);
    await pause(20);
    await writeFile(log, exampleLog(['b', 'c', 'd']));
    expect(await reading.until(5)).toEqual([
      'a',
      '!the file that was read up to here is gone: what else was in it is lost',
      'b',
      'c',
      'd',
    ]);
    await reading.stop();
  });

  it('says that a file is gone that it was to go on in', async () => {
    await writeFile(log, exampleLog(['a']));
    const { position } = await whole(log);
    await rm(log);
    await writeFile(log, exampleLog(['b']));
    expect((await whole(log, { from: position as Position })).told).toEqual([
      '!the file that was read up to here is gone: what else was in it is lost',
      'b',
    ]);
  });

  it('loses nothing and repeats nothing over restarts and rotations', async () => {
    const step = fc.constantFrom('append', 'part', 'rotate', 'compress', 'restart');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
        count += 1;
        const path = join(home, `${count}`, 'audit.log');
        await mkdirFor(path);
        const written: string[] = [];
        let number = 0;
        let pending = '';
        let rotations = 0;
        const seen: string[] = [];
        let position: Position | undefined;
        const drain = async (): Promise<void> => {
          const run = await whole(path, position === undefined ? {} : { from: position });
          seen.push(...run.told.filter((text) => text !== '!is not valid JSON'));
          position = run.position ?? position;
        };
        await writeFile(path, '');
        for (const name of steps) {
          if (name === 'append' || name === 'part') {
            number += 1;
            const id = `e${number}`;
            const line = `${exampleLine(id)}\n`;
            written.push(id);
            const text = pending + line;
            pending = name === 'part' ? text.slice(-20) : '';
            await appendFile(path, name === 'part' ? text.slice(0, -20) : text);
          } else if (name === 'restart') {
            await drain();
          } else {
            // A writer rotates between lines.
            await appendFile(path, pending);
            pending = '';
            rotations += 1;
            const old = path.replace('.log', `-2026-11-20T20-06-${10 + rotations}.000.log`);
            await rename(path, old);
            if (name === 'compress') {
              await writeFile(`${old}.gz`, gzipSync(readFileSync(old)));
              await rm(old);
            }
            await writeFile(path, '');
            // Nobody can know of a file that was rotated before the first look.
            if (position === undefined) written.length = 0;
          }
        }
        await appendFile(path, pending);
        await drain();
        expect(seen).toEqual(written);
      }),
      { numRuns: 60 },
    );
  });
});

describe('fileSource: a writer that rotates all the time', () => {
  it('is read whole and in order, over restarts, by a reader that falls behind', async () => {
    const writing = rotatingWriter(log, 1200);
    const seen = await restartingReader(log, writing);
    const count = await writing;
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => `${index}`));
  }, 15_000);
});

/** Appends lines, some in two parts, and rotates every 40, compressing every other file. Resolves to how many. */
async function rotatingWriter(path: string, ms: number): Promise<number> {
  let lines = 0;
  let rotations = 0;
  await writeFile(path, '');
  for (const began = Date.now(); Date.now() - began < ms; ) {
    const line = `${exampleLine(`${lines}`)}\n`;
    await appendFile(path, line.slice(0, lines % 60));
    if (lines % 7 === 0) await pause(1);
    await appendFile(path, line.slice(lines % 60));
    lines += 1;
    if (lines % 40 !== 0) continue;
    rotations += 1;
    const old = path.replace('.log', `-2026-11-20T20-06-05.${`${rotations}`.padStart(3, '0')}.log`);
    await rename(path, old);
    await writeFile(path, '');
    if (rotations % 2 === 0) continue;
    await writeFile(`${old}.gz`, gzipSync(readFileSync(old)));
    await rm(old);
  }
  return lines;
}

/** Follows, stops and goes on from where it was, several times a second, until it has seen as much as was written. */
async function restartingReader(path: string, writing: Promise<number>): Promise<readonly string[]> {
  const seen: string[] = [];
  let position: Position | undefined;
  let count = Number.POSITIVE_INFINITY;
  void writing.then((written) => {
    count = written;
  });
  for (const began = Date.now(); seen.length < count && Date.now() - began < 10_000; ) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 250);
    const source = fileSource(path, { pollMs: 5, graceMs: 20 });
    const from = position === undefined ? {} : { from: position };
    for await (const batch of source.batches({ follow: true, signal: stop.signal, ...from })) {
      seen.push(...told(batch));
      position = batch.position;
      await pause(seen.length % 3);
    }
    clearTimeout(timer);
  }
  return seen;
}

/** The fingerprint that a position at `at` has, taken by reading the file up to there. */
async function fingerprintOf(path: string, at: Position): Promise<string> {
  const file = await LogFile.open(path);
  const fingerprint = await file?.fingerprint(at.offset);
  await file?.handle.close();
  return fingerprint ?? '';
}
