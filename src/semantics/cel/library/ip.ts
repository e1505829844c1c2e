import { costSize, traversal, twoTraversals } from '../cost.ts';
import { fail } from '../error.ts';
import { type Library, overload } from '../function.ts';
import { Opaque, type Value } from '../value.ts';

type Family = 4 | 6;

/** An address of IPv4, or of IPv6 without a zone; IPv4 mapped into IPv6 is none. */
class IpAddress extends Opaque {
  readonly typeName = 'net.IP';
  readonly family: Family;
  readonly bits: bigint;

  constructor(family: Family, bits: bigint) {
    super();
    this.family = family;
    this.bits = bits;
  }

  equals(other: Value): boolean {
    return other instanceof IpAddress && other.family === this.family && other.bits === this.bits;
  }

  override get costSize(): number {
    return this.family === 4 ? 4 : 16;
  }

  /** In canonical form: RFC 5952 for IPv6. */
  override toString(): string {
    return this.family === 4 ? formatIpv4(this.bits) : formatIpv6(this.bits);
  }

  /** The first bits, the rest zero. */
  masked(length: number): IpAddress {
    const rest = BigInt((this.family === 4 ? 32 : 128) - length);
    return new IpAddress(this.family, (this.bits >> rest) << rest);
  }
}

class Cidr extends Opaque {
  readonly typeName = 'net.CIDR';
  readonly address: IpAddress;
  readonly length: number;

  constructor(address: IpAddress, length: number) {
    super();
    this.address = address;
    this.length = length;
  }

  equals(other: Value): boolean {
    return other instanceof Cidr && other.length === this.length && other.address.equals(this.address);
  }

  override get costSize(): number {
    return Math.ceil(this.length / 8);
  }

  override toString(): string {
    return `${this.address}/${this.length}`;
  }

  contains(address: IpAddress): boolean {
    if (address.family !== this.address.family) return false;
    return address.masked(this.length).bits === this.address.masked(this.length).bits;
  }
}

const octet = /^(?:0|[1-9][0-9]{0,2})$/;
const group = /^[0-9A-Fa-f]{1,4}$/;

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => octet.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = [groupsOf(halves[0] ?? '', halves.length === 1), groupsOf(halves[1] ?? '', true)];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
  return groups.reduce((bits, value) => (bits << 16n) | value, 0n);
}

/** The last 32 bits may be written as IPv4, at the end of the text. */
function groupsOf(text: string, isEnd: boolean): readonly bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (isEnd && index === parts.length - 1 && part.includes('.')) {
      const embedded = parseIpv4(part);
      if (embedded === undefined) return undefined;
      groups.push(embedded >> 16n, embedded & 0xffffn);
    } else if (group.test(part)) {
      groups.push(BigInt(`0x${part}`));
    } else {
      return undefined;
    }
  }
  return groups;
}

function formatIpv4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join('.');
}

function formatIpv6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => Number((bits >> BigInt(112 - 16 * index)) & 0xffffn));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const hex = (values: readonly number[]): string => values.map((value) => value.toString(16)).join(':');
  if (best.start === -1) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
}

/** Throws an EvaluationError for what Kubernetes does not take. Source: apiserver pkg/cel/library/ip.go (parseIPAddr). */
function parseIp(text: string): IpAddress {
  const bad = (why: string): never =>
    fail(`IP Address ${JSON.stringify(text)} parse error during conversion from string: ${why}`);
  if (text.length > 100) return bad('unable to parse IP');
  if (text.includes('%')) return bad('IP address with zone value is not allowed');
  if (!text.includes(':')) {
    const bits = parseIpv4(text);
    return bits === undefined ? bad('unable to parse IP') : new IpAddress(4, bits);
  }
  const bits = parseIpv6(text);
  if (bits === undefined) return bad('unable to parse IP');
  if (bits >> 32n === 0xffffn) return bad('IPv4-mapped IPv6 address is not allowed');
  return new IpAddress(6, bits);
}

/** Bits after the prefix may be set, as in Go's netip.ParsePrefix. */
function parseCidr(text: string): Cidr {
  const bad = (): never => fail(`network address parse error during conversion from string: ${JSON.stringify(text)}`);
  const slash = text.lastIndexOf('/');
  const length = text.slice(slash + 1);
  if (slash === -1 || !octet.test(length)) return bad();
  const address = parseIp(text.slice(0, slash));
  if (Number(length) > (address.family === 4 ? 32 : 128)) return bad();
  return new Cidr(address, Number(length));
}

function parses(parse: (text: string) => Value): (text: string) => boolean {
  return (text) => {
    try {
      parse(text);
      return true;
    } catch {
      return false;
    }
  };
}

function isIn(address: IpAddress, network: string): boolean {
  return parseCidr(network).contains(address);
}

function isLoopback(address: IpAddress): boolean {
  return isIn(address, '127.0.0.0/8') || isIn(address, '::1/128');
}

function isUnspecified(address: IpAddress): boolean {
  return address.bits === 0n;
}

function isLinkLocalUnicast(address: IpAddress): boolean {
  return isIn(address, '169.254.0.0/16') || isIn(address, 'fe80::/10');
}

/** Of IPv6, `ffx2` whatever the flags are. */
function isLinkLocalMulticast(address: IpAddress): boolean {
  if (address.family === 4) return isIn(address, '224.0.0.0/24');
  return address.bits >> 120n === 0xffn && ((address.bits >> 112n) & 0xfn) === 2n;
}

function isGlobalUnicast(address: IpAddress): boolean {
  if (isUnspecified(address) || isLoopback(address) || isLinkLocalUnicast(address)) return false;
  if (address.family === 4 && address.bits === 0xffffffffn) return false;
  return !isIn(address, '224.0.0.0/4') && !isIn(address, 'ff00::/8');
}

function containsIp(cidr: Cidr, address: IpAddress): boolean {
  return cidr.contains(address);
}

function containsCidr(cidr: Cidr, other: Cidr): boolean {
  return cidr.length <= other.length && cidr.contains(other.address);
}

const read = { cost: traversal };
const twoLengths = (cidr: Value): number => Math.ceil(costSize(cidr) * 2 * 0.1);
const inner = (cidr: Value): number => twoLengths(cidr) + traversal(cidr) + 1;

/** Kubernetes 1.30. Source: apiserver pkg/cel/library/ip.go. */
export const ips: Library = {
  name: 'IP',
  since: 30,
  overloads: [
    overload('ip(string): net.IP', { run: parseIp, ...read }),
    overload('isIP(string): bool', { run: parses(parseIp), ...read }),
    overload('ip.isCanonical(string): bool', {
      run: (text: string) => String(parseIp(text)) === text,
      cost: twoTraversals,
    }),
    overload('string(net.IP): string', { run: String }),
    overload('net.IP..family(): int', { run: ({ family }: IpAddress) => family }),
    overload('net.IP..isUnspecified(): bool', { run: isUnspecified }),
    overload('net.IP..isLoopback(): bool', { run: isLoopback }),
    overload('net.IP..isLinkLocalMulticast(): bool', { run: isLinkLocalMulticast }),
    overload('net.IP..isLinkLocalUnicast(): bool', { run: isLinkLocalUnicast }),
    overload('net.IP..isGlobalUnicast(): bool', { run: isGlobalUnicast }),
  ],
};

/** Kubernetes 1.30. Source: apiserver pkg/cel/library/cidr.go. */
export const cidrs: Library = {
  name: 'CIDR',
  since: 30,
  overloads: [
    overload('cidr(string): net.CIDR', { run: parseCidr, ...read }),
    overload('isCIDR(string): bool', { run: parses(parseCidr), ...read }),
    overload('string(net.CIDR): string', { run: String }),
    overload('net.CIDR..containsIP(net.IP): bool', { run: containsIp, cost: twoLengths }),
    overload('net.CIDR..containsIP(string): bool', {
      run: (cidr: Cidr, text: string) => containsIp(cidr, parseIp(text)),
      cost: (cidr, text) => twoLengths(cidr) + traversal(text),
    }),
    overload('net.CIDR..containsCIDR(net.CIDR): bool', { run: containsCidr, cost: inner }),
    overload('net.CIDR..containsCIDR(string): bool', {
      run: (cidr: Cidr, text: string) => containsCidr(cidr, parseCidr(text)),
      cost: (cidr, text) => inner(cidr) + traversal(text),
    }),
    overload('net.CIDR..ip(): net.IP', { run: ({ address }: Cidr) => address }),
    overload('net.CIDR..prefixLength(): int', { run: ({ length }: Cidr) => length }),
    overload('net.CIDR..masked(): net.CIDR', {
      run: ({ address, length }: Cidr) => new Cidr(address.masked(length), length),
    }),
  ],
};
