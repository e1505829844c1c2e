import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message } from './message.ts';
import { PublishLog } from './publish-log.ts';

let path = '';

beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'bulwark-publish-')), 'published.ndjson');
});

afterEach(() => rmSync(join(path, '..'), { recursive: true, force: true }));

function message(log: PublishLog, partition: string, body: Buffer): Message {
  return { partition, number: log.take(partition), token: 'abc', kind: 'event', left: 0, body };
}

const position = (offset: number) => ({ source: '/audit.log', offset });

describe('PublishLog', () => {
  it('gives after a restart what it had before, byte by byte, and the next numbers', async () => {
    const { log, unsent } = await PublishLog.open(path);
    expect(unsent).toEqual([]);
    // Half of a character, as a piece may end in one.
    const messages = [message(log, '0', Buffer.from('aé').subarray(0, 2)), message(log, 'shared', Buffer.from('b'))];
    await log.append({ messages, position: position(10), ticked: 5, router: { hasBegun: true } });
    await log.append({ messages: [], position: position(20), ticked: 7 });
    await log.close();
    // Torn by the kill.
    appendFileSync(path, '{"messages":[["0",2,');

    const again = await PublishLog.open(path);
    expect(again.unsent).toEqual(messages);
    expect(again.log.publisher).toBe(log.publisher);
    expect(again.log.positions.get('/audit.log')).toEqual(position(20));
    expect([again.log.ticked, again.log.router]).toEqual([7, { hasBegun: true }]);
    expect([again.log.take('0'), again.log.take('shared'), again.log.take('1')]).toEqual([2, 2, 1]);
    await again.log.append({ messages: [], position: position(30), ticked: 7 });
    await again.log.close();
    expect(readFileSync(path, 'utf8')).not.toContain('["0",2,');
  });

  it('leaves out what is in the stream when it has grown long', async () => {
    const { log } = await PublishLog.open(path);
    const sent = Array.from({ length: 20 }, () => message(log, '0', Buffer.alloc(512 * 1024, 'x')));
    await log.append({ messages: sent, position: position(10), ticked: 0 });
    const last = sent.slice(-1);
    await log.packIfLong(last);
    expect(statSync(path).size).toBeLessThan(600 * 1024);
    await log.append({ messages: [], position: position(20), ticked: 0 });
    await log.close();
    const again = await PublishLog.open(path);
    expect(again.unsent.map(({ number }) => number)).toEqual([20]);
    expect(again.log.take('0')).toBe(21);
    expect(again.log.positions.get('/audit.log')).toEqual(position(20));
    await again.log.close();
  });
});
