import { formatDouble } from '../double.ts';
import { compareText, entriesOf } from '../equality.ts';
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
import { Work } from '../work.ts';
import { formatDuration, formatTimestamp } from './time.ts';

const clause = /%(?:\.(\d{1,9}))?(.)/gsu;

/**
 * `"%s is %d".format([...])`. Verbs: `%s %d %f %e %b %x %X %o %%`, and a precision for `%f` and `%e`.
 * Source: cel-go ext/formatting.go, as the strings library has it up to version 3: numbers as English readers write
 * them, and what is in lists and maps as literals.
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
      return formatValue(value, new Work());
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

function asDouble(value: Value, name: string): number {
  if (value instanceof Double) return value.value;
  if (typeof value === 'string' && ['NaN', 'Infinity', '-Infinity'].includes(value)) return Number(value);
  return wrongType(`${name} clause can only be used on doubles`, value);
}

/** With commas between thousands. */
function fixed(value: Value, precision: number): string {
  const number = asDouble(value, 'fixed-point');
  if (!Number.isFinite(number)) return specialDouble(number);
  const [whole = '', fraction] = toFixed(number, precision).split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `1.052033 × 10⁰³`, with narrow spaces. */
function exponential(value: Value, precision: number): string {
  const number = asDouble(value, 'scientific');
  if (!Number.isFinite(number)) return specialDouble(number);
  if (precision > mostDigits) return fail(`precision of ${precision} digits is too much`);
  const [mantissa = '', power = ''] = number.toExponential(precision).split('e');
  const digits = power.replace(/^[+-]/, '').padStart(2, '0');
  const exponent = [...digits].map((digit) => superscripts[Number(digit)]).join('');
  return `${mantissa}\u202f\u00d7\u202f10${power.startsWith('-') ? '\u207b' : ''}${exponent}`;
}

const superscripts = '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079';

/** What JavaScript prints after a point. */
const mostDigits = 100;

/** As Go prints %f: exactly half rounds to even, where JavaScript's toFixed rounds up. */
function toFixed(number: number, precision: number): string {
  if (precision > mostDigits) return fail(`precision of ${precision} digits is too much`);
  if (Math.abs(number) >= 1e21) return `${BigInt(number)}${precision === 0 ? '' : `.${'0'.repeat(precision)}`}`;
  const [whole = '', digits = ''] = number.toFixed(mostDigits).split('.');
  const kept = digits.slice(0, precision);
  const isTie = /^50*$/.test(digits.slice(precision)) && Number(`${whole}${kept}`.at(-1)) % 2 === 0;
  if (!isTie) return number.toFixed(precision);
  return precision === 0 ? whole : `${whole}.${kept}`;
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

/** A value for people. */
function formatValue(value: Value, work: Work): string {
  work.step();
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Double) return formatDouble(value.value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof TypeValue) return value.name;
  if (isListValue(value)) return `[${value.map((item) => formatInside(adapt(item), work)).join(', ')}]`;
  if (value instanceof MapValue || isPlainMap(value)) {
    const entries = entriesOf(value).map(([key, item]) => [formatInside(key, work), formatInside(item, work)] as const);
    entries.sort(([left], [right]) => compareText(left, right));
    return `{${entries.map(([key, item]) => `${key}:${item}`).join(', ')}}`;
  }
  return fail(
    'error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  );
}

/** A value in a list or map, as an expression would write it. */
function formatInside(value: Value, work: Work): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint8Array) return `b${JSON.stringify(formatValue(value, work))}`;
  if (value instanceof Timestamp) return `timestamp("${formatTimestamp(value)}")`;
  if (value instanceof Duration) return `duration("${formatDuration(value)}")`;
  if (!(value instanceof Double)) return formatValue(value, work);
  return Number.isFinite(value.value) ? toFixed(value.value, 6) : `"${formatDouble(value.value)}"`;
}
