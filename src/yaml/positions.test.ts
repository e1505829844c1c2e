import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Json } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import type { Positions, Region } from '../model/snapshot.ts';
import { parseJson } from './json.ts';
import { parseYaml } from './parse.ts';
import { SavedPositions } from './saved-positions.ts';

function slice(text: string, { line, column, endLine, endColumn }: Region): string {
  const lines = text.split('\n').slice(line - 1, endLine);
  lines[lines.length - 1] = (lines.at(-1) ?? '').slice(0, endColumn - 1);
  lines[0] = (lines[0] ?? '').slice(column - 1);
  return lines.join('\n');
}

function located(text: string, positions: Positions, path: Path): string {
  const region = positions.locate(path);
  return region === undefined ? '' : `${region.line}:${region.column} ${slice(text, region)}`;
}

describe('where things stand in YAML', () => {
  const text = [
    'apiVersion: v1 # comment',
    'metadata:',
    '  labels: {a: b, "c d": \'e\', f}',
    'spec:',
    '  # comment',
    '  hostPID: yes',
    '  hostPID: no',
    '  base: &base',
    '    privileged: on',
    '  empty:',
    '  containers:',
    '  - name: a',
    '    securityContext:',
    '      <<: *base',
    '  -   name: b',
    '      securityContext: *base',
    '      args: ["x", [y,',
    '        z], k: v]',
    '  next-line:',
    '    {in: flow}',
    '  list:',
    '    - - 1',
    '      - 2',
    '    -',
    '      - 3',
    '    - &anchor plain',
    '    - *anchor',
    '  ? explicit',
    '  : value',
    '  ? alone',
    '  after: 1',
    '  text: |',
    '    one',
    '    two',
    '',
    '  *anchor : aliased key',
  ].join('\n');

  const rows: [string, Path, string][] = [
    ['scalar field', ['apiVersion'], '1:1 apiVersion: v1'],
    ['collection field', ['metadata'], '2:1 metadata'],
    ['flow field', ['metadata', 'labels', 'a'], '3:12 a: b'],
    ['quoted key', ['metadata', 'labels', 'c d'], '3:18 "c d": \'e\''],
    ['flow key without value', ['metadata', 'labels', 'f'], '3:30 f'],
    ['last of a repeated key', ['spec', 'hostPID'], '7:3 hostPID: no'],
    ['empty value', ['spec', 'empty'], '10:3 empty:'],
    ['list item', ['spec', 'containers', 0], '12:5 name: a'],
    ['field of a list item', ['spec', 'containers', 1, 'name'], '15:7 name: b'],
    [
      'merged field, where its anchor is',
      ['spec', 'containers', 0, 'securityContext', 'privileged'],
      '9:5 privileged: on',
    ],
    ['field of an alias', ['spec', 'containers', 1, 'securityContext', 'privileged'], '9:5 privileged: on'],
    ['the alias itself', ['spec', 'containers', 1, 'securityContext'], '16:7 securityContext'],
    ['flow item over two lines', ['spec', 'containers', 1, 'args', 1, 1], '18:9 z'],
    ['pair in a flow list', ['spec', 'containers', 1, 'args', 2, 'k'], '18:13 k: v'],
    ['flow mapping on its own line', ['spec', 'next-line', 'in'], '20:6 in: flow'],
    ['nested list', ['spec', 'list', 0, 1], '23:9 2'],
    ['list below its dash', ['spec', 'list', 1, 0], '25:9 3'],
    ['anchored item', ['spec', 'list', 2], '26:7 &anchor plain'],
    ['aliased item', ['spec', 'list', 3], '27:7 *anchor'],
    ['explicit key', ['spec', 'explicit'], '28:5 explicit\n  : value'],
    ['explicit key without value', ['spec', 'alone'], '30:5 alone'],
    ['field after it', ['spec', 'after'], '31:3 after: 1'],
    ['block scalar', ['spec', 'text'], '32:3 text: |\n    one\n    two'],
    ['alias as key', ['spec', 'plain'], '36:3 *anchor : aliased key'],
    ['missing field: its nearest ancestor', ['spec', 'nope', 'x'], '4:1 spec'],
  ];
  const { positions, duplicateKeys } = parseYaml(text, 1);

  it.each(rows)('%s', (_, path, expected) => {
    expect(located(text, positions, path)).toBe(expected);
  });

  it.each(rows)('%s, saved and read again', (_, path) => {
    const saved = new SavedPositions(JSON.parse(JSON.stringify(positions)));
    expect(saved.locate(path)).toEqual(positions.locate(path));
  });

  it('lists repeated keys with both places', () => {
    expect(duplicateKeys.map(({ path, region, hidden }) => [path, region.line, hidden.line])).toEqual([
      [['spec', 'hostPID'], 7, 6],
    ]);
  });

  it('counts from where the document begins in its file', () => {
    const inner = parseYaml(' {a: 1,\n b: 2}', 7, 4).positions;
    expect(inner.locate(['a'])).toMatchObject({ line: 7, column: 6 });
    expect(inner.locate(['b'])).toMatchObject({ line: 8, column: 2 });
  });
});

function* pathsOf(value: Json, path: Path = []): Generator<[Path, Json]> {
  yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value))
    yield* pathsOf(child, [...path, Array.isArray(value) ? Number(key) : key]);
}

const isCollection = (value: Json): boolean => typeof value === 'object' && value !== null;

function trimmed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.trim().replace(/\n +/g, '\n') : value;
}

/** Whether the place of `path` holds its key, and of a scalar the value too. */
function expectAt(text: string, positions: Positions, path: Path, value: Json): void {
  const region = positions.locate(path);
  const found = region === undefined ? '' : slice(text, region);
  const column = region?.column ?? 1;
  const where = `${JSON.stringify(path)} in ${JSON.stringify(text)}: ${JSON.stringify(found)}`;
  const step = path.at(-1);
  const indented = ' '.repeat(column - 1) + found;
  // The place of a block scalar ends with its last visible character, and without its parent its indentation is lost.
  const visible = (node: Json): unknown => JSON.parse(JSON.stringify(node), trimmed);
  const read = (source: string): unknown => visible(parseYaml(source, 1).value);
  if (typeof step === 'number') {
    if (!isCollection(value)) expect(read(indented), where).toEqual(visible(value));
  } else if (isCollection(value)) expect(String(read(found)), where).toBe(step);
  else {
    let entry: unknown;
    try {
      entry = read(indented);
      if (typeof entry !== 'object' || entry === null) entry = read(`{${found}}`);
    } catch {
      entry = read(`{${found}}`);
    }
    expect(entry, where).toEqual(visible(Object.fromEntries([[String(step), value]])));
  }
}

const key = fc.oneof(
  fc.constantFrom('a', 'name', 'securityContext', 'y', 'a b', '- x', 'k: v', '#', '__proto__', 'é', '😀', '10', '<<x'),
  fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,8}$/),
);
const scalar = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom<Json>(
    '',
    'yes',
    'multi\nline\n',
    'x: y',
    '# no',
    '*',
    'trailing ',
    ' lead',
    '"',
    "it's",
    null,
    true,
    0,
  ),
  fc.integer(),
);
const tree = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('node'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('node')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries) as Json),
  ),
})).node;
const document = fc.tuple(key, tree).map(([name, value]) => Object.fromEntries([[name, value]]) as Json);

describe('every path of any document is found at its key', () => {
  it('in YAML of any style', () => {
    const style = fc.record({
      indent: fc.integer({ min: 2, max: 5 }),
      indentSeq: fc.boolean(),
      collectionStyle: fc.constantFrom('flow' as const, 'any' as const),
      defaultStringType: fc.constantFrom(
        'PLAIN' as const,
        'QUOTE_DOUBLE' as const,
        'QUOTE_SINGLE' as const,
        'BLOCK_LITERAL' as const,
      ),
      defaultKeyType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const),
      lineWidth: fc.constantFrom(0, 40),
    });
    fc.assert(
      fc.property(document, style, (value, options) => {
        const text = stringify(value, { ...options, version: '1.1', aliasDuplicateObjects: false });
        const parsed = parseYaml(text, 1);
        for (const [path, at] of pathsOf(parsed.value)) if (path.length > 0) expectAt(text, parsed.positions, path, at);
      }),
      { numRuns: 200 },
    );
  });

  it('in JSON of any spacing', () => {
    fc.assert(
      fc.property(document, fc.constantFrom('', ' ', '\t', '   '), (value, spacing) => {
        const text = JSON.stringify(value, undefined, spacing);
        const parsed = parseJson(text, 1);
        expect(parsed.value).toEqual(value);
        for (const [path, at] of pathsOf(value)) {
          if (path.length === 0) continue;
          const region = parsed.positions.locate(path);
          const step = path.at(-1);
          const found = region === undefined ? '' : slice(text, region);
          const expected = isCollection(at)
            ? typeof step === 'number'
              ? undefined
              : JSON.stringify(step)
            : typeof step === 'number'
              ? JSON.stringify(at)
              : `${JSON.stringify(step)}:${spacing === '' ? '' : ' '}${JSON.stringify(at)}`;
          if (expected !== undefined) expect(found).toBe(expected);
        }
      }),
      { numRuns: 200 },
    );
  });
});
