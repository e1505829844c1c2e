/** An event's time as RFC 3339 in UTC with microseconds, as the API server writes it. */
export function eventTime(ms: number): string {
  const micros = Math.round(ms * 1000);
  const whole = Math.floor(micros / 1000);
  if (!Number.isFinite(whole) || Math.abs(whole) > 8.64e15) return '';
  return new Date(whole).toISOString().replace('Z', `${String(micros - whole * 1000).padStart(3, '0')}Z`);
}

/** `11-20 20:06:05`, in UTC. */
export function shortEventTime(ms: number): string {
  return eventTime(ms).slice(5, 19).replace('T', ' ');
}
