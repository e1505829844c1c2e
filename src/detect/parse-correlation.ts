import { describeType, isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import type { Field } from './field.ts';
import { fieldNamed } from './parse-detection.ts';
import { RuleError } from './problem.ts';
import { type Correlation, type CorrelationType, correlationTypes } from './rule.ts';

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `30s`, `5m`, `1h`, `7d`, `2w` in milliseconds. */
export function parseTimespan(value: Json | undefined, at: Path): number {
  const match = typeof value === 'string' ? /^(\d{1,6})([smhdw])$/.exec(value) : null;
  const [, count = '', unit = ''] = match ?? [];
  const length = Number(count) * (units[unit] ?? 0);
  if (match === null || length === 0)
    throw new RuleError(at, 'a time span is a number with s, m, h, d or w, such as 5m');
  return length;
}

const keys: ReadonlySet<string> = new Set([
  'type',
  'rules',
  'group-by',
  'timespan',
  'condition',
  'generate',
  'field',
  'learning',
]);

/** The `correlation` of a Sigma rule. `first_seen` is Bulwark's own. Throws `RuleError`. */
export function parseCorrelation(raw: JsonObject, at: Path): Correlation {
  for (const key of Object.keys(raw)) {
    if (!keys.has(key)) throw new RuleError([...at, key], `"${key}" of a correlation is not supported`);
  }
  const type = typeOf(raw.type, [...at, 'type']);
  const rules = names(own(raw, 'rules'), [...at, 'rules']);
  if (rules.length === 0) throw new RuleError(at, 'the correlation names no rules');
  const groupBy = names(own(raw, 'group-by'), [...at, 'group-by']).map((name) => fieldNamed(name, [...at, 'group-by']));
  const plain = { type, rules, groupBy, threshold: 1, values: [] as readonly Field[], learning: 0 };
  if (type === 'first_seen') {
    const values = names(own(raw, 'field'), [...at, 'field']).map((name) => fieldNamed(name, [...at, 'field']));
    if (values.length === 0) throw new RuleError(at, 'first_seen needs "field": what has to be new');
    const learning = parseTimespan(own(raw, 'learning') ?? '7d', [...at, 'learning']);
    return { ...plain, values, learning, timespan: parseTimespan(own(raw, 'timespan') ?? '30d', [...at, 'timespan']) };
  }
  for (const key of ['field', 'learning']) {
    if (own(raw, key) !== undefined) throw new RuleError([...at, key], `"${key}" belongs to first_seen`);
  }
  const timespan = parseTimespan(own(raw, 'timespan'), [...at, 'timespan']);
  if (type === 'temporal' || type === 'temporal_ordered') {
    if (own(raw, 'condition') !== undefined)
      throw new RuleError(
        [...at, 'condition'],
        `a condition of ${type} is not supported: it fires when every rule did`,
      );
    return { ...plain, timespan, threshold: rules.length };
  }
  return { ...plain, timespan, ...countCondition(raw, { type, at: [...at, 'condition'] }) };
}

function typeOf(value: Json | undefined, at: Path): CorrelationType {
  const type = correlationTypes.find((name) => name === value);
  if (type === undefined) {
    throw new RuleError(
      at,
      `the correlation type ${JSON.stringify(value ?? null)} is not supported; there are ${correlationTypes.join(', ')}`,
    );
  }
  return type;
}

const maxThreshold = 10_000;

function countCondition(
  raw: JsonObject,
  { type, at }: { readonly type: CorrelationType; readonly at: Path },
): { readonly threshold: number; readonly values: readonly Field[] } {
  const condition = own(raw, 'condition');
  if (!isObject(condition))
    throw new RuleError(at, `a condition is a mapping such as {gte: 20}, found ${describeType(condition)}`);
  let threshold: number | undefined;
  const values: Field[] = [];
  for (const [key, value] of Object.entries(condition)) {
    if (key === 'field' && type === 'value_count') {
      for (const name of names(value, [...at, key])) values.push(fieldNamed(name, [...at, key]));
    } else if ((key === 'gte' || key === 'gt') && threshold === undefined) {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > maxThreshold) {
        throw new RuleError([...at, key], `"${key}" takes a whole number from 1 to ${maxThreshold}`);
      }
      threshold = key === 'gt' ? value + 1 : value;
    } else throw new RuleError([...at, key], `"${key}" in a correlation condition is not supported: gte and gt are`);
  }
  if (threshold === undefined) throw new RuleError(at, 'the condition needs gte or gt');
  if (type === 'value_count' && values.length === 0)
    throw new RuleError(at, 'value_count needs "field" in its condition');
  return { threshold, values };
}

function names(value: Json | undefined, at: Path): readonly string[] {
  if (value === undefined) return [];
  const list = isList(value) ? value : [value];
  return list.map((item) => {
    if (typeof item !== 'string') throw new RuleError(at, `a name is text, found ${describeType(item)}`);
    return item;
  });
}
