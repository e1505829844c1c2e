import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Document, isCollection, isNode, isPair, visit } from 'yaml';
import { applyChange, applyEditsToValue, planChange } from '../model/apply-edit.ts';
import { type Edit, edit } from '../model/edit.ts';
import { equalJson } from '../model/equal-json.ts';
import { isList, isObject, type Json } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import { parseJson } from './json.ts';
import { parseYaml } from './parse.ts';
import { applyEdits } from './splice.ts';
import { lineEnd, lineStart } from './splice-lines.ts';
import { readJsonTree } from './splice-read-json.ts';
import { readYamlTree } from './splice-read-yaml.ts';
import type { SpliceNode } from './splice-tree.ts';
import { spliceChange } from './splice-write.ts';

const keys = ['privileged', 'securityContext', 'capabilities', 'drop', 'name', 'on', '__proto__', 'a b', "q'", '1.5'];
const words = [
  'ALL',
  'yes',
  '0644',
  'it is: so',
  '# no',
  'two\nlines\n',
  '',
  'trailing \n\n',
  '- x',
  "don't",
  '*a',
  'é',
];

const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom(...words),
  fc.boolean(),
  fc.integer({ min: -9, max: 999 }),
  fc.constant(null),
);

const { value: anyValue } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    { arbitrary: scalar, weight: 2 },
    { arbitrary: fc.array(tie('value'), { maxLength: 4 }), weight: 2 },
    { arbitrary: fields(tie('value')), weight: 4 },
  ),
}));

function fields(value: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const entry = fc.tuple(fc.constantFrom(...keys), value);
  return fc
    .uniqueArray(entry, { maxLength: 5, selector: ([key]) => key })
    .map((entries) => Object.fromEntries(entries));
}

const root = fields(anyValue).map((value): Json => ({ kind: 'Pod', ...(value as object) }));

interface Style {
  readonly value: Json;
  readonly seed: readonly number[];
  readonly indent: number;
  readonly indentSeq: boolean;
  readonly flowCollectionPadding: boolean;
  readonly nullStr: string;
  readonly crlf: boolean;
  readonly finalBreak: boolean;
}

const style: fc.Arbitrary<Style> = fc.record({
  value: root,
  seed: fc.array(fc.nat(99), { minLength: 20, maxLength: 20 }),
  indent: fc.constantFrom(2, 3, 4),
  indentSeq: fc.boolean(),
  flowCollectionPadding: fc.boolean(),
  nullStr: fc.constantFrom('', '~', 'null'),
  crlf: fc.boolean(),
  finalBreak: fc.boolean(),
});

/** `value` as someone might have written it: comments, flow collections, quotes, blank lines, here and there. */
function write({ value, seed, crlf, finalBreak, ...options }: Style): string {
  const document = new Document(value, { version: '1.1' });
  let next = 0;
  const chance = () => seed[next++ % seed.length] ?? 0;
  visit(document, {
    Node: (key, node) => {
      const dice = chance();
      if (isCollection(node) && dice < 25) node.flow = true;
      if (dice % 7 === 0 && key !== 'key') node.comment = ` about ${dice}`;
      if (dice % 5 === 0 && key !== 'value') node.commentBefore = ` before ${dice}`;
      if (dice % 11 === 0 && key !== 'value') node.spaceBefore = true;
    },
    Scalar: (_, node) => {
      const dice = chance();
      if (typeof node.value === 'string' && dice < 30) node.type = dice < 15 ? 'QUOTE_SINGLE' : 'QUOTE_DOUBLE';
    },
    Pair: (_, pair) => {
      if (isNode(pair.key) && isPair(pair) && chance() % 6 === 0) pair.key.commentBefore = ' the key';
    },
  });
  const text = document.toString({ ...options, lineWidth: 60 });
  const ended = finalBreak ? text : text.trimEnd();
  return crlf ? ended.replaceAll('\n', '\r\n') : ended;
}

/** Edits at places of the value, and next to them. */
function editsFor(value: Json): fc.Arbitrary<Edit[]> {
  const places = [...pathsOf(value, [])].filter((path) => path.length > 0);
  const place = fc.constantFrom<Path>(['metadata'], ...places);
  const key = fc.constantFrom(...keys);
  const target = fc.oneof(
    place,
    fc.tuple(place, key).map(([path, name]) => [...path, name]),
  );
  const edits = fc.oneof(
    fc.tuple(target, fc.oneof(scalar, anyValue)).map(([path, to]) => edit.set(path, to)),
    fc.tuple(target, key, key, scalar).map(([path, a, b, to]) => edit.set([...path, a, b], to)),
    place.map((path) => edit.remove(path)),
    fc.tuple(target, fc.array(scalar, { maxLength: 3 })).map(([path, values]) => edit.removeItems(path, values)),
    fc.tuple(target, scalar).map(([path, to]) => edit.append(path, to)),
  );
  return fc.array(edits, { minLength: 1, maxLength: 4 });
}

function* pathsOf(value: Json, path: Path): Generator<Path> {
  yield path;
  if (isList(value)) for (const [index, item] of value.entries()) yield* pathsOf(item, [...path, index]);
  if (isObject(value)) for (const [key, item] of Object.entries(value)) yield* pathsOf(item, [...path, key]);
}

/** Every splice takes text only from the lines of what it edits; commas of flow collections apart. */
function expectLocal(
  text: string,
  tree: SpliceNode,
  how: { value: Json; edits: readonly Edit[]; json: boolean },
): void {
  const { change } = planChange(how.value, how.edits);
  if (change === undefined) return;
  const allowed = how.edits.map(({ path }) => {
    let node = tree;
    let range = { start: 0, end: 0 };
    for (const step of path) {
      const child = typeof step === 'number' ? node.children[step] : node.byKey.get(step)?.at(-1);
      if (child === undefined) break;
      range = { start: lineStart(text, child.start), end: lineEnd(text, child.end) };
      node = child.value;
    }
    return range;
  });
  for (const splice of spliceChange(text, tree, { ...how, change })) {
    for (let at = splice.start; at < splice.end; at += 1) {
      if (/[\s,]/.test(text[at] ?? '') || allowed.some(({ start, end }) => at >= start && at < end)) continue;
      expect.fail(`took ${JSON.stringify(text.slice(splice.start, splice.end))} of\n${text}`);
    }
  }
}

it('edits YAML of any style into the edited value, and takes nothing else', () => {
  const cases = style.chain((how) => editsFor(how.value).map((edits) => ({ how, edits })));
  let made = 0;
  fc.assert(
    fc.property(cases, ({ how, edits }) => {
      const text = write(how);
      const value = readable(text);
      // An empty null within a list is not always read as one.
      if (value === undefined || !equalJson(value, how.value)) return;
      const result = applyEdits(text, edits);
      const possible = edits.filter(
        (each) => !planChange(value, edits).refused.some((refusal) => refusal.edit === each),
      );
      made += result.applied.length;
      expect(parseYaml(result.text, 1).value).toEqual(applyEditsToValue(value, result.applied));
      // A generated text has no anchors, so what the value has a place for is made, unless the document would be empty,
      // or the parser is known to misread what it would be: an empty item at the end of a list within a list.
      const reasons = result.refused.map(({ reason }) => reason);
      const misread = how.nullStr === '' && reasons.includes('the edited text would not read as intended');
      expect({ text, reasons, n: result.applied.length }).toEqual({
        text,
        reasons: expect.any(Array),
        n: wouldBeEmpty(value, possible) || misread ? expect.any(Number) : possible.length,
      });
      if (result.applied.length > 0) {
        expectLocal(text, readYamlTree(text), { value, edits: result.applied, json: false });
      }
      const [only] = result.applied;
      if (only?.op === 'set' && edits.length === 1) expect(applyEdits(result.text, [only]).text).toBe(result.text);
    }),
    { numRuns: 200 },
  );
  expect(made).toBeGreaterThan(100);
});

it('edits JSON into the edited JSON', () => {
  const cases = fc
    .tuple(root, fc.constantFrom(undefined, 2, 4, '\t'))
    .chain(([value, indent]) => editsFor(value).map((edits) => ({ value, indent, edits })));
  fc.assert(
    fc.property(cases, ({ value, indent, edits }) => {
      const text = JSON.stringify(value, null, indent);
      const result = applyEdits(text, edits);
      expect(equalJson(parseJson(result.text, 1).value, applyEditsToValue(value, result.applied))).toBe(true);
      expect(() => JSON.parse(result.text)).not.toThrow();
      expectLocal(text, readJsonTree(text), { value, edits: result.applied, json: true });
      // Laid out as JSON.stringify would lay out the new value, up to the order of keys and empty collections.
      const lines = JSON.stringify(JSON.parse(result.text), null, indent);
      if (!/\[\s+\]|\{\s+\}/.test(result.text)) expect(result.text).toBe(lines);
    }),
    { numRuns: 200 },
  );
});

function readable(text: string): Json | undefined {
  try {
    return parseYaml(text, 1).value;
  } catch {
    return undefined;
  }
}

function wouldBeEmpty(value: Json, edits: readonly Edit[]): boolean {
  const { change } = planChange(value, edits);
  const after = change === undefined ? value : applyChange(value, change);
  return isObject(after) && isObject(value) && !Object.keys(value).some((key) => Object.hasOwn(after, key));
}

it('takes any text without throwing, and leaves it alone where it refuses', () => {
  const token = fc.constantFrom(
    ...[
      'a',
      'b',
      ': ',
      ':',
      '- ',
      '\n',
      '\n  ',
      '  ',
      '\t',
      '{',
      '}',
      '[',
      ']',
      ', ',
      '#',
      ' # c',
      '&x ',
      '*x',
      '<<: ',
    ],
    ...[
      '"',
      "'",
      '|',
      '>-',
      '? ',
      '!t ',
      '!!int ',
      '%YAML 1.1',
      '...',
      '\r\n',
      '\ufeff',
      '\u0085',
      '@',
      '`',
      '~',
      'é',
      '1',
    ],
  );
  const text = fc.array(token, { maxLength: 30 }).map((tokens) => `a: ${tokens.join('')}`);
  const edits = [edit.set(['a', 'b'], 1), edit.remove(['b']), edit.append(['a', 'a', 'b'], 'x'), edit.remove(['a', 0])];
  fc.assert(
    fc.property(text, (before) => {
      const { text: after, applied, refused } = applyEdits(before, edits);
      expect(applied.length + refused.length).toBe(edits.length);
      if (applied.length === 0) expect(after).toBe(before);
      else expect(readable(after)).toEqual(applyEditsToValue(readable(before) ?? null, applied));
    }),
    { numRuns: 500 },
  );
});
