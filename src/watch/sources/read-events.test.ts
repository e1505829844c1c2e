import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleLine, exampleLog } from './example-log.ts';
import { EventReader, type EventReaderOptions } from './read-events.ts';

function read(chunks: readonly Buffer[], options: Partial<EventReaderOptions> = {}) {
  const reader = new EventReader({ source: 'log', ...options });
  const parts = [...chunks.map((chunk) => reader.push(Buffer.from(chunk))), reader.finish()];
  return {
    events: parts.flatMap(({ events }) => events.map(({ id, origin }) => `${id}@${origin.offset}`)),
    damages: parts.flatMap(({ damages }) =>
      damages.map(({ offset, bytes, problem }) => `${offset}+${bytes} ${problem}`),
    ),
    others: parts.reduce((sum, { others }) => sum + others, 0),
  };
}

const ids = (text: string | Buffer) => read([Buffer.from(text)]);
const a = exampleLine('a');
const b = exampleLine('b');

describe('EventReader', () => {
  it('reads lines, with or without a last newline, between blank ones and with any line end', () => {
    const end = a.length + 1;
    expect(ids(`${a}\n${b}\n`)).toEqual({ events: ['a@0', `b@${end}`], damages: [], others: 0 });
    expect(ids(`${a}\n${b}`).events).toEqual(['a@0', `b@${end}`]);
    expect(ids(`\n  \n${a}\r\n\r\n${b}\r\n`)).toEqual({ events: ['a@4', `b@${4 + end + 3}`], damages: [], others: 0 });
  });

  it.each<[string, string | Buffer, string]>([
    ['garbage', 'not json at all', 'is no JSON'],
    ['a cut line', a.slice(0, 40), 'is not valid JSON'],
    ['a line that another was written into', `${a.slice(0, 50)}${b}`, 'is not valid JSON'],
    ['an object and a half', `${a}${b.slice(0, -1)}`, 'is not valid JSON'],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from('{"kind":"Event","x":"'), Buffer.from([0xff]), Buffer.from('"}')]),
      'is not valid UTF-8',
    ],
    ['another log that repeats an event', `msg="client said" ${a}`, 'is no JSON'],
    ['a bracket too many', '['.repeat(200_000), 'is no JSON'],
  ])('passes over %s and says where', (_, line, problem) => {
    const bytes = Buffer.from(line);
    const text = Buffer.concat([Buffer.from(`${a}\n`), bytes, Buffer.from(`\n${b}\n`)]);
    const at = a.length + 1;
    expect(ids(text)).toEqual({
      events: ['a@0', `b@${at + bytes.length + 1}`],
      damages: [`${at}+${bytes.length + 1} ${problem}`],
      others: 0,
    });
  });

  it('keeps a line of 8 MiB whole, and passes over one beyond 16', () => {
    const long = exampleLine('long', { responseObject: { data: 'x'.repeat(8 << 20) } });
    const longer = exampleLine('longer', { responseObject: { data: 'x'.repeat(16 << 20) } });
    const text = Buffer.from(`${long}\n${longer}\n${a}\n`);
    const chunks: Buffer[] = [];
    for (let at = 0; at < text.length; at += 1 << 20) chunks.push(text.subarray(at, at + (1 << 20)));
    expect(read(chunks)).toEqual({
      events: ['long@0', `a@${long.length + longer.length + 2}`],
      damages: [`${long.length + 1}+${longer.length + 1} is longer than 16 MiB`],
      others: 0,
    });
  });

  it.each([
    ['a byte order mark', `\ufeff${a}`],
    ['zeros of a truncated file', `${'\0'.repeat(5000)}${a}`],
    ['the time of an export', `2026-05-04T08:15:30.123Z ${a}`],
    ['the node of node-logs', `ip-10-0-140-97.ec2.internal ${a}`],
    ['the log of a container', `2026-05-04T08:15:30.123456789Z stdout F ${a}`],
  ])('passes over %s', (_, line) => {
    expect(ids(`${line}\n`)).toEqual({ events: ['a@0'], damages: [], others: 0 });
  });

  it('reads documents that were printed over many lines', () => {
    const events = [JSON.parse(a), JSON.parse(b)];
    const [one, two] = events.map((event) => JSON.stringify(event, null, 2));
    expect(ids(`${one}\n${two}\n`).events).toEqual(['a@0', `b@${(one ?? '').length + 1}`]);
    expect(ids(`${JSON.stringify(events, null, 2)}\n`).events).toEqual(['a@0', 'b@0']);
    const exported = { events: [a, b].map((message) => ({ logStreamName: 's', message })) };
    expect(ids(JSON.stringify(exported, null, 4)).events).toEqual(['a@0', 'b@0']);
    expect(ids(`{\n  "cut": 1\n${b}\n`)).toEqual({
      events: ['b@13'],
      damages: ['0+13 is a document of many lines that does not end'],
      others: 0,
    });
  });

  it('reads objects that stand one behind the other', () => {
    const tricky = exampleLine('c', { note: 'a } { " and \\' });
    expect(ids(`${a}${tricky} ${b}\n`)).toEqual({ events: ['a@0', 'c@0', 'b@0'], damages: [], others: 0 });
  });

  it('counts what is JSON and no event', () => {
    expect(ids(`{"kind":"Pod","apiVersion":"v1"}\n7\n${a}\n`)).toMatchObject({ damages: [], others: 2 });
  });

  it('asks before it parses what the API server wrote, and nothing else', () => {
    const asked: string[] = [];
    const wanted = (line: Buffer): boolean => {
      asked.push(line.toString());
      return line.includes('"auditID":"b"');
    };
    const damaged = '{"kind":"Event",damaged';
    const wrapped = JSON.stringify({ log: a });
    const text = `${a}\n${b}\n${damaged}\n${wrapped}\n`;
    expect(read([Buffer.from(text)], { wanted })).toMatchObject({
      events: [`b@${a.length + 1}`, `a@${text.length - wrapped.length - 1}`],
      damages: [],
    });
    expect(asked).toEqual([a, b, damaged]);
  });

  it('gives the same in any pieces', () => {
    const line = fc.constantFrom(
      exampleLine('a', { note: 'ünïcödé 漢字 😀' }),
      b,
      'garbage',
      '',
      '\0\0',
      '{',
      '}',
      `{"log":${JSON.stringify(a)}}`,
      '\xff\xfe',
      a.slice(0, 30),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 8 }), (lines, places) => {
        const bytes = Buffer.from(lines.join('\n'), lines.includes('\xff\xfe') ? 'latin1' : 'utf8');
        const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((x, y) => x - y);
        const chunks = [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
        expect(read(chunks)).toEqual(read([bytes]));
      }),
      { numRuns: 300 },
    );
  });

  it('loses nothing and repeats nothing when it is stopped anywhere and goes on', () => {
    const log = Buffer.from(exampleLog(['a', 'ü', 'c', 'd', 'e']));
    fc.assert(
      fc.property(fc.array(fc.nat({ max: log.length }), { minLength: 1, maxLength: 5 }), (stops) => {
        const events: string[] = [];
        let offset = 0;
        // Each run sees as much of the log as there is by then, and one that is stopped never finishes.
        for (const stop of [...stops.sort((x, y) => x - y), log.length]) {
          const reader = new EventReader({ source: 'log', offset });
          events.push(...reader.push(log.subarray(offset, stop)).events.map(({ id }) => id));
          offset = reader.offset;
        }
        expect(events).toEqual(['a', 'ü', 'c', 'd', 'e']);
      }),
      { numRuns: 200 },
    );
  });
});
