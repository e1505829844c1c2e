const date = /^(\d{4})-(\d\d)-(\d\d)$/;
const time = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * The first moment at which something that expires then no longer holds: a date (RFC 3339) holds through the whole of
 * its day in UTC. Undefined: the text is neither a date nor a time.
 */
export function expiryOf(text: string): Date | undefined {
  const day = date.exec(text);
  if (day !== null) {
    const [year, month, dayOfMonth] = [Number(day[1]), Number(day[2]), Number(day[3])];
    const start = new Date(Date.UTC(year, month - 1, dayOfMonth));
    // A day that the month does not have would run over into the next.
    if (start.getUTCMonth() !== month - 1 || start.getUTCDate() !== dayOfMonth) return undefined;
    return new Date(start.getTime() + 24 * 60 * 60 * 1000);
  }
  if (!time.test(text) || expiryOf(text.slice(0, 10)) === undefined) return undefined;
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

/** Whether it holds no longer. What never expires holds; where either time cannot be read, it does not. */
export function isExpired(expires: string | undefined, now: Date): boolean {
  if (expires === undefined) return false;
  const end = expiryOf(expires);
  return end === undefined || !(now.getTime() < end.getTime());
}
