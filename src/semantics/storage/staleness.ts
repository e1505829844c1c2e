import { longestCronGap } from './cron.ts';

/**
 * Why something that runs by a schedule has not run lately: its last run is older than two of its longest waits.
 * Undefined where it has, or where one of the times cannot be read.
 */
export function staleSince(
  last: string,
  { schedule, takenAt }: { readonly schedule: string; readonly takenAt: string },
): string | undefined {
  const gap = longestCronGap(schedule);
  const hours = hoursBetween(last, takenAt);
  if (gap === undefined || hours === undefined || hours <= 2 * gap) return undefined;
  return `it ran last at ${last}, and should every ${describeHours(gap)}`;
}

/** Hours from one RFC 3339 time to another; undefined where either is none. */
export function hoursBetween(from: string, to: string): number | undefined {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  return Number.isNaN(start) || Number.isNaN(end) ? undefined : (end - start) / 3_600_000;
}

function describeHours(hours: number): string {
  if (hours >= 48) return `${Math.round(hours / 24)} days`;
  return hours >= 1 ? `${Math.round(hours)} h` : `${Math.max(1, Math.round(hours * 60))} min`;
}
