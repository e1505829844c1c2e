import { isDuration } from './flag-value.ts';

const secondsOf: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-9],
  ['us', 1e-6],
  ['µs', 1e-6],
  ['μs', 1e-6],
  ['ms', 1e-3],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
]);

/** Seconds of a Go duration (`1h30m`, `-5s`); undefined for what time.ParseDuration refuses. */
export function durationSeconds(text: string): number | undefined {
  if (!isDuration(text)) return undefined;
  let seconds = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)([a-z\u00b5\u03bc]+)/g)) {
    seconds += Number(number) * (secondsOf.get(unit ?? '') ?? 0);
  }
  return text.startsWith('-') ? -seconds : seconds;
}
