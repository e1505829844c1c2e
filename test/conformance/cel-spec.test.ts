import { tests as checking } from '@bufbuild/cel-spec/testdata/checking.js';
import { tests as comprehension } from '@bufbuild/cel-spec/testdata/comprehension.js';
import { tests as conformance } from '@bufbuild/cel-spec/testdata/conformance.js';
import { tests as parsing } from '@bufbuild/cel-spec/testdata/parsing.js';
import { describe, expect, it } from 'vitest';
import { isEqual } from '../../src/semantics/cel/equality.ts';
import { compile, createEnvironment, formatType, Meter } from '../../src/semantics/cel/index.ts';
import { parseDuration, parseTimestamp } from '../../src/semantics/cel/library/time.ts';
import { parseType, type Type } from '../../src/semantics/cel/type.ts';
import {
  Double,
  type MapKey,
  MapValue,
  mapKey,
  plainInt,
  TypeValue,
  Uint,
  type Value,
} from '../../src/semantics/cel/value.ts';

// The specification's own tests, with what cel-go makes of each: its types, and its errors with their places.

interface SpecTest {
  readonly original: {
    readonly name?: string;
    readonly expr: string;
    readonly value?: object;
    readonly typedResult?: { readonly result?: object };
    readonly evalError?: object;
    readonly checkOnly?: boolean;
    readonly disableCheck?: boolean;
    readonly container?: string;
    readonly typeEnv?: readonly { readonly name: string; readonly ident?: { readonly type: object } }[];
    readonly bindings?: Readonly<Record<string, { readonly value: object }>>;
  };
  readonly type?: string;
  readonly error?: string;
}

interface SpecSuite {
  readonly name?: string;
  readonly suites?: readonly SpecSuite[];
  readonly tests?: readonly SpecTest[];
}

/** A test needs what Kubernetes does not have. */
class Elsewhere extends Error {}

/** Libraries that are not in Kubernetes, and messages. */
const otherSuites = new Set([
  'bindings_ext',
  'block_ext',
  'encoders_ext',
  'math_ext',
  'namespace',
  'proto2',
  'proto2_ext',
  'proto3',
  'enums',
  'wrappers',
]);

const needsMessages = /TestAllTypes|TestRequired|google\.protobuf\.(?!Timestamp|Duration)|\b[A-Z]\w*\{|proto[23]/;
const needsOthers = /cel\.(?:bind|block|index|iterVar)|\.reverse\(|__result__|fg_s|fi_s_s/;

/** Why a test of the specification does not hold in Kubernetes. */
const knownDifferences: ReadonlyMap<RegExp, string> = new Map([
  [
    /^string_ext\/format\/.*(?:scientific|list|map|NaN\/infinity)/,
    'the strings library is of version 2, whose format() is another',
  ],
  [/^1 [<>]=? 1\.0 &&/, 'numbers of different types may be compared'],
  [/^foo\{|^ó|^a\.b\(c\)$|^has\(a\.b\)\.filter/, 'the first of several errors is another one'],
]);

/** Errors that are told in words of our own, or that the newest Kubernetes does not have. */
const otherErrors =
  /Syntax error|unsupported syntax|recursion|not a message type|argument (?:is not|must be)|_var\d|in container 'g|'@in' applied to '\(list\(dyn\)|invalid argument to has|undeclared reference to '(?:all|exists|existsOne|exists_one|transform\w*|optional|optMap|optFlatMap|hasValue|of|none)'/;

function valueOf(proto: object): Value {
  const [entry] = Object.entries(proto);
  const [kind, raw] = entry ?? ['', null];
  switch (kind) {
    case 'nullValue':
      return null;
    case 'boolValue':
    case 'stringValue':
      return raw;
    case 'int64Value':
      return plainInt(BigInt(raw));
    case 'uint64Value':
      return new Uint(BigInt(raw));
    case 'doubleValue':
      return new Double(Number(raw));
    case 'bytesValue':
      return Uint8Array.from(Buffer.from(raw, 'base64'));
    case 'listValue':
      return ((raw.values ?? []) as readonly object[]).map(valueOf);
    case 'mapValue': {
      const map = new Map<MapKey, readonly [Value, Value]>();
      for (const item of (raw.entries ?? []) as readonly { key: object; value: object }[]) {
        const key = valueOf(item.key);
        map.set(mapKey(key) ?? '', [key, valueOf(item.value)]);
      }
      return new MapValue(map);
    }
    case 'typeValue':
      return new TypeValue(raw);
    case 'objectValue':
      if (String(raw['@type']).endsWith('google.protobuf.Duration')) return parseDuration(raw.value);
      if (String(raw['@type']).endsWith('google.protobuf.Timestamp')) return parseTimestamp(raw.value);
      throw new Elsewhere('message');
    default:
      throw new Elsewhere(kind);
  }
}

const primitives: ReadonlyMap<string, string> = new Map([
  ['INT64', 'int'],
  ['UINT64', 'uint'],
  ['STRING', 'string'],
  ['BOOL', 'bool'],
  ['BYTES', 'bytes'],
  ['DOUBLE', 'double'],
  ['TIMESTAMP', 'timestamp'],
  ['DURATION', 'duration'],
  ['ANY', 'dyn'],
]);

function typeOf(proto: object): Type {
  const [entry] = Object.entries(proto);
  const [kind, raw] = entry ?? ['', null];
  switch (kind) {
    case 'primitive':
    case 'wellKnown':
      return parseType(primitives.get(raw) ?? 'dyn');
    case 'listType':
      return { kind: 'list', item: typeOf(raw.elemType) };
    case 'mapType':
      return { kind: 'map', key: typeOf(raw.keyType), value: typeOf(raw.valueType) };
    case 'dyn':
      return { kind: 'dyn' };
    case 'null':
      return parseType('null_type');
    case 'type':
      return { kind: 'type', of: typeOf(raw) };
    case 'abstractType':
      if (raw.name === 'optional_type') return { kind: 'optional', of: typeOf(raw.parameterTypes[0]) };
      throw new Elsewhere(kind);
    default:
      throw new Elsewhere(kind);
  }
}

/** What the checker's tests declare; no test expects them to be missing. */
const declared: readonly (readonly [string, Type])[] = [
  ['is', 'string'],
  ['ii', 'int'],
  ['iu', 'uint'],
  ['iz', 'bool'],
  ['ib', 'bytes'],
  ['id', 'double'],
  ['ix', 'null_type'],
].map(([name = '', type = '']) => [name, parseType(type)]);

/** What is wrong with our answer; undefined where nothing is. Throws Elsewhere. */
function judge({ original, type, error }: SpecTest): string | undefined {
  const { expr } = original;
  if (needsMessages.test(expr) || needsOthers.test(expr)) throw new Elsewhere('message');
  // The API server checks every expression.
  if (original.disableCheck === true || (original.container ?? '') !== '') throw new Elsewhere('unchecked');
  const variables = new Map<string, Type>(declared);
  for (const { name, ident } of original.typeEnv ?? []) {
    if (ident === undefined) throw new Elsewhere('function');
    variables.set(name, typeOf(ident.type));
  }
  const bindings = new Map<string, Value>();
  for (const [name, { value }] of Object.entries(original.bindings ?? {})) {
    bindings.set(name, valueOf(value));
    if (!variables.has(name)) throw new Elsewhere('undeclared');
  }
  const wanted = original.value ?? original.typedResult?.result;
  const want = wanted === undefined ? undefined : valueOf(wanted);
  const result = compile(expr, createEnvironment({ variables, mixedLiterals: 'allowed' }));
  if (result.kind === 'problem') {
    if (error !== undefined) return errorDifference(error, result.problem.message);
    return original.evalError === undefined ? `refused: ${result.problem.message}` : undefined;
  }
  const { expression } = result;
  if (type !== undefined && formatType(expression.type) !== type) return `of type ${formatType(expression.type)}`;
  if (error !== undefined && !otherErrors.test(error) && want === undefined) return 'accepted';
  if (original.checkOnly === true) return undefined;
  const outcome = expression.evaluate(bindings, new Meter(1_000_000));
  if (original.evalError !== undefined)
    return outcome.kind === 'error' ? undefined : `gives ${JSON.stringify(outcome)}`;
  if (want === undefined) return undefined;
  if (outcome.kind !== 'value') return outcome.message;
  return isSame(want, outcome.value) ? undefined : `gives another value: ${describeValue(outcome.value)}`;
}

function errorDifference(error: string, message: string): string | undefined {
  const [first = ''] = error.split('\n');
  const wanted = first.replace(/^ERROR: .*?:(?=\d+:\d+: )/, '');
  if (otherErrors.test(wanted)) return undefined;
  return wanted === message ? undefined : `refused, but otherwise: ${message}`;
}

function isSame(want: Value, value: Value): boolean {
  if (want instanceof Double && value instanceof Double && Number.isNaN(want.value)) return Number.isNaN(value.value);
  if (want instanceof Double !== value instanceof Double || want instanceof Uint !== value instanceof Uint)
    return false;
  return isEqual(want, value);
}

function describeValue(value: Value): string {
  return JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}n` : part));
}

function run(suite: SpecSuite): {
  readonly held: number;
  readonly elsewhere: number;
  readonly failures: readonly string[];
} {
  const failures: string[] = [];
  let held = 0;
  let elsewhere = 0;
  const visit = (here: SpecSuite, path: readonly string[]): void => {
    for (const inner of here.suites ?? []) visit(inner, [...path, inner.name ?? '']);
    for (const test of here.tests ?? []) {
      const id = [...path, test.original.name ?? test.original.expr].join('/');
      const isKnown = [...knownDifferences.keys()].some((pattern) => pattern.test(id));
      if (otherSuites.has(path[0] ?? '') || isKnown) {
        elsewhere += 1;
        continue;
      }
      try {
        const difference = judge(test);
        if (difference === undefined) held += 1;
        else failures.push(`${id}: ${test.original.expr}: ${difference}`);
      } catch (thrown) {
        if (!(thrown instanceof Elsewhere)) throw thrown;
        elsewhere += 1;
      }
    }
  };
  visit(suite, []);
  return { held, elsewhere, failures };
}

describe('the tests of the CEL specification', () => {
  for (const [name, suite, atLeast] of [
    ['values', conformance, 1290],
    ['types', checking, 70],
    ['comprehensions', comprehension, 75],
    ['parsing', parsing, 170],
  ] as const) {
    it(name, () => {
      const { held, elsewhere, failures } = run(suite as SpecSuite);
      console.info(`cel-spec ${name}: ${held} hold, ${elsewhere} need what Kubernetes does not have`);
      expect(failures).toEqual([]);
      expect(held).toBeGreaterThanOrEqual(atLeast);
    });
  }
});
