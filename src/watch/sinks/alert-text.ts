import type { Alert } from '../../model/alert.ts';
import { counted } from '../../report/names.ts';

/** Who did it and from where: `alice as system:admin from 10.0.0.7 (kubectl/v1.33)`. */
export function whoText({ actor }: Alert): string {
  const name = actor.user === '' ? 'not authenticated' : actor.user;
  const as = actor.impersonated === '' ? '' : ` as ${actor.impersonated}`;
  const from = actor.source === '' ? '' : ` from ${actor.source}`;
  const agent = actor.userAgent.split(' ', 1)[0] ?? '';
  return `${name}${as}${from}${agent === '' ? '' : ` (${agent})`}`;
}

/** `2026-11-20 20:07:47 to 20:07:51 UTC, 12 events`. */
export function whenText({ first, last, count }: Alert): string {
  const begin = clock(first);
  const end = clock(last);
  const events = counted(count, 'event');
  if (begin === end) return `${begin} UTC, ${events}`;
  const sameDay = begin.slice(0, 10) === end.slice(0, 10);
  return `${begin} to ${sameDay ? end.slice(11) : end} UTC, ${events}`;
}

/** RFC 3339 without fraction and zone. */
export function clock(time: string): string {
  return time.slice(0, 19).replace('T', ' ');
}
