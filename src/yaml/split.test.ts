import { describe, expect, it } from 'vitest';
import { splitDocuments } from './split.ts';

describe('documents of a stream', () => {
  /** `index@line:column text` of each. */
  const rows: [name: string, text: string, expected: string[]][] = [
    ['one', 'a: 1\n', ['0@1:1 a: 1']],
    ['two', 'a: 1\n---\nb: 2\n', ['0@1:1 a: 1', '1@2:4 b: 2']],
    ['a leading marker', '---\na: 1\n', ['0@1:4 a: 1']],
    ['blank and comment-only ones keep their index', '---\n# x\n---\n\n---\na: 1', ['2@5:4 a: 1']],
    ['a comment after the marker', 'a: 1\n--- # two\nb: 2', ['0@1:1 a: 1', '1@2:4 # two\nb: 2']],
    ['content after the marker', '--- {a: 1}\n--- {b: 2}', ['0@1:4 {a: 1}', '1@2:4 {b: 2}']],
    ['CRLF', 'a: 1\r\n---\r\nb: 2\r\n', ['0@1:1 a: 1', '1@2:4 b: 2']],
    ['a byte order mark', '\ufeff---\na: 1', ['0@1:4 a: 1']],
    ['a directive', '%YAML 1.1\n---\na: 1', ['0@2:4 a: 1']],
    ['no marker inside a word or a line', 'a: ---\n---x: 1\n ---\n', ['0@1:1 a: ---\n---x: 1\n ---']],
    ['a document end', 'a: 1\n...\n---\nb: 2\n...\n', ['0@1:1 a: 1\n...', '1@3:4 b: 2\n...']],
    ['what kubectl does not reach', 'a: 1\n...\nb: 2\n', ['0@1:1 a: 1', '1@2:4 b: 2 (after end)']],
    ['JSON values a line each', '{"a":1}\n{"b":2}\n', ['0@1:1 {"a":1}', '1@2:1 {"b":2}']],
    ['JSON values in a row', ' {"a":"}{"}{"b":[{}]} ', ['0@1:1 {"a":"}{"}', '1@1:12 {"b":[{}]}']],
    ['JSON that does not end', '{"a":\n{"b":2}\n{"c":3}', ['0@1:1 {"a":', '1@2:1 {"b":2}', '2@3:1 {"c":3}']],
    [
      'JSON among YAML',
      '{"a":1}\n---\nb: 2\n---\n{"c":3}{"d":4}',
      ['0@1:1 {"a":1}', '1@2:4 b: 2', '2@4:4 {"c":3}', '3@5:8 {"d":4}'],
    ],
    ['flow YAML', '{a: 1,\n b: [2]}\n', ['0@1:1 {a: 1,\n b: [2]}']],
    ['nothing', '\n# x\n', []],
  ];

  it.each(rows)('%s', (_, text, expected) => {
    const found = splitDocuments(text).map(
      ({ index, line, column, start, end, afterEnd }) =>
        `${index}@${line}:${column} ${text.slice(start, end).trim()}${afterEnd ? ' (after end)' : ''}`,
    );
    expect(found).toEqual(expected);
  });

  it('stays linear on JSON that never ends', () => {
    const started = performance.now();
    splitDocuments('{\n'.repeat(500_000));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
