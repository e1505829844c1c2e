import { describeType, isList, isObject, type Json, type JsonObject } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import { findField, suggestField } from './catalogue.ts';
import type { Expression, FieldTest } from './expression.ts';
import type { Field } from './field.ts';
import {
  anyOf,
  comparison,
  isPlain,
  type Matcher,
  MatcherError,
  modifiers,
  networkMatcher,
  oneOf,
  type Place,
  patternMatcher,
  scalarMatcher,
  textMatcher,
} from './matcher.ts';
import { RuleError, RuleErrors } from './problem.ts';
import { hidden, truth, truthOf } from './truth.ts';

/** A selection: a mapping of fields that all have to match, or a list of such mappings of which one has to. */
export function parseSelection(selection: Json, at: Path): Expression {
  if (isList(selection)) {
    if (selection.length === 0) throw new RuleError(at, 'the selection is an empty list');
    return { kind: 'or', parts: selection.map((item, index) => parseMapping(item, [...at, index])) };
  }
  return parseMapping(selection, at);
}

function parseMapping(value: Json, at: Path): Expression {
  if (typeof value === 'string' || typeof value === 'number') {
    throw new RuleError(at, 'keywords without a field are not supported: name the field that holds them');
  }
  if (!isObject(value)) throw new RuleError(at, `a selection is a mapping of fields, found ${describeType(value)}`);
  const errors = new RuleErrors();
  const parts = Object.entries(value).flatMap(
    ([key, wanted]) => errors.attempt(() => parseTest(key, wanted, [...at, key])) ?? [],
  );
  errors.raise();
  if (parts.length === 0) throw new RuleError(at, 'the selection names no field');
  return { kind: 'and', parts };
}

/** The field of that name; an error that suggests another where there is none. */
export function fieldNamed(name: string, at: Path): Field {
  const field = findField(name);
  if (field !== undefined) return field;
  const near = suggestField(name);
  const hint = near === undefined ? 'docs/detections.md lists the fields' : `did you mean ${near}?`;
  throw new RuleError(at, `audit events have no field "${name}"; ${hint}`);
}

type Modifier = (typeof modifiers)[number];
const known: ReadonlySet<string> = new Set(modifiers);
const places: ReadonlySet<string> = new Set(['contains', 'startswith', 'endswith']);
const bounds: ReadonlySet<string> = new Set(['gt', 'gte', 'lt', 'lte']);

function parseTest(key: string, wanted: Json, at: Path): Expression {
  const [name = '', ...words] = key.split('|');
  for (const word of words) {
    if (!known.has(word)) {
      throw new RuleError(at, `the modifier "${word}" is not supported; there are ${modifiers.join(', ')}`);
    }
  }
  const given = new Set(words as Modifier[]);
  const field = fieldNamed(name, at);
  const values = isList(wanted) ? wanted : [wanted];
  if (values.length === 0) throw new RuleError(at, `"${key}" lists no value`);
  const dead = given.has('fieldref') ? undefined : neverMatches(name, values);
  if (dead !== undefined) throw new RuleError(at, dead);
  const test = build({ field, given, values, at });
  return given.has('neq') ? { kind: 'not', part: test } : test;
}

/** Why no event can have any of these values: a rule that asks for them is dead, and its author does not know. */
function neverMatches(name: string, values: readonly Json[]): string | undefined {
  const plain = values.filter((value): value is string => typeof value === 'string' && isPlain(value));
  if (plain.length === 0 || plain.length < values.length) return undefined;
  if (name === 'responseStatus.code' && plain.every((value) => !/^\d+$/.test(value))) {
    return `responseStatus.code is a number: "${plain[0]}" never matches; annotations.authorization.k8s.io/decision tells "allow" and "forbid"`;
  }
  return undefined;
}

interface Asked {
  readonly field: Field;
  readonly given: ReadonlySet<Modifier>;
  readonly values: readonly Json[];
  readonly at: Path;
}

function build(asked: Asked): Expression {
  const { field, given, values, at } = asked;
  const how = [...given].filter((word) => !['all', 'cased', 'neq', 'i', 'm', 's'].includes(word));
  if (how.length > 1 && !(how.length === 2 && given.has('fieldref') && how.some((word) => places.has(word)))) {
    throw new RuleError(at, `the modifiers ${how.join(' and ')} cannot be combined`);
  }
  if (given.has('exists')) return existence(asked);
  if (given.has('fieldref')) return references(asked);
  if (given.has('all')) {
    const parts = values.map((value) => matching(field, [matcherFor(value, asked)], [value]));
    return { kind: 'and', parts };
  }
  const plain = values.filter((value): value is string => typeof value === 'string' && isPlain(value));
  const quick = how.length === 0 && !given.has('cased') && plain.length > 3;
  const rest = quick ? values.filter((value) => !(typeof value === 'string' && isPlain(value))) : values;
  const matchers = rest.map((value) => matcherFor(value, asked));
  return matching(field, quick ? [oneOf(plain), ...matchers] : matchers, how.length === 0 ? values : []);
}

/** Stands for the test for a value that is absent or null. */
const absent: Matcher = (value) => value === null;

function matching(field: Field, matchers: readonly Matcher[], values: readonly Json[]): FieldTest {
  const wantsNothing = matchers.includes(absent);
  const [only] = matchers;
  const matches: Matcher =
    matchers.length === 1 && only !== undefined ? only : (value) => matchers.some((match) => match(value));
  return {
    kind: 'test',
    field,
    others: [],
    values: values.filter((value): value is string => typeof value === 'string'),
    test: (value) => {
      if (value === hidden) return truth.unknown;
      if (value === undefined) return truthOf(wantsNothing);
      return truthOf(anyOf(value, matches));
    },
  };
}

function matcherFor(value: Json, { given, at }: Asked): Matcher {
  try {
    return oneMatcher(value, given);
  } catch (error) {
    if (error instanceof MatcherError) throw new RuleError(at, error.message);
    throw error;
  }
}

function oneMatcher(value: Json, given: ReadonlySet<Modifier>): Matcher {
  const bound = [...given].find((word): word is 'gt' | 'gte' | 'lt' | 'lte' => bounds.has(word));
  if (bound !== undefined) {
    if (typeof value !== 'number')
      throw new MatcherError(`"${bound}" compares with a number, found ${describeType(value)}`);
    return comparison(bound, value);
  }
  if (value === null) {
    if ([...given].some((word) => places.has(word) || word === 're' || word === 'cidr')) {
      throw new MatcherError('null has no parts to search');
    }
    return absent;
  }
  if (isList(value) || isObject(value))
    throw new MatcherError(`a value is text, a number, true, false or null, found ${describeType(value)}`);
  if (given.has('re')) {
    const flags = new Set((['i', 'm', 's'] as const).filter((flag) => given.has(flag)));
    return patternMatcher(String(value), flags);
  }
  if (given.has('i') || given.has('m') || given.has('s'))
    throw new MatcherError('i, m and s belong to the modifier "re"');
  if (given.has('cidr')) return networkMatcher(String(value));
  const place = [...given].find((word): word is Place & Modifier => places.has(word)) ?? 'equals';
  if (place === 'equals' && typeof value !== 'string') return scalarMatcher(value);
  return textMatcher(String(value), { place, cased: given.has('cased') });
}

function existence({ field, values, at }: Asked): FieldTest {
  const [wanted] = values;
  if (values.length !== 1 || typeof wanted !== 'boolean') throw new RuleError(at, '"exists" takes true or false');
  return {
    kind: 'test',
    field,
    others: [],
    values: [],
    test: (value) => {
      if (value === hidden) return truth.unknown;
      const has = value !== undefined && value !== null && !(isList(value) && value.length === 0);
      return truthOf(has === wanted);
    },
  };
}

/** Names are compared as they are: two users whose names differ in case are two users. */
function references({ field, given, values, at }: Asked): FieldTest {
  const others = values.map((value) => {
    if (typeof value !== 'string') throw new RuleError(at, '"fieldref" takes names of fields');
    return fieldNamed(value, at);
  });
  const place = [...given].find((word) => places.has(word)) ?? 'equals';
  const compare = (a: Json, b: Json): boolean => {
    if (place === 'equals') return a === b;
    if (typeof a !== 'string' || typeof b !== 'string') return false;
    return place === 'contains' ? a.includes(b) : place === 'startswith' ? a.startsWith(b) : a.endsWith(b);
  };
  return {
    kind: 'test',
    field,
    others,
    values: [],
    test: (value, view) => {
      if (value === hidden) return truth.unknown;
      if (value === undefined) return truth.no;
      let result: 0 | 1 | 2 = truth.no;
      for (const other of others) {
        const wanted = other.read(view);
        if (wanted === hidden) result = truth.unknown;
        else if (wanted !== undefined && anyOf(wanted, (b) => anyOf(value, (a) => compare(a, b)))) return truth.yes;
      }
      return result;
    },
  };
}

/** What a `detection` may hold besides selections. */
export function selectionsOf(detection: JsonObject): readonly string[] {
  return Object.keys(detection).filter((key) => key !== 'condition' && key !== 'timeframe');
}
