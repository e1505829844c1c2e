import { RE2JS, type RE2JSException } from 're2js';
import { fail } from './error.ts';

/** UTF-16 units: RE2 compiles a long pattern slowly, and one with many repetitions into much. */
const longestPattern = 10_000;

export type Pattern = RE2JS;

/** The pattern, or what RE2 has against it. */
function compilePattern(source: string): Pattern | string {
  if (source.length > longestPattern) return `pattern of ${source.length} characters is too long`;
  try {
    return RE2JS.compile(source);
  } catch (error) {
    // re2js throws its own exceptions, and nothing else, for a pattern that RE2 refuses.
    return (error as RE2JSException).message;
  }
}

/** RE2's syntax. Throws an EvaluationError for anything else. */
export function readPattern(source: string): Pattern {
  const made = compilePattern(source);
  return typeof made === 'string' ? fail(`error parsing regexp: ${made}`) : made;
}

/** Whether a part of the text matches, in time linear in the text: RE2's syntax, without backtracking. */
export function matches(text: string, pattern: Pattern): boolean {
  return pattern.matcher(text).find();
}

/** The first part that matches; empty where none does. */
export function find(text: string, pattern: Pattern): string {
  const matcher = pattern.matcher(text);
  return matcher.find() ? (matcher.group() ?? '') : '';
}

/** The parts that match, from the left, at most `limit` of them; all where it is negative. */
export function findAll(text: string, pattern: Pattern, limit: number): readonly string[] {
  const matcher = pattern.matcher(text);
  const found: string[] = [];
  const most = limit < 0 ? Number.POSITIVE_INFINITY : limit;
  let last = -1;
  while (found.length < most && matcher.find()) {
    // Go leaves out what is empty and follows a match at once.
    if (matcher.start() === matcher.end() && matcher.start() === last) continue;
    found.push(matcher.group() ?? '');
    last = matcher.end();
  }
  return found;
}
