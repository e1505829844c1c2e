import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Json } from '../model/json.ts';
import { parseYaml } from './parse.ts';

/** YAML below the head of an object, and what kubectl reads in it. */
const read: readonly (readonly [name: string, yaml: string, expected: Json])[] = [
  [
    'booleans',
    'a: [yes, No, on, OFF, y, N, True, yEs, oN]',
    { a: [true, false, true, false, true, false, true, 'yEs', 'oN'] },
  ],
  ['octal', 'a: [0644, 0o644, 010, 08, 0o8, -010, 0o17_7, 0O17]', { a: [420, 420, 8, 8, '0o8', -8, 127, 15] }],
  ['octal beyond 64 bits', 'a: [0777777777777777777777777]', { a: [7.777777777777778e23] }],
  ['hexadecimal', 'a: [0x1F, 0X1f, 0xFFFFFFFFFFFFFFFFFF]', { a: [31, 31, '0xFFFFFFFFFFFFFFFFFF'] }],
  ['binary', 'a: [0b101, -0b11, 0B1]', { a: [5, -3, 1] }],
  [
    'underscores',
    'a: [1_000, 1__0, _1, 1_, 1_000.5, 0x_ff, 1e1_0, -_5, ._5, .5_0]',
    { a: [1000, 10, '_1', 1, 1000.5, 255, 1e10, -5, '._5', 0.5] },
  ],
  [
    'floats',
    'a: [1e3, 1.5, .5, 5., 1.e2, 1E+2, -.5, +.5, ., +, 1e, 0e0, 00, 1.0]',
    { a: [1000, 1.5, 0.5, 5, 100, 100, -0.5, 0.5, '.', '+', '1e', 0, 0, 1] },
  ],
  ['float out of range', 'a: 1e400', { a: '1e400' }],
  ['no base 60', 'a: [22:22, 190:20:30]', { a: ['22:22', '190:20:30'] }],
  ['dates', 'a: [2021-01-01, 2001-12-14t21:59:43.10-05:00]', { a: ['2021-01-01', '2001-12-14t21:59:43.10-05:00'] }],
  [
    'nulls',
    'a: [~, null, Null, NULL, nUll, ""]\nb:\nc: ""',
    { a: [null, null, null, null, 'nUll', ''], b: null, c: '' },
  ],
  ['large integers', 'a: [9007199254740993, 12345678901234567890]', { a: [9007199254740992, 12345678901234567000] }],
  [
    'keys that are no strings',
    'y: 1\nNo: 2\n0x10: 3\n1.5: 4\n010: 5\n"on": 6\n1_0: 8\n2021-01-01: 9',
    { '8': 5, '10': 8, '16': 3, '1.5': 4, '2021-01-01': 9, false: 2, on: 6, true: 1 },
  ],
  [
    'merge',
    'b: &b {image: foo, p: yes}\nx:\n  <<: *b\n  image: bar',
    { b: { image: 'foo', p: true }, x: { image: 'bar', p: true } },
  ],
  [
    'merge after a key of its own: the merge wins',
    'b: &b {image: foo, p: yes}\nx:\n  image: bar\n  <<: *b',
    { b: { image: 'foo', p: true }, x: { image: 'foo', p: true } },
  ],
  [
    'merge of a list',
    'a: &a {k: 1, z: 1}\nb: &b {k: 2, q: 2}\nx:\n  <<: [*a, *b]',
    { a: { k: 1, z: 1 }, b: { k: 2, q: 2 }, x: { k: 1, q: 2, z: 1 } },
  ],
  [
    'merge twice',
    'a: &a {k: 1, z: 1}\nb: &b {k: 2, q: 2}\nx:\n  <<: *a\n  <<: *b',
    { a: { k: 1, z: 1 }, b: { k: 2, q: 2 }, x: { k: 2, q: 2, z: 1 } },
  ],
  [
    'merge of a merge',
    'a: &a {k: 1}\nb: &b\n  <<: *a\n  j: 2\nx:\n  <<: *b',
    { a: { k: 1 }, b: { j: 2, k: 1 }, x: { j: 2, k: 1 } },
  ],
  [
    'merge replaces whole values',
    'a: &a\n  s: {p: 1, q: 2}\nx:\n  <<: *a\n  s: {p: 3}',
    { a: { s: { p: 1, q: 2 } }, x: { s: { p: 3 } } },
  ],
  ['quoted merge key', 'x:\n  "<<": {k: 1}', { x: { '<<': { k: 1 } } }],
  ['repeated keys', 'x: {a: 1}\nx: {b: 2}\nk: 1\nk: 2', { k: 2, x: { b: 2 } }],
  ['repeated as null', 'x: 1\nx:', { x: null }],
  [
    'under-indented double quotes',
    'a: "foo &&\n bar"\nb: "foo &&\nbar"\nc: "x\\\n  y"',
    { a: 'foo && bar', b: 'foo && bar', c: 'xy' },
  ],
  ['single quotes', "a: 'foo\nbar'\nb: 'it''s\n\n  x'", { a: 'foo bar', b: "it's\nx" }],
  ['CRLF', 'a: b\r\nc: |\r\n  x\r\n  y\r\nd: "q\r\n  w"\r\n', { a: 'b', c: 'x\ny\n', d: 'q w' }],
  ['tabs between tokens', 'a:\tb\nc: [1,\t2]\ne: b\t\nf: d  \t# x', { a: 'b', c: [1, 2], e: 'b', f: 'd' }],
  ['tabs in flow', 'a: [\n\t1,\n\t2\n]', { a: [1, 2] }],
  ['comments', 'a: b # c\n# x\nc: d#e\nf: "g" # h', { a: 'b', c: 'd#e', f: 'g' }],
  ['document end', 'a: 1\n...', { a: 1 }],
  [
    'anchors',
    'a: &x [1, 2]\nb: *x\nc: &y foo\nd: *y\n? *y\n: z',
    { a: [1, 2], b: [1, 2], c: 'foo', d: 'foo', foo: 'z' },
  ],
  ['anchor redefined', 'a: &x 1\nb: &x 2\nc: *x', { a: 1, b: 2, c: 2 }],
  ['anchor on a key', '&a k: v\nb: *a', { b: 'k', k: 'v' }],
  [
    'tags',
    'a: !Ref foo\nb: !!str 123\nc: !!int "5"\nd: !Foo yes\ne: !Foo\nf: ! 12\ng: !!float 5\nh: !!bool yes',
    { a: 'foo', b: '123', c: 5, d: 'yes', e: '', f: '12', g: 5, h: true },
  ],
  [
    'tags on collections',
    'a: !Foo [1, yes]\nb: !Foo {x: yes}\nc: !!set {x, z}\nd: !!omap [a: 1]\ne: !!timestamp 2001-01-01',
    { a: [1, true], b: { x: true }, c: { x: null, z: null }, d: [{ a: 1 }], e: '2001-01-01' },
  ],
  ['binary data', 'a: !!binary aGVsbG8=\nb: !!binary |\n  aGVs\n  bG8=', { a: 'hello', b: 'hello' }],
  [
    'block scalars',
    'a: |\n  x\n   y\n\nb: >-\n  f\n  g\n\n  h\nc: |+\n  z\n\nd: |2\n    i',
    { a: 'x\n y\n', b: 'f g\nh', c: 'z\n\n', d: '  i\n' },
  ],
  [
    'flow',
    'a: {x: 1,\n z: [2,\n3]}\nb: [1, 2, ]\nc: {x, w: }\nd: [x: 1]\ne: {"x":1,"z":[2]}\nf: {x:1}\ng: [a:b]',
    {
      a: { x: 1, z: [2, 3] },
      b: [1, 2],
      c: { w: null, x: null },
      d: [{ x: 1 }],
      e: { x: 1, z: [2] },
      f: { 'x:1': null },
      g: ['a:b'],
    },
  ],
  ['colons', 'a: b:c\nd: http://x/y?z#w', { a: 'b:c', d: 'http://x/y?z#w' }],
  ['plain over lines', 'a: foo\n  bar\n\n  baz\nb: 1', { a: 'foo bar\nbaz', b: 1 }],
  [
    'lists at the indent of their key',
    'a:\n- 1\n-\n  c: d\n- \nb:\n  - - 1\n    - 2',
    { a: [1, { c: 'd' }, null], b: [[1, 2]] },
  ],
  ['explicit keys', '? a\n: b\n? c\n: d\n? e', { a: 'b', c: 'd', e: null }],
  [
    'hostile keys',
    '__proto__: {a: 1}\nconstructor: 2\ntoString: 3',
    JSON.parse('{"__proto__":{"a":1},"constructor":2,"toString":3}') as Json,
  ],
  ['space before the colon', 'a : 1\n"b" : 2\nc d: 3', { a: 1, b: 2, 'c d': 3 }],
  ['marker-like text', 'a: ---\nb: -- x\nc: ...\nd: "- x"', { a: '---', b: '-- x', c: '...', d: '- x' }],
];

/** What kubectl refuses, and so do we: nothing of it can be applied. */
const refused: readonly (readonly [name: string, yaml: string])[] = [
  ['a mapping as key', '? {a: b}\n: c'],
  ['a list as key', '? [a, b]\n: c'],
  ['an alias inside its anchor', 'a: &x [*x]'],
  ['an unknown alias', 'a: *nope'],
  ['a tab as indentation', 'a:\n\tb: c'],
  ['two colons', 'a: b: c'],
  ['merging a scalar', 'x:\n  <<: 5'],
  ['a tag that does not fit', 'a: !!int foo'],
  ['a control character', 'a: "x\u0001"'],
  ['a NUL', 'a: x\u0000y'],
];

const head = 'apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: a, labels: {q: "1"}}\n';
const rows = read;

function body(value: Json): unknown {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...rest } = value as Record<string, Json>;
  return rest;
}

describe('YAML as kubectl reads it', () => {
  it.each(rows)('%s', (_, yaml, expected) => {
    expect(body(parseYaml(`${head}${yaml}\n`, 1).value)).toEqual(expected);
  });

  it.each(refused)('refuses %s', (_, yaml) => {
    expect(() => parseYaml(`${head}${yaml}\n`, 1)).toThrow();
  });
});

const kubectl = findKubectl();
if (kubectl === undefined) console.warn('skipped: there is no kubectl to hold the YAML reader against');

describe.skipIf(kubectl === undefined)('kubectl itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yaml-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  // `label --local` prints what kubectl read, and asks no server.
  const run = (text: string): string => {
    const file = join(folder, 'objects.yaml');
    writeFileSync(file, text);
    const args = ['label', '--local', '--overwrite', '-f', file, '-o', 'json', 'q=1'];
    return execFileSync(kubectl ?? '', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  };

  it('reads every row as the table says', () => {
    const output = run(rows.map(([, yaml]) => `${head}${yaml}\n`).join('---\n'));
    const objects = output
      .trim()
      .split(/\n(?=\{$)/m)
      .map((text) => JSON.parse(text) as Json);
    expect(objects.map(body)).toEqual(rows.map(([, , expected]) => expected));
  });

  it.each(refused)('refuses %s', (_, yaml) => {
    expect(() => run(`${head}${yaml}\n`)).toThrow();
  });
});

function findKubectl(): string | undefined {
  const lab = join(import.meta.dirname, '../../../shared/kube/lab');
  if (!existsSync(lab)) return undefined;
  try {
    const kubectl = join(execFileSync(lab, ['assets'], { encoding: 'utf8' }).trim(), 'kubectl');
    return existsSync(kubectl) ? kubectl : undefined;
  } catch {
    return undefined;
  }
}
