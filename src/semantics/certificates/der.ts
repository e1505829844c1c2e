/** An element of DER (X.690): a tag, and the range of its content. */
export interface Element {
  readonly tag: number;
  /** Of the tag. */
  readonly from: number;
  /** Of the content. */
  readonly start: number;
  readonly end: number;
}

/** What cannot be read as DER. */
export class DerError extends Error {}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The element at `offset`, which ends at or before `limit`. Definite lengths of up to four bytes, one-byte tags. */
export function elementAt(der: Buffer, offset: number, limit: number): Element {
  const tag = der[offset];
  const short = der[offset + 1];
  if (tag === undefined || short === undefined || offset + 2 > limit) throw new DerError('it ends too early');
  if ((tag & 0x1f) === 0x1f) throw new DerError('it has a tag that no certificate has');
  let start = offset + 2;
  let length = short;
  if (short >= 0x80) {
    const bytes = short & 0x7f;
    if (bytes === 0 || bytes > 4 || start + bytes > limit) throw new DerError('a length in it is not DER');
    length = der.readUIntBE(start, bytes);
    start += bytes;
  }
  if (start + length > limit) throw new DerError('a part of it is longer than the whole');
  return { tag, from: offset, start, end: start + length };
}

/** The elements that make up the content of another. */
export function childrenOf(der: Buffer, parent: Element): Element[] {
  const children: Element[] = [];
  let at = parent.start;
  while (at < parent.end) {
    const child = elementAt(der, at, parent.end);
    children.push(child);
    at = child.end;
  }
  return children;
}

/** The element as what it has to be. */
export function expectTag(element: Element | undefined, tag: number, what: string): Element {
  if (element === undefined) throw new DerError(`it has no ${what}`);
  if (element.tag !== tag) throw new DerError(`its ${what} has another type than a certificate's`);
  return element;
}

export function contentOf(der: Buffer, { start, end }: Element): Buffer {
  return der.subarray(start, end);
}

/** `1.2.840.113549.1.1.11`. */
export function oidOf(der: Buffer, element: Element): string {
  const parts: number[] = [];
  let value = 0;
  for (const byte of contentOf(der, element)) {
    // Six groups of seven bits stay exact; nothing that is in use comes near.
    if (value > 0x3ff_ffff_ffff) throw new DerError('an object identifier in it is out of range');
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (parts.length > 0) parts.push(value);
    else {
      const first = Math.min(2, Math.floor(value / 40));
      parts.push(first, value - first * 40);
    }
    value = 0;
  }
  return parts.join('.');
}

/** UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5) in milliseconds since the epoch. */
export function timeOf(der: Buffer, element: Element): number {
  const text = contentOf(der, element).toString('latin1');
  const long = element.tag === tags.generalizedTime;
  if (!long && element.tag !== tags.utcTime) throw new DerError('its validity has another type than a time');
  const match = (long ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(
    text,
  );
  if (match === null) throw new DerError('its validity holds a time that is none');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  // Of two digits, 50 and above are of the last century.
  const full = long ? year : year + (year >= 50 ? 1900 : 2000);
  const time = new Date(0);
  time.setUTCFullYear(full, month - 1, day);
  time.setUTCHours(hour, minute, second);
  if (time.getUTCMonth() !== month - 1 || time.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw new DerError('its validity holds a time that is none');
  }
  return time.getTime();
}

/** The string types of names; what is not valid text comes back with replacement characters. */
export function textOf(der: Buffer, element: Element): string {
  const content = contentOf(der, element);
  if (element.tag === 0x1e) {
    const units: string[] = [];
    for (let at = 0; at + 1 < content.length; at += 2) units.push(String.fromCharCode(content.readUInt16BE(at)));
    return units.join('');
  }
  return content.toString(element.tag === 0x0c ? 'utf8' : 'latin1');
}
