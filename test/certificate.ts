import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';

/** A certificate with the key that it was made for. */
export interface MadeCertificate {
  readonly pem: string;
  readonly key: KeyObject;
}

export interface CertificateOptions {
  /** `O=system:masters/CN=admin`: organizations and a common name. */
  readonly subject: string;
  /** Who signs it; itself where absent. */
  readonly issuer?: MadeCertificate;
  /** Generated where absent: P-256. */
  readonly key?: KeyObject;
  /** `YYYYMMDDHHMMSSZ`, or `YYMMDDHHMMSSZ` for a UTCTime. */
  readonly from?: string;
  readonly to?: string;
  readonly authority?: boolean;
  readonly pathLength?: number;
  /** Bits by their number: 0 is digitalSignature, 2 keyEncipherment, 5 keyCertSign. */
  readonly usages?: readonly number[];
  readonly extendedUsages?: readonly ('serverAuth' | 'clientAuth')[];
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly hash?: 'md5' | 'sha1' | 'sha256';
}

const oids = {
  CN: [0x55, 4, 3],
  O: [0x55, 4, 10],
  serverAuth: [0x2b, 6, 1, 5, 5, 7, 3, 1],
  clientAuth: [0x2b, 6, 1, 5, 5, 7, 3, 2],
} as const;

const rsa = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
const ecdsa = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4];
const algorithms = {
  rsa: { md5: [...rsa, 4], sha1: [...rsa, 5], sha256: [...rsa, 11] },
  ec: { md5: [...rsa, 4], sha1: [...ecdsa, 1], sha256: [...ecdsa, 3, 2] },
};

/** Writes a certificate by hand, for what no tool makes: odd dates, missing extensions, old hashes. */
export function makeCertificate(options: CertificateOptions): MadeCertificate {
  const key = options.key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const signer = options.issuer ?? { key, pem: undefined };
  const hash = options.hash ?? 'sha256';
  const oid = algorithms[signer.key.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec'][hash];
  const algorithm = sequence(element(6, oid));
  const name = nameOf(options.subject);
  const issuer = signer.pem === undefined ? name : subjectOf(signer.pem);
  const extensions = extensionsOf(options);
  const body = sequence(
    element(0xa0, element(2, [2])),
    element(2, [0x40, ...randomBytes(7)]),
    algorithm,
    issuer,
    sequence(time(options.from ?? '20261101000000Z'), time(options.to ?? '20271101000000Z')),
    name,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [element(0xa3, sequence(...extensions))]),
  );
  const signature = sign(hash, body, signer.key);
  const der = sequence(body, algorithm, element(3, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return { pem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key };
}

function extensionsOf(options: CertificateOptions): Buffer[] {
  const { authority, pathLength, usages, extendedUsages, dns = [], ip = [] } = options;
  const list: Buffer[] = [];
  const add = (last: number, value: Buffer): void => {
    list.push(sequence(element(6, [0x55, 0x1d, last]), element(4, value)));
  };
  if (authority !== undefined) {
    const length = pathLength === undefined ? [] : [element(2, [pathLength])];
    add(19, sequence(...(authority ? [element(1, [0xff])] : []), ...length));
  }
  if (usages !== undefined) {
    const bits = usages.reduce((sum, bit) => sum | (0x80 >> bit), 0);
    add(15, element(3, [0, bits]));
  }
  if (extendedUsages !== undefined) add(37, sequence(...extendedUsages.map((usage) => element(6, oids[usage]))));
  if (dns.length + ip.length > 0) {
    const names = dns.map((text) => element(0x82, Buffer.from(text)));
    add(17, sequence(...names, ...ip.map((text) => element(0x87, text.split('.').map(Number)))));
  }
  return list;
}

function nameOf(text: string): Buffer {
  const parts = text.split('/').map((part) => {
    const [attribute = '', value = ''] = part.split(/=(.*)/s);
    const oid = attribute === 'O' ? oids.O : oids.CN;
    return element(0x31, sequence(element(6, oid), element(12, Buffer.from(value))));
  });
  return sequence(...parts);
}

function subjectOf(pem: string): Buffer {
  // The sixth field of the body, behind version, serial number, algorithm, issuer and validity.
  const { raw } = new X509Certificate(pem);
  const body = content(raw, 0);
  let at = body.start;
  for (let skipped = 0; skipped < 5; skipped += 1) at = content(raw, at).end;
  return raw.subarray(at, content(raw, at).end);
}

function content(der: Buffer, at: number): { start: number; end: number } {
  const short = der[at + 1] ?? 0;
  const outer = short < 0x80 ? 0 : short & 0x7f;
  const length = outer === 0 ? short : der.readUIntBE(at + 2, outer);
  const start = at + 2 + outer;
  return at === 0 ? content(der, start) : { start, end: start + length };
}

function time(text: string): Buffer {
  return element(text.length === 13 ? 0x17 : 0x18, Buffer.from(text));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function element(tag: number, value: Buffer | readonly number[]): Buffer {
  const bytes = Buffer.from(value);
  const { length } = bytes;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), bytes]);
}
