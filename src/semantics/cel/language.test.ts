import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costed, evaluated } from '../../../test/cel-example.ts';
import type { JsonObject } from '../../model/json.ts';
import { compile, createEnvironment, dyn, Meter } from './index.ts';

const pod = JSON.parse(`{
  "metadata": { "labels": { "__proto__": "own", "constructor": "too" }, "annotations": null },
  "spec": { "replicas": 3, "ratio": 0.5, "hostNetwork": false,
    "containers": [ { "name": "a", "image": "x.io/a:1" }, { "name": "b", "image": "docker.io/b" } ] }
}`);

describe('values of JSON', () => {
  it.each([
    'object.spec.replicas + 1 == 4',
    'object.spec.replicas / 2 == 1',
    'type(object.spec.replicas) == int && type(object.spec.ratio) == double',
    'object.spec.ratio * 2.0 == 1.0 && object.spec.replicas > object.spec.ratio',
    "object.spec.containers.all(c, c.name.size() == 1) && object.spec.containers.exists(c, c.image.startsWith('x.io/'))",
    "object.spec.containers.filter(c, c.name == 'a').map(c, c.image) == ['x.io/a:1']",
    'object.spec.containers.exists_one(c, c.name == "b") && object.spec.containers[1].name == "b"',
    'object.metadata.labels["__proto__"] == "own" && object.metadata.labels.constructor == "too"',
    '!has(object.metadata.labels.toString) && !("toString" in object.metadata.labels) && has(object.metadata.annotations)',
    'object.metadata.labels.map(k, k) == ["__proto__", "constructor"]',
    'object.metadata.annotations == null',
    'has(object.spec.missing) || !has(object.spec.missing)',
    'object.?spec.?securityContext.?runAsNonRoot.orValue(true)',
    'object.spec.missing || true',
    'true || object.spec.missing',
    '!(object.spec.missing && false)',
    'object.spec.containers.exists(c, c.missing || c.name == "b")',
    "{'a': 1, 'b': 2} == {'b': 2, 'a': 1} && 'a' in {'a': 1}",
    'object.spec.`replicas` == 3',
    "duration('1h') > duration('1m') && timestamp('2026-01-01T00:00:00Z') > timestamp(0)",
  ])('%s', (text) => {
    expect(evaluated(text, { object: pod })).toBe(true);
  });

  it.each([
    ['object.spec.missing', 'error: no such key: missing'],
    ['object.spec.containers[2]', 'error: index out of bounds: 2'],
    ['object.metadata.annotations.a', 'error: no such overload'],
    ['object.spec.replicas + 1.0', 'error: no such overload'],
    ['!object.spec.hostNetwork && object.spec.replicas', 'error: no such overload'],
    ['9223372036854775807 + 1', 'error: integer overflow'],
    ['-9223372036854775808 - 1', 'error: integer overflow'],
    ['9007199254740993 * 1024 * 1024', 'error: integer overflow'],
    ['1 / 0', 'error: division by zero'],
    ['1 % 0', 'error: modulus by zero'],
    ['0u - 1u', 'error: unsigned integer overflow'],
    ['object.spec.containers.map(c, c.missing)', 'error: no such key: missing'],
    ['object.spec.replicas.all(c, true)', 'error: no such overload'],
    ["duration('1' + 'x')", 'error: invalid duration: "1x"'],
    ["duration('1x') < duration('1h')", 'problem: 1:10: invalid duration argument: invalid duration: "1x"'],
    ["[1].all(i, timestamp('today') == null)", 'problem: 1:22: invalid timestamp argument: invalid timestamp: "today"'],
    ["{'a': 1, 'a': 2}", 'error: Failed with repeated key: a'],
    ['object.spec.toString', 'error: no such key: toString'],
  ])('%s is %s', (text, wanted) => {
    expect(evaluated(text, { object: pod })).toBe(wanted);
  });

  it('ints are exact', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (a, b) => {
        const literal = (value: bigint): string => `(${value})`;
        for (const [operator, exact] of [
          ['+', a + b],
          ['-', a - b],
          ['*', a * b],
        ] as const) {
          const fits = exact >= -(2n ** 63n) && exact < 2n ** 63n;
          const wanted = fits ? String(exact) : 'error: integer overflow';
          expect(evaluated(`string(${literal(a)} ${operator} ${literal(b)})`)).toBe(wanted);
        }
        expect(evaluated(`${literal(a)} < ${literal(b)}`)).toBe(a < b);
      }),
      { numRuns: 200 },
    );
  });
});

describe('cost', () => {
  const object = { list: [1, 2, 3], text: 'a'.repeat(100), map: { a: { b: 1 } } };

  // Worked out by hand from cel-go's interpreter/runtimecost.go.
  it.each([
    ['true', 0],
    ['object', 1],
    ['object.map.a', 3],
    ['has(object.map)', 0],
    ['has(object.map.a)', 1],
    ['1 + 2', 1],
    ['object.list[0] == 1', 4],
    ['object.list[0] in [1, 2, 3]', 3],
    ['1 in object.list', 5],
    ["object.text.startsWith('aaaaaaaaaaa')", 4],
    ["object.text.contains('b')", 12],
    ["object.text.matches('b')", 13],
    ["object.text == 'a'", 3],
    ['object.list.all(x, x > 0)', 2 + 3 * (3 + 2) + 1],
    ['object.list.exists(x, x > 5)', 2 + 3 * (4 + 2) + 1],
    ['object.list.map(x, x)', 2 + 3 * (12 + 1) + 1],
    ['object.list.filter(x, true)', 2 + 3 * 13 + 1],
    ['[object]', 11],
    ['{1: object}', 31],
    ['object.text.lowerAscii().size()', 2 + 10 + 1],
    ["object.text.replace('a', 'b') == ''", 2 + 20 + 0],
  ])('%s costs %i', (text, wanted) => {
    expect(costed(text, new Map([['object', object]])).cost).toBe(wanted);
  });

  it.each([
    ['nested loops', 'object.l.all(a, object.l.all(b, object.l.all(c, a + b + c >= 0)))'],
    ['a list that doubles', `[object.l]${'.map(a, a + a)'.repeat(100)}.size() > 0`],
    ['a text that doubles', `[object.s]${'.map(a, a + a)'.repeat(100)}.size() > 0`],
    ['texts that grow', 'object.l.map(a, object.s + object.s).map(t, t + t).map(t, t + t).map(t, t + t).size() > 0'],
    [
      'a pattern over a long text',
      "object.l.all(a, object.s.matches('(a*)*b|' + object.s.substring(0, 1000)) || true)",
    ],
  ])('%s stops', (_name, text) => {
    const object = { l: Array.from({ length: 300 }, (_, index) => index), s: 'a'.repeat(20_000) };
    const start = performance.now();
    expect(evaluated(text, { object })).toBe('stopped: operation cancelled: actual cost limit exceeded');
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('regular expressions take linear time', () => {
    const start = performance.now();
    expect(evaluated("object.matches('^(a+)+$')", { object: `${'a'.repeat(28)}!` })).toBe(false);
    expect(evaluated("object.matches('^(a|aa)+$')", { object: `${'a'.repeat(50_000)}!` })).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('a deadline stops what runs', () => {
    const result = compile(
      'object.all(a, object.all(b, true))',
      createEnvironment({ variables: new Map([['object', dyn]]) }),
    );
    if (result.kind === 'problem') throw new Error(result.problem.message);
    const object = Array.from({ length: 10_000 }, () => 1);
    const meter = new Meter(Number.POSITIVE_INFINITY, () => true);
    expect(result.expression.evaluate(new Map([['object', object]]), meter)).toMatchObject({
      kind: 'stopped',
      reason: 'deadline',
    });
  });
});

describe('hostile expressions', () => {
  it.each([
    ['brackets', '('.repeat(99_000)],
    ['lists', '['.repeat(99_000)],
    ['maps', '{'.repeat(99_000)],
    ['sums', `1${'+1'.repeat(40_000)}`],
    ['fields', `object${'.a'.repeat(45_000)}`],
    ['choices', '1?1:'.repeat(24_000)],
    ['calls', 'object.map(a,'.repeat(7000)],
    ['a long one', 'a'.repeat(1_000_000)],
    ['digits', '9'.repeat(99_000)],
    ['an open string', `'${'\\\\'.repeat(40_000)}`],
    ['a pattern with many repetitions', "object.matches('((a{100}){100}){100}')"],
  ])('%s are refused soon', (_name, text) => {
    const start = performance.now();
    expect(evaluated(text)).toMatch(/^problem: /);
    expect(performance.now() - start).toBeLessThan(500);
  });

  it('long conjunctions and lists are fine', () => {
    expect(evaluated(`true${' && true'.repeat(10_000)}`)).toBe(true);
    expect(evaluated(`size([${'1,'.repeat(40_000)}])`)).toBe(40_000);
  });

  it('deep values are an error', () => {
    const variables = new Map([['other', nested(100_000)]]);
    expect(evaluated('object == other', { object: nested(100_000), variables })).toBe(
      'error: a value is too large or too deeply nested',
    );
  });

  it.each([
    [
      'types that double',
      `[1]${'.map(a, {a: a})'.repeat(80)}.size() > 0`,
      /^problem: .*the type of this is too large$/,
    ],
    [
      'values that double, compared',
      `[object]${'.map(a, [a, a])'.repeat(60)} == [object]${'.map(a, [a, a])'.repeat(60)}`,
      /^error: a value of more than 1000000 parts is too large$/,
    ],
    [
      'values that double, printed',
      `'%s'.format([[object]${'.map(a, [a, a])'.repeat(60)}])`,
      /^error: a value of more than 1000000 parts is too large$/,
    ],
  ])('%s', (_name, text, wanted) => {
    const start = performance.now();
    expect(evaluated(text, { object: 'x' })).toMatch(wanted);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('any text gives an answer', () => {
    const words = [
      'object',
      '.',
      '?',
      '[',
      ']',
      '(',
      ')',
      '{',
      '}',
      ',',
      ':',
      '1',
      "'a'",
      '+',
      '-',
      '&&',
      '||',
      '!',
      ' in ',
      'x',
      'all',
      '`',
      '"',
      '\\',
      '==',
      '1u',
      '.5',
      'b"',
      "r'",
      '//',
      '\n',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 30 }), (parts) => {
        expect(() => evaluated(parts.join(''), { object: pod })).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});

function nested(depth: number): JsonObject {
  let object: JsonObject = {};
  for (let level = 0; level < depth; level += 1) object = { object };
  return object;
}

describe('literals of time', () => {
  it.each<[number, string]>([
    [28, 'expression'],
    [29, 'problem'],
  ])('that cannot be read, on 1.%i: %s', (minor, kind) => {
    const environment = createEnvironment({ minor, variables: new Map() });
    expect(compile("timestamp('2026-13-01T00:00:00Z') == timestamp(0)", environment).kind).toBe(kind);
  });
});
