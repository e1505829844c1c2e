/** Versions of TLS as they stand on the wire. */
export const tlsVersions = { '1.0': 0x0301, '1.1': 0x0302, '1.2': 0x0303, '1.3': 0x0304 } as const;

export type TlsVersion = keyof typeof tlsVersions;

export interface HelloOptions {
  /** The only version that is offered. */
  readonly version: TlsVersion;
  readonly suites: readonly number[];
  /** A DNS name, sent as server name; never an address (RFC 6066, 3). */
  readonly serverName?: string | undefined;
  /** 64 bytes: the client's random and session id. */
  readonly random: Uint8Array;
}

const groups = [0x001d, 0x0017, 0x0018, 0x0019];
const signatures = [
  ...[0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201],
];

/**
 * A ClientHello (RFC 8446, 4.1.2) that offers one version and some suites: what a server takes does not depend on what
 * the TLS library of this machine still speaks. For TLS 1.3 it brings no key share, which the server answers with its
 * version and suite and the wish for a share; the handshake is never finished.
 */
export function clientHello({ version, suites, serverName, random }: HelloOptions): Buffer {
  const wire = tlsVersions[version];
  const extensions = [
    ...(serverName === undefined ? [] : [extension(0x0000, sized(2, [Buffer.of(0), sized(2, [ascii(serverName)])]))]),
    extension(0x000a, sized(2, groups.map(uint16))),
    extension(0x000b, sized(1, [Buffer.of(0)])),
    extension(0x000d, sized(2, signatures.map(uint16))),
    extension(0x0017, Buffer.alloc(0)),
    extension(0xff01, sized(1, [])),
    ...(version === '1.3' ? [extension(0x002b, sized(1, [uint16(wire)])), extension(0x0033, sized(2, []))] : []),
  ];
  const body = Buffer.concat([
    uint16(Math.min(wire, tlsVersions['1.2'])),
    random.subarray(0, 32),
    sized(1, [random.subarray(32, 64)]),
    sized(2, suites.map(uint16)),
    sized(1, [Buffer.of(0)]),
    sized(2, extensions),
  ]);
  const handshake = Buffer.concat([Buffer.of(1), sized(3, [body])]);
  return Buffer.concat([Buffer.of(0x16, 0x03, 0x01), sized(2, [handshake])]);
}

function extension(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([uint16(type), sized(2, [content])]);
}

function sized(bytes: number, parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const length = Buffer.alloc(bytes);
  length.writeUIntBE(content.length, 0, bytes);
  return Buffer.concat([length, content]);
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}

function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
