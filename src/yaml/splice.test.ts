import { describe, expect, it } from 'vitest';
import { type Edit, edit } from '../model/edit.ts';
import { applyEdits } from './splice.ts';

const privileged = edit.set(['spec', 'sc', 'privileged'], false);
const dropAll = edit.set(['spec', 'sc', 'capabilities', 'drop'], ['ALL']);

/** What the text becomes. Texts are written with `|` before each line, so that indentation shows. */
function lines(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => `${line.trimStart().slice(1)}\n`)
    .join('');
}

function edited(text: string, ...edits: Edit[]): string {
  const { text: after, refused } = applyEdits(text, edits);
  expect(refused).toEqual([]);
  return after;
}

describe('set', () => {
  const cases: [string, string, Edit[], string][] = [
    [
      'a plain scalar',
      '|spec:\n|  sc: \n|    privileged: yes   # why',
      [privileged],
      '|spec:\n|  sc: \n|    privileged: false   # why',
    ],
    ['a double-quoted string', '|a: "x" # c', [edit.set(['a'], 'u')], '|a: "u" # c'],
    ['a single-quoted string', "|a: 'x'", [edit.set(['a'], "it's")], "|a: 'it''s'"],
    ['a string that would read as something else', '|a: x', [edit.set(['a'], 'yes')], '|a: "yes"'],
    [
      'an empty value',
      '|spec:\n|  sc:\n|    privileged:\n|    x: 1',
      [privileged],
      '|spec:\n|  sc:\n|    privileged: false\n|    x: 1',
    ],
    ['an empty value with a comment', '|a: # why\n|b: 1', [edit.set(['a'], 1)], '|a: 1 # why\n|b: 1'],
    ['a block scalar', '|a: |\n|  text\n|  more\n|\n|b: 1', [edit.set(['a'], 'x')], '|a: x\n|\n|b: 1'],
    ['the last of a repeated key', '|a: 1\n|b: 2\n|a: 3', [edit.set(['a'], 4)], '|a: 1\n|b: 2\n|a: 4'],
    ['an alias', '|x: &t true\n|a: *t\n|b: *t', [edit.set(['a'], false)], '|x: &t true\n|a: false\n|b: *t'],
    ['a tagged value', '|a: !!str true\n|b: 1', [edit.set(['a'], false)], '|a: false\n|b: 1'],
    ['an anchored value that nobody else uses', '|a: &t true', [edit.set(['a'], false)], '|a: false'],
    [
      'several keys of a map that is not there',
      '|spec:\n|  x: 1 # last\n|  # after\n|status: {}',
      [privileged, dropAll],
      '|spec:\n|  x: 1 # last\n|  sc:\n|    privileged: false\n|    capabilities:\n|      drop:\n|        - ALL\n|  # after\n|status: {}',
    ],
    [
      'in a document with dashes under their key and four spaces',
      '|list:\n|- a\n|map:\n|    x: 1\n|spec:',
      [dropAll],
      '|list:\n|- a\n|map:\n|    x: 1\n|spec:\n|    sc:\n|        capabilities:\n|            drop:\n|            - ALL',
    ],
    ['below a null', '|spec: ~ # none\n|x: 1', [privileged], '|spec: # none\n|  sc:\n|    privileged: false\n|x: 1'],
    [
      'below an empty map',
      '|spec:\n|  sc: {} # none\n|  x: 1',
      [privileged],
      '|spec:\n|  sc: # none\n|    privileged: false\n|  x: 1',
    ],
    [
      'in a flow map',
      '|spec: { sc: { privileged: true } } # x',
      [privileged],
      '|spec: { sc: { privileged: false } } # x',
    ],
    ['a new key of a flow map', '|spec: {sc: {x: 1}}', [privileged], '|spec: {sc: {x: 1, privileged: false}}'],
    [
      'a nested new key of a flow map',
      '|spec: { sc: { x: [a] } }',
      [dropAll],
      '|spec: { sc: { x: [a], capabilities: { drop: [ALL] } } }',
    ],
    [
      'a new key of a flow map over several lines',
      '|spec: {\n|  sc: {\n|    x: 1 # c\n|  },\n|  u: 2, # d\n|}',
      [privileged, edit.set(['spec', 'z'], 3)],
      '|spec: {\n|  sc: {\n|    x: 1, # c\n|    privileged: false\n|  },\n|  u: 2, # d\n|  z: 3,\n|}',
    ],
    [
      'in the first item of a list',
      '|spec:\n|- name: a\n|  image: x\n|- name: b',
      [edit.set(['spec', 0, 'sc', 'x'], 1), edit.set(['spec', 1, 'sc', 'x'], 1)],
      '|spec:\n|- name: a\n|  image: x\n|  sc:\n|    x: 1\n|- name: b\n|  sc:\n|    x: 1',
    ],
    [
      'after a block scalar',
      '|a:\n|  b: |\n|    text\n|\n|c: 1',
      [edit.set(['a', 'd'], 1)],
      '|a:\n|  b: |\n|    text\n|  d: 1\n|\n|c: 1',
    ],
    [
      'after a block scalar that keeps its end',
      '|a:\n|  b: |+\n|    text\n|\n|c: 1',
      [edit.set(['a', 'd'], 1)],
      '|a:\n|  b: |+\n|    text\n|\n|  d: 1\n|c: 1',
    ],
    ['a list over a flow list', '|a: [x, u]', [edit.set(['a'], ['ALL'])], '|a: [ALL]'],
    ['a list over an empty list', '|a: []', [edit.set(['a'], ['ALL'])], '|a: [ALL]'],
    ['a list over a block list', '|a:\n|  - x # c\n|  - u\n|b: 1', [edit.set(['a'], ['ALL'])], '|a:\n|  - ALL\n|b: 1'],
    [
      'a list over one that shares items',
      '|a:\n|  - x # c\n|  - u\n|b: 1',
      [edit.set(['a'], ['x', 'z'])],
      '|a:\n|  - x # c\n|  - z\n|b: 1',
    ],
    [
      'a scalar over a block map',
      '|a: # c\n|  # d\n|  x: 1\n|  u: 2\n|b: 1',
      [edit.set(['a'], 1)],
      '|a: 1 # c\n|  # d\n|b: 1',
    ],
    ['a map over a block list', '|a:\n|- x\n|b: 1', [edit.set(['a'], { u: 1 })], '|a:\n|  u: 1\n|b: 1'],
    [
      'a key next to a merge',
      '|b: &b\n|  p: true\n|a:\n|  <<: *b\n|  q: 1',
      [edit.set(['a', 'p'], false)],
      '|b: &b\n|  p: true\n|a:\n|  <<: *b\n|  q: 1\n|  p: false',
    ],
    [
      'below a key that came through a merge',
      '|b: &b\n|  sc: {p: true, q: 1}\n|a:\n|  <<: *b',
      [edit.set(['a', 'sc', 'p'], false)],
      '|b: &b\n|  sc: {p: true, q: 1}\n|a:\n|  <<: *b\n|  sc:\n|    p: false\n|    q: 1',
    ],
    ['what is so already', '|a: yes', [edit.set(['a'], true)], '|a: yes'],
  ];
  it.each(cases)('%s', (_, before, edits, after) => {
    expect(edited(lines(before), ...edits)).toBe(lines(after));
  });
});

describe('remove', () => {
  const cases: [string, string, Edit[], string][] = [
    [
      'a line with its comment',
      '|a:\n|  # about x\n|  x: 1 # c\n|  u: 2',
      [edit.remove(['a', 'x'])],
      '|a:\n|  # about x\n|  u: 2',
    ],
    ['the last entry', '|a:\n|  x: 1\n|  u: 2\n|b: 1', [edit.remove(['a', 'u'])], '|a:\n|  x: 1\n|b: 1'],
    [
      'the only entry',
      '|a: # c\n|  # about x\n|  x: 1\n|b: 1',
      [edit.remove(['a', 'x'])],
      '|a: {} # c\n|  # about x\n|b: 1',
    ],
    ['an entry of many lines', '|a:\n|  x:\n|    - 1\n|    - 2\n|  u: 1', [edit.remove(['a', 'x'])], '|a:\n|  u: 1'],
    [
      'the first entry of an item',
      '|a:\n|  - x: 1 # c\n|    u: 2\n|  - z: 1',
      [edit.remove(['a', 0, 'x'])],
      '|a:\n|  - u: 2\n|  - z: 1',
    ],
    [
      'the first entries of an item',
      '|a:\n|  - x: 1\n|    u: 2\n|    # z\n|    z: 1',
      [edit.remove(['a', 0, 'x']), edit.remove(['a', 0, 'u'])],
      '|a:\n|  - # z\n|    z: 1',
    ],
    ['the only entry of an item', '|a:\n|  - x: 1\n|  - u: 1', [edit.remove(['a', 0, 'x'])], '|a:\n|  - {}\n|  - u: 1'],
    ['both of a repeated key', '|a: 1\n|b: 2\n|a: 3', [edit.remove(['a'])], '|b: 2'],
    ['from a flow map', '|a: {x: 1, u: 2, z: 3}', [edit.remove(['a', 'u'])], '|a: {x: 1, z: 3}'],
    [
      'first and last of a flow map',
      '|a: { x: 1, u: 2, z: 3 }',
      [edit.remove(['a', 'x']), edit.remove(['a', 'z'])],
      '|a: { u: 2 }',
    ],
    ['all of a flow map', '|a: { x: 1, u: 2 }', [edit.remove(['a', 'x']), edit.remove(['a', 'u'])], '|a: {}'],
    ['an item', '|a:\n|- x\n|- u # c\n|- z', [edit.remove(['a', 1])], '|a:\n|- x\n|- z'],
    ['two items by their first index', '|a: [x, u, z]', [edit.remove(['a', 0]), edit.remove(['a', 1])], '|a: [z]'],
    [
      'one key and set another in the same new place',
      '|a:\n|  x: 1',
      [edit.remove(['a', 'x']), edit.set(['a', 'u'], 2)],
      '|a:\n|  u: 2',
    ],
    [
      'the last line while adding below it',
      '|a:\n|  - m: 1\n|    s:\n|      x: 1\n|      u: 2\n|b: 1',
      [edit.remove(['a', 0, 's', 'u']), edit.set(['a', 0, 'r'], 3)],
      '|a:\n|  - m: 1\n|    s:\n|      x: 1\n|    r: 3\n|b: 1',
    ],
    ['what is not there', '|a: 1', [edit.remove(['b', 'c'])], '|a: 1'],
  ];
  it.each(cases)('%s', (_, before, edits, after) => {
    expect(edited(lines(before), ...edits)).toBe(lines(after));
  });
});

describe('lists of scalars', () => {
  const cases: [string, string, Edit[], string][] = [
    [
      'removes from a block list',
      '|a:\n|  add:\n|    - X\n|    - U # c\n|    - Z',
      [edit.removeItems(['a', 'add'], ['U', 'Z'])],
      '|a:\n|  add:\n|    - X',
    ],
    ['removes from a flow list', '|a: [X, U, Z]', [edit.removeItems(['a'], ['X', 'Z'])], '|a: [U]'],
    [
      'removes the key of an emptied list',
      '|a:\n|  add: [X]\n|  drop: [U]',
      [edit.removeItems(['a', 'add'], ['X'])],
      '|a:\n|  drop: [U]',
    ],
    ['leaves an empty map', '|a:\n|  add:\n|  - X\n|b: 1', [edit.removeItems(['a', 'add'], ['X'])], '|a: {}\n|b: 1'],
    [
      'removes lines of a flow list',
      '|a: [\n|  X, # x\n|  U, # u\n|  Z # z\n|]',
      [edit.removeItems(['a'], ['U'])],
      '|a: [\n|  X, # x\n|  Z # z\n|]',
    ],
    ['appends to a block list', '|a:\n|-   X # c\n|b: 1', [edit.append(['a'], 'U')], '|a:\n|-   X # c\n|-   U\n|b: 1'],
    ['appends to a flow list', '|a: ["X"]', [edit.append(['a'], 'U')], '|a: ["X", "U"]'],
    ['appends to an empty list', '|a: []', [edit.append(['a'], 'U')], '|a: [U]'],
    [
      'appends where there is none',
      '|a:\n|  b: 1',
      [edit.append(['a', 'c'], 'U'), edit.append(['a', 'c'], 'Z')],
      '|a:\n|  b: 1\n|  c:\n|    - U\n|    - Z',
    ],
    ['does not append twice', '|a: [U]', [edit.append(['a'], 'U')], '|a: [U]'],
  ];
  it.each(cases)('%s', (_, before, edits, after) => {
    expect(edited(lines(before), ...edits)).toBe(lines(after));
  });
});

describe('refuses', () => {
  const cases: [string, string, Edit, string][] = [
    [
      'a field of an alias',
      '|b: &b {x: 1}\n|a: *b',
      edit.set(['a', 'x'], 2),
      'a is the alias *b, which stands for text elsewhere',
    ],
    [
      'a field of an anchor in use',
      '|b: &b {x: 1}\n|a: *b',
      edit.set(['b', 'x'], 2),
      'b has the anchor &b, which is used elsewhere too',
    ],
    [
      'a value that others repeat',
      '|b: &b true\n|a: *b',
      edit.set(['b'], false),
      'the value is the anchor &b, which is used elsewhere too',
    ],
    [
      'to remove an anchor in use',
      '|b: &b true\n|a: *b',
      edit.remove(['b']),
      'an alias refers to an anchor that is not there',
    ],
    [
      'to remove what a merge brings',
      '|b: &b {x: 1}\n|a:\n|  <<: *b',
      edit.remove(['a', 'x']),
      'x comes through a merge key (<<)',
    ],
    ['a field of a string', '|a: text', edit.set(['a', 'x'], 1), 'a is a string, not an object'],
    ['an item that is not there', '|a: [1]', edit.set(['a', 1, 'x'], 1), 'a has no item 1'],
    ['the whole document', '|a: 1', edit.remove(['a']), 'the whole document would go'],
    ['a text that cannot be read', '|a: [', edit.set(['a'], 1), 'unexpected end'],
  ];
  it.each(cases)('%s', (_, text, bad, reason) => {
    const before = lines(text);
    const result = applyEdits(before, [bad]);
    expect(result.text).toBe(before);
    expect(result.refused.map(({ edit }) => edit)).toEqual([bad]);
    expect(result.refused[0]?.reason).toContain(reason);
  });

  it('only what cannot be made', () => {
    const good = [edit.set(['c'], 1), edit.set(['d'], 1)];
    const bad = [edit.set(['a', 'x'], 2), edit.remove(['b'])];
    const text = 'b: &b {x: 1}\na: *b\nc: 0\n';
    const result = applyEdits(text, [bad[0], good[0], bad[1], good[1]] as Edit[]);
    expect(result.text).toBe('b: &b {x: 1}\na: *b\nc: 1\nd: 1\n');
    expect(result.applied).toEqual(good);
    expect(result.refused.map(({ edit }) => edit)).toEqual(bad);
  });
});

describe('line ends', () => {
  it('keeps CRLF and writes it', () => {
    const text = 'a:\r\n  x: 1 # c\r\n  u: 2\r\nb: 1\r\n';
    expect(edited(text, edit.remove(['a', 'u']), edit.set(['a', 'z', 'q'], 3))).toBe(
      'a:\r\n  x: 1 # c\r\n  z:\r\n    q: 3\r\nb: 1\r\n',
    );
  });
  it('adds no final line break', () => {
    expect(edited('a:\n  x: 1', edit.set(['a', 'u'], 2))).toBe('a:\n  x: 1\n  u: 2');
    expect(edited('a:\n  x: 1\n  u: 2', edit.remove(['a', 'u']))).toBe('a:\n  x: 1');
  });
  it('keeps what stands before the first key', () => {
    expect(edited(' # title\n\na: 1\nb: 2\n', edit.remove(['a']))).toBe(' # title\n\nb: 2\n');
    expect(edited('a: 1\nb: 2\n', edit.remove(['a']))).toBe('b: 2\n');
  });
});

describe('JSON', () => {
  const wide = '{\n\t"spec": {\n\t\t"list": [\n\t\t\t"X",\n\t\t\t"U"\n\t\t],\n\t\t"sc": {}\n\t}\n}\n';
  it('keeps tabs and adds lines', () => {
    expect(edited(wide, privileged, dropAll, edit.removeItems(['spec', 'list'], ['U']))).toBe(
      '{\n\t"spec": {\n\t\t"list": [\n\t\t\t"X"\n\t\t],\n\t\t"sc": {\n\t\t\t"privileged": false,\n\t\t\t"capabilities": {\n\t\t\t\t"drop": [\n\t\t\t\t\t"ALL"\n\t\t\t\t]\n\t\t\t}\n\t\t}\n\t}\n}\n',
    );
  });
  it('stays on one line', () => {
    expect(edited('{"spec":{"x":[1,2]}}', dropAll, edit.append(['spec', 'x'], 3))).toBe(
      '{"spec":{"x":[1,2,3],"sc":{"capabilities":{"drop":["ALL"]}}}}',
    );
  });
  it('takes out entries with their commas', () => {
    const text = '{\n  "a": {\n    "x": 1,\n    "u": 2,\n    "z": 3\n  }\n}';
    expect(edited(text, edit.remove(['a', 'x']), edit.remove(['a', 'z']))).toBe('{\n  "a": {\n    "u": 2\n  }\n}');
    expect(edited(text, ...['x', 'u', 'z'].map((key) => edit.remove(['a', key])))).toBe('{\n  "a": {}\n}');
    expect(edited(text, edit.remove(['a', 'z']), edit.set(['a', 'w'], 'v'))).toBe(
      '{\n  "a": {\n    "x": 1,\n    "u": 2,\n    "w": "v"\n  }\n}',
    );
  });
});

it('reaches the items of a List', () => {
  const text = lines(
    '|kind: List\n|items:\n|- kind: Pod\n|  spec: {hostPID: true}\n|- kind: Pod\n|  spec:\n|    hostPID: true\n|    x: 1',
  );
  expect(edited(text, edit.remove(['items', 0, 'spec', 'hostPID']), edit.remove(['items', 1, 'spec', 'hostPID']))).toBe(
    lines('|kind: List\n|items:\n|- kind: Pod\n|  spec: {}\n|- kind: Pod\n|  spec:\n|    x: 1'),
  );
});
