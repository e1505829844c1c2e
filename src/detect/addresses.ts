/** An IP address as a number: IPv4 within IPv6 (`::ffff:1.2.3.4` is 1.2.3.4). Undefined for anything else. */
function parseAddress(text: string): { readonly bits: 32 | 128; readonly value: bigint } | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text);
    return value === undefined ? undefined : { bits: 32, value: BigInt(value) };
  }
  const zone = text.indexOf('%');
  const value = parseV6(zone === -1 ? text : text.slice(0, zone));
  if (value === undefined) return undefined;
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffffffffn } : { bits: 128, value };
}

function parseV4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let value = 0;
  for (const part of match.slice(1)) {
    if (Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

function parseV6(text: string): bigint | undefined {
  let head = text;
  let tail: readonly string[] = [];
  const last = text.slice(text.lastIndexOf(':') + 1);
  if (last.includes('.')) {
    const v4 = parseV4(last);
    if (v4 === undefined) return undefined;
    head = `${text.slice(0, -last.length)}${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`;
  }
  const gap = head.indexOf('::');
  if (gap !== -1) {
    if (head.includes('::', gap + 1)) return undefined;
    tail = head.slice(gap + 2) === '' ? [] : head.slice(gap + 2).split(':');
    head = head.slice(0, gap);
  }
  const first = head === '' ? [] : head.split(':');
  const missing = 8 - first.length - tail.length;
  if (gap === -1 ? missing !== 0 : missing < 1) return undefined;
  let value = 0n;
  for (const part of [...first, ...Array.from({ length: missing }, () => '0'), ...tail]) {
    if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined;
    value = value * 65536n + BigInt(Number.parseInt(part, 16));
  }
  return value;
}

/** Whether an address lies in a network; undefined where the text is no network (`10.0.0.0/8`, `::1`). */
export function network(text: string): ((address: string) => boolean) | undefined {
  const slash = text.indexOf('/');
  const base = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (base === undefined) return undefined;
  const length = slash === -1 ? String(base.bits) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > base.bits) return undefined;
  const shift = BigInt(base.bits - Number(length));
  const prefix = base.value >> shift;
  return (address) => {
    const parsed = parseAddress(address);
    return parsed !== undefined && parsed.bits === base.bits && parsed.value >> shift === prefix;
  };
}

/** IANA special-purpose address registries: what is routed nowhere on the Internet. */
const special = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4', '::/127', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
].map((text) => network(text));

/** Whether an address is one of the Internet. */
export function isPublic(address: string): boolean {
  return parseAddress(address) !== undefined && !special.some((matches) => matches?.(address));
}
