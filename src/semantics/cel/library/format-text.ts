import { formatDouble } from '../double.ts';
import { entriesOf } from '../equality.ts';
import { fail } from '../error.ts';
import { checkTextLength } from '../text.ts';
import {
  adapt,
  Double,
  Duration,
  isListValue,
  isPlainMap,
  MapValue,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from '../value.ts';
import { formatDuration, formatTimestamp } from './time.ts';

const clause = /%(?:\.(\d{1,9}))?(.)/gsu;

/**
 * `"%s is %d".format([...])`. Verbs: `%s %d %f %e %b %x %X %o %%`, and a precision for `%f` and `%e`.
 * Source: cel-go ext/formatting.go.
 */
export function formatText(template: string, values: readonly Value[]): string {
  let next = 0;
  let text = '';
  let from = 0;
  for (const match of template.matchAll(clause)) {
    text += template.slice(from, match.index);
    from = match.index + match[0].length;
    const verb = match[2] ?? '';
    if (verb === '%' && match[1] === undefined) {
      text += '%';
      continue;
    }
    const value = values[next];
    if (value === undefined) return fail(`index ${next} out of range`);
    next += 1;
    text += formatClause(verb, adapt(value), match[1] === undefined ? undefined : Number(match[1]));
    checkTextLength(text.length);
  }
  const rest = template.slice(from);
  if (rest.includes('%')) return fail(`could not parse formatting clause: unrecognized formatting clause`);
  return text + rest;
}

function formatClause(verb: string, value: Value, precision: number | undefined): string {
  switch (verb) {
    case 's':
      return formatValue(value);
    case 'd':
      return decimal(value);
    case 'f':
      return fixed(value, precision ?? 6);
    case 'e':
      return exponential(value, precision ?? 6);
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      return inBase(value, 2, 'binary clause can only be used on integers and bools');
    case 'o':
      return inBase(value, 8, 'octal clause can only be used on integers');
    case 'x':
      return hexadecimal(value);
    case 'X':
      return hexadecimal(value).toUpperCase();
    default:
      return fail(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

function wrongType(clauseName: string, value: Value): never {
  return fail(`error during formatting: ${clauseName}, was given ${value === null ? 'null_type' : typeof value}`);
}

function decimal(value: Value): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Double && !Number.isFinite(value.value)) return specialDouble(value.value);
  return wrongType('decimal clause can only be used on integers', value);
}

function specialDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

function asNumber(value: Value, name: string): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (value instanceof Double) return value.value;
  if (typeof value === 'string' && ['NaN', 'Infinity', '-Infinity'].includes(value)) return Number(value);
  return wrongType(`${name} clause can only be used on doubles`, value);
}

function fixed(value: Value, precision: number): string {
  const number = asNumber(value, 'fixed-point');
  if (!Number.isFinite(number)) return specialDouble(number);
  if (precision > 100) return fail(`precision of ${precision} digits is too much`);
  if (Math.abs(number) < 1e21) return number.toFixed(precision);
  return `${BigInt(number)}${precision === 0 ? '' : `.${'0'.repeat(precision)}`}`;
}

function exponential(value: Value, precision: number): string {
  const number = asNumber(value, 'scientific');
  if (!Number.isFinite(number)) return specialDouble(number);
  if (precision > 100) return fail(`precision of ${precision} digits is too much`);
  return number.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2');
}

function inBase(value: Value, base: number, message: string): string {
  if (typeof value === 'number' || typeof value === 'bigint') return value.toString(base);
  if (value instanceof Uint) return value.value.toString(base);
  return wrongType(message, value);
}

function hexadecimal(value: Value): string {
  if (typeof value === 'string') return hex(new TextEncoder().encode(value));
  if (value instanceof Uint8Array) return hex(value);
  return inBase(value, 16, 'only integers, byte buffers, and strings can be formatted as hex');
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A value for people: texts without quotes, maps sorted by key. */
function formatValue(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Double) {
    return Number.isFinite(value.value) ? formatDouble(value.value) : specialDouble(value.value);
  }
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof TypeValue) return value.name;
  if (isListValue(value)) return `[${value.map((item) => formatValue(adapt(item))).join(', ')}]`;
  if (value instanceof MapValue || isPlainMap(value)) {
    const entries = entriesOf(value).map(([key, item]) => [formatValue(key), formatValue(item)] as const);
    entries.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    return `{${entries.map(([key, item]) => `${key}: ${item}`).join(', ')}}`;
  }
  return fail(
    'error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  );
}
