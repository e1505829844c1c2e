import { type CelInput, isCelError, run } from '@bufbuild/cel';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile, createEnvironment, listOf, Meter, mapOf, named, type Type } from '../../src/semantics/cel/index.ts';
import { Double, plainInt, type Value } from '../../src/semantics/cel/value.ts';

// Expressions of the core language, made at random, must come to the same as in an evaluator that others wrote.

const [int, text, bool] = [named('int'), named('string'), named('bool')];

const variables: ReadonlyMap<string, Type> = new Map([
  ['i', int],
  ['j', int],
  ['s', text],
  ['b', bool],
  ['l', listOf(int)],
  ['m', mapOf(text, int)],
]);

const ours = new Map<string, Value>([
  ['i', 7],
  ['j', -3],
  ['s', 'héllo wörld'],
  ['b', true],
  ['l', [3, 1, 2]],
  ['m', { a: 1, b: 2 }],
]);

const theirs: Record<string, CelInput> = {
  i: 7n,
  j: -3n,
  s: 'héllo wörld',
  b: true,
  l: [3n, 1n, 2n],
  m: new Map([
    ['a', 1n],
    ['b', 2n],
  ]),
};

type Text = fc.Arbitrary<string>;

const {
  int: ints,
  double: doubles,
  text: texts,
  bool: bools,
} = fc.letrec<Record<'int' | 'double' | 'text' | 'bool' | 'list', string>>((tie) => {
  const infix = (left: Text, operators: readonly string[], right: Text): Text =>
    fc.tuple(left, fc.constantFrom(...operators), right).map(([a, operator, b]) => `(${a} ${operator} ${b})`);
  const call = (format: (...args: string[]) => string, ...args: Text[]): Text =>
    fc.tuple(...args).map((made) => format(...made));
  const choose = (branch: Text): Text => call((c, a, b) => `(${c} ? ${a} : ${b})`, tie('bool'), branch, branch);
  const within = (depthSize: 'small', leaf: Text, ...rest: Text[]): Text =>
    fc.oneof({ depthSize, withCrossShrink: true, maxDepth: 3 }, leaf, ...rest);
  return {
    int: within(
      'small',
      fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 0, max: 20 }).map(String) },
        { weight: 8, arbitrary: fc.constantFrom('i', 'j') },
        { weight: 1, arbitrary: fc.constantFrom('9223372036854775807', '-9223372036854775808') },
      ),
      infix(tie('int'), ['+', '-', '*', '/', '%'], tie('int')),
      call((a) => `(-(${a}))`, tie('int')),
      call((a) => `size(${a})`, fc.oneof(tie('text'), tie('list'))),
      call((list, index) => `${list}[${index}]`, tie('list'), tie('int')),
      call((key) => `m[${key}]`, tie('text')),
      // The other implementation takes int('') for 0, so texts are left out; Go does not.
      call((a) => `int(${a})`, tie('double')),
      choose(tie('int')),
    ),
    double: within(
      'small',
      fc.constantFrom('1.5', '-2.0', '0.0', '1e10', '3.25'),
      infix(tie('double'), ['+', '-', '*', '/'], tie('double')),
      call((a) => `double(${a})`, tie('int')),
      choose(tie('double')),
    ),
    text: within(
      'small',
      fc.constantFrom('s', "'a'", "''", "'12'", "'b'", "'😀x'"),
      infix(tie('text'), ['+'], tie('text')),
      call((a) => `string(${a})`, fc.oneof(tie('int'), tie('bool'))),
      choose(tie('text')),
    ),
    bool: within(
      'small',
      fc.constantFrom('b', 'true', 'false'),
      infix(tie('bool'), ['&&', '||', '==', '!='], tie('bool')),
      infix(tie('int'), ['<', '<=', '>', '>=', '==', '!='], tie('int')),
      infix(tie('double'), ['<', '>=', '=='], tie('double')),
      infix(tie('text'), ['<', '<=', '==', '!='], tie('text')),
      infix(tie('int'), ['in'], tie('list')),
      infix(tie('text'), ['in'], fc.constant('m')),
      infix(tie('list'), ['=='], tie('list')),
      call((a) => `(!${a})`, tie('bool')),
      call((a, b) => `${a}.startsWith(${b})`, tie('text'), tie('text')),
      call((a, b) => `${a}.contains(${b})`, tie('text'), tie('text')),
      call((list, p) => `${list}.all(x, ${p} || x > i)`, tie('list'), tie('bool')),
      call((list, p) => `${list}.exists(x, x / (x - 1) == 2 && ${p})`, tie('list'), tie('bool')),
      call((list, n) => `${list}.exists_one(x, x == ${n})`, tie('list'), tie('int')),
      choose(tie('bool')),
    ),
    list: within(
      'small',
      fc.constantFrom('l', '[1, 2]', '[0]'),
      infix(tie('list'), ['+'], tie('list')),
      call((list, n) => `${list}.map(x, x * ${n})`, tie('list'), tie('int')),
      call((list, p) => `${list}.filter(x, ${p} && x > 0)`, tie('list'), tie('bool')),
      call((a, b) => `[${a}, ${b}]`, tie('int'), tie('int')),
    ),
  };
});

const environment = createEnvironment({ variables });

function ourAnswer(expression: string): unknown {
  const result = compile(expression, environment);
  if (result.kind === 'problem') throw new Error(`${expression}: ${result.problem.message}`);
  const outcome = result.expression.evaluate(ours, new Meter(Number.POSITIVE_INFINITY));
  if (outcome.kind !== 'value') return 'error';
  return outcome.value instanceof Double ? { double: outcome.value.value } : outcome.value;
}

function theirAnswer(expression: string): unknown {
  const value = run(expression, theirs);
  if (isCelError(value)) return 'error';
  if (typeof value === 'number') return { double: value };
  return typeof value === 'bigint' ? plainInt(value) : value;
}

it('the core language agrees with another implementation', () => {
  let compared = 0;
  let errors = 0;
  fc.assert(
    fc.property(fc.oneof(ints, doubles, texts, bools), (expression) => {
      const wanted = theirAnswer(expression);
      expect({ expression, answer: ourAnswer(expression) }).toEqual({ expression, answer: wanted });
      compared += 1;
      if (wanted === 'error') errors += 1;
    }),
    { numRuns: 300, seed: 1 },
  );
  console.info(`cel oracle: ${compared} expressions agree, ${errors} of them on an error`);
});
