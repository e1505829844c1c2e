import { formatAddress, parseAddress } from '../certificates/address.ts';

/** Addresses of both families on one axis: IPv4 from 0, IPv6 from 2^40. Intervals include both ends. */
export type Interval = readonly [from: bigint, to: bigint];

/** Sorted and disjoint. */
export type AddressSet = readonly Interval[];

const sixFrom = 1n << 40n;

export interface Cidr {
  readonly family: 4 | 6;
  readonly prefix: number;
  readonly interval: Interval;
  /** Whether the address has bits beyond its prefix, which count for nothing: 10.0.0.5/24. */
  readonly hostBits: boolean;
}

/** A CIDR as it should be written: 10.0.0.0/24. */
export function formatCidr({ interval: [from], prefix }: Cidr): string {
  return `${formatPlace(from)}/${prefix}`;
}

/** The place of an address on the axis; undefined for text that is none. */
export function addressOf(text: string): bigint | undefined {
  const four = numberOfFour(text);
  if (four !== undefined) return BigInt(four);
  const bytes = parseAddress(text);
  return bytes === undefined ? undefined : placeOf(bytes);
}

/** An IPv4 address as a number, found without patterns and bytes: there are as many of them as pods. */
function numberOfFour(text: string): number | undefined {
  let [value, part, digits, dots] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57 && digits < 3) {
      part = part * 10 + code - 48;
      digits += 1;
    } else if (code === 46 && digits > 0 && part < 256) {
      value = value * 256 + part;
      [part, digits] = [0, 0];
      dots += 1;
    } else return undefined;
  }
  return dots === 3 && digits > 0 && part < 256 ? value * 256 + part : undefined;
}

function placeOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return bytes.length === 4 ? value : sixFrom + value;
}

/** `10.0.0.0/8`; undefined for text that is none, as for the API server. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = '', digits = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const bytes = parseAddress(address);
  if (bytes === undefined) return undefined;
  const bits = bytes.length * 8;
  const prefix = Number(digits);
  if (digits === '' || prefix > bits) return undefined;
  const size = 1n << BigInt(bits - prefix);
  const place = placeOf(bytes);
  const base = bytes.length === 4 ? 0n : sixFrom;
  const from = ((place - base) / size) * size + base;
  return {
    family: bytes.length === 4 ? 4 : 6,
    prefix,
    interval: [from, from + size - 1n],
    hostBits: from !== place,
  };
}

function formatPlace(place: bigint): string {
  const isSix = place >= sixFrom;
  let value = isSix ? place - sixFrom : place;
  const bytes = new Uint8Array(isSix ? 16 : 4);
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    bytes[at] = Number(value & 0xffn);
    value >>= 8n;
  }
  return formatAddress(bytes);
}

/** Sorts intervals and joins those that meet. */
export function addressSet(intervals: readonly Interval[]): AddressSet {
  const sorted = [...intervals].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const joined: [bigint, bigint][] = [];
  for (const [from, to] of sorted) {
    if (from > to) continue;
    const last = joined.at(-1);
    if (last === undefined || from > last[1] + 1n) joined.push([from, to]);
    else if (to > last[1]) last[1] = to;
  }
  return joined;
}

/** The set of some CIDRs; text that is none adds nothing. */
export function cidrSet(...texts: readonly string[]): AddressSet {
  return addressSet(
    texts.flatMap((text) => {
      const cidr = parseCidr(text);
      return cidr === undefined ? [] : [cidr.interval];
    }),
  );
}

export function subtract(set: AddressSet, taken: AddressSet): AddressSet {
  const rest: Interval[] = [];
  let at = 0;
  for (const [start, end] of set) {
    let from = start;
    while (at < taken.length && (taken[at]?.[1] ?? 0n) < from) at += 1;
    for (let next = at; next < taken.length; next += 1) {
      const [low, high] = taken[next] ?? [0n, 0n];
      if (low > end) break;
      if (low > from) rest.push([from, low - 1n]);
      from = high + 1n;
    }
    if (from <= end) rest.push([from, end]);
  }
  return rest;
}

function intersection(a: AddressSet, b: AddressSet): AddressSet {
  return subtract(a, subtract(a, b));
}

export function hasAddress(set: AddressSet, place: bigint): boolean {
  let [low, high] = [0, set.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = set[middle] ?? [0n, 0n];
    if (place < from) high = middle - 1;
    else if (place > to) low = middle + 1;
    else return true;
  }
  return false;
}

export function coversSet(set: AddressSet, other: AddressSet): boolean {
  return subtract(other, set).length === 0;
}

/** How much of `whole` a set covers, from 0 to 1. */
export function shareCovered(whole: AddressSet, set: AddressSet): number {
  const size = sizeOf(whole);
  return size === 0n ? 1 : Number(sizeOf(intersection(whole, set))) / Number(size);
}

function sizeOf(set: AddressSet): bigint {
  return set.reduce((sum, [from, to]) => sum + to - from + 1n, 0n);
}

export function meetsSet(a: AddressSet, b: AddressSet): boolean {
  return intersection(a, b).length > 0;
}

export function ofFamily(set: AddressSet, family: 4 | 6): AddressSet {
  return set.filter(([from]) => from >= sixFrom === (family === 6));
}

/** The fewest CIDRs that make up a set, in order. */
export function formatSet(set: AddressSet): readonly string[] {
  return set.flatMap((interval) => [...cidrsOf(interval)]);
}

function* cidrsOf([first, last]: Interval): Generator<string> {
  const bits = first >= sixFrom ? 128 : 32;
  const base = first >= sixFrom ? sixFrom : 0n;
  let from = first;
  while (from <= last) {
    let free = 0;
    while (free < bits && ((from - base) & (1n << BigInt(free))) === 0n && from + (1n << BigInt(free + 1)) - 1n <= last)
      free += 1;
    yield `${formatPlace(from)}/${bits - free}`;
    from += 1n << BigInt(free);
  }
}

export const everyAddress: AddressSet = cidrSet('0.0.0.0/0', '::/0');

/** Addresses that no router of the internet forwards to: RFC 1918, 6598, 3927, 4193, 4291, 6890. */
export const privateAddresses: AddressSet = cidrSet(
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ...['fc00::/7'],
);

const special = cidrSet(
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '198.18.0.0/15', '224.0.0.0/3'],
  ...['::/127', 'fe80::/10', 'ff00::/8'],
);

/** Where the clouds tell an instance about itself, its credentials included. */
export const metadataAddresses: AddressSet = cidrSet('169.254.169.254/32', 'fd00:ec2::254/128');

/** What "the internet" is: every address that is routed there. */
export const internetAddresses: AddressSet = subtract(subtract(everyAddress, privateAddresses), special);
