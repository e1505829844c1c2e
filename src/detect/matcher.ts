import { RE2JS } from 're2js';
import { isList, type Json } from '../model/json.ts';
import { network } from './addresses.ts';

/** Tests one value of a field; of a list each element is handed in. */
export type Matcher = (value: Json) => boolean;

/** Modifiers of Sigma that stand between a field and its values, and what they do. */
export const modifiers = [
  ...['contains', 'startswith', 'endswith', 're', 'i', 'm', 's', 'cidr', 'all', 'exists', 'gt', 'gte', 'lt', 'lte'],
  ...['cased', 'fieldref', 'neq'],
] as const;

/** A value that does not suit its modifier. */
export class MatcherError extends Error {}

export type Place = 'contains' | 'startswith' | 'endswith' | 'equals';

export interface TextOptions {
  readonly place: Place;
  readonly cased: boolean;
}

/** Plain text of a rule with `*` and `?` as wildcards, which a backslash takes for what they are. */
export function textMatcher(pattern: string, { place, cased }: TextOptions): Matcher {
  const tokens = tokenize(cased ? pattern : pattern.toLowerCase());
  const literal = literalOf(tokens, place);
  const fold = cased ? (text: string): string => text : (text: string): string => text.toLowerCase();
  if (literal !== undefined) {
    const { text, place: where } = literal;
    if (where === 'equals' && !cased)
      return onText((value) => value.length === text.length && (value === text || value.toLowerCase() === text));
    const test = tests[where];
    return onText((value) => test(fold(value), text));
  }
  const parts: Token[] = place === 'contains' || place === 'endswith' ? [many, ...tokens] : [...tokens];
  if (place === 'contains' || place === 'startswith') parts.push(many);
  return onText((value) => glob(parts, fold(value)));
}

const tests: Readonly<Record<Place, (value: string, text: string) => boolean>> = {
  equals: (value, text) => value === text,
  contains: (value, text) => value.includes(text),
  startswith: (value, text) => value.startsWith(text),
  endswith: (value, text) => value.endsWith(text),
};

/** One of many plain texts, in one look-up. */
export function oneOf(texts: readonly string[]): Matcher {
  const known = new Set(texts.map((text) => text.toLowerCase()));
  return onText((value) => known.has(value) || known.has(value.toLowerCase()));
}

/** Whether a text has no wildcard and no backslash: what it says is what it matches. */
export function isPlain(pattern: string): boolean {
  return !/[*?\\]/.test(pattern);
}

function onText(test: (value: string) => boolean): Matcher {
  return (value) => {
    if (typeof value === 'string') return test(value);
    return typeof value === 'number' || typeof value === 'boolean' ? test(String(value)) : false;
  };
}

const many = Symbol('*');
const one = Symbol('?');
type Token = string | typeof many | typeof one;

/** Letters and wildcards. */
function tokenize(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const letter = pattern[at] ?? '';
    const next = pattern[at + 1] ?? '';
    if (letter === '\\' && (next === '*' || next === '?' || next === '\\')) {
      tokens.push(next);
      at += 1;
    } else tokens.push(letter === '*' ? many : letter === '?' ? one : letter);
  }
  return tokens;
}

/** What can be tested without a search: no wildcard, or `*` at the ends only. */
function literalOf(tokens: readonly Token[], place: Place): { text: string; place: Place } | undefined {
  const open = tokens[0] === many && place !== 'startswith';
  const close = tokens.length > 1 && tokens.at(-1) === many && place !== 'endswith';
  const inner = tokens.slice(open ? 1 : 0, close ? -1 : undefined);
  if (!inner.every((token): token is string => typeof token === 'string')) return undefined;
  const text = inner.join('');
  const starts = (place === 'equals' || place === 'startswith') && !open;
  const ends = (place === 'equals' || place === 'endswith') && !close;
  if (starts) return { text, place: ends ? 'equals' : 'startswith' };
  return { text, place: ends ? 'endswith' : 'contains' };
}

/** Linear for each `*`: only the last one is ever tried again. */
function glob(tokens: readonly Token[], text: string): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let mark = 0;
  while (at < text.length) {
    const here = tokens[token];
    if (here === many) {
      star = token;
      mark = at;
      token += 1;
    } else if (here === one || (here !== undefined && here === text[at])) {
      token += 1;
      at += 1;
    } else if (star !== -1) {
      token = star + 1;
      mark += 1;
      at = mark;
    } else return false;
  }
  while (tokens[token] === many) token += 1;
  return token === tokens.length;
}

/** Most characters of a value that a pattern is tried on. */
const maxSearched = 64 * 1024;

/** A regular expression that takes linear time whatever it is given; anywhere in the value, as in Sigma. */
export function patternMatcher(pattern: string, flags: ReadonlySet<'i' | 'm' | 's'>): Matcher {
  let bits = 0;
  if (flags.has('i')) bits |= RE2JS.CASE_INSENSITIVE;
  if (flags.has('m')) bits |= RE2JS.MULTILINE;
  if (flags.has('s')) bits |= RE2JS.DOTALL;
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern, bits);
  } catch (error) {
    throw new MatcherError(`the regular expression cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
  const known = new Map<string, boolean>();
  return onText((value) => {
    const text = value.length > maxSearched ? value.slice(0, maxSearched) : value;
    if (text.length > 256) return compiled.matcher(text).find();
    let answer = known.get(text);
    if (answer === undefined) {
      answer = compiled.matcher(text).find();
      if (known.size >= 2000) known.clear();
      known.set(text, answer);
    }
    return answer;
  });
}

export function networkMatcher(text: string): Matcher {
  const matches = network(text);
  if (matches === undefined) throw new MatcherError(`"${text}" is no network, such as 10.0.0.0/8`);
  return (value) => typeof value === 'string' && matches(value);
}

export function comparison(how: 'gt' | 'gte' | 'lt' | 'lte', bound: number): Matcher {
  return (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || Number.isNaN(number)) return false;
    if (how === 'gt') return number > bound;
    if (how === 'gte') return number >= bound;
    return how === 'lt' ? number < bound : number <= bound;
  };
}

/** A number, true or false: also where it was written as text. */
export function scalarMatcher(wanted: number | boolean): Matcher {
  const text = String(wanted);
  return (value) => value === wanted || (typeof value === 'string' && value.toLowerCase() === text);
}

/** Whether any element of a list, or the value itself, passes. Lists within lists are none of the API's. */
export function anyOf(value: Json, matches: Matcher): boolean {
  if (!isList(value)) return matches(value);
  for (const item of value) {
    if (isList(item) ? item.some((inner) => !isList(inner) && matches(inner)) : matches(item)) return true;
  }
  return false;
}
