import { defaultTimeout, longestTimeout } from './limits.ts';

const units: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** A duration as Go writes it, `1m30s` or `2.5s`, in milliseconds; undefined for what is none. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(?:\d{1,12}(?:\.\d{1,12})?(?:ns|us|µs|ms|s|m|h)){1,6}$/.test(text)) return undefined;
  let total = 0;
  for (const [, number = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * (units.get(unit) ?? 0);
  }
  return total;
}

/**
 * How long the API server waits for the answer to a call, in milliseconds: `?timeout=10s` of its URL. What is missing
 * or nonsense is the API server's own default.
 */
export function timeoutOf(search: URLSearchParams): number {
  const text = search.get('timeout');
  const asked = text === null ? undefined : parseGoDuration(text);
  return asked === undefined || asked <= 0 ? defaultTimeout : Math.min(asked, longestTimeout);
}

/** How much of a timeout is used: the rest is for the way there and back. */
export function usableTime(timeout: number): number {
  return Math.max(timeout * 0.5, timeout - Math.max(timeout * 0.1, 250));
}
