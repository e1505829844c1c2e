import { createHash } from 'node:crypto';
import type { Certificate, PublicKeyInfo, SignatureAlgorithm } from '../../model/certificate.ts';
import { childrenOf, contentOf, DerError, type Element, elementAt, expectTag, oidOf, tags, timeOf } from './der.ts';
import { readExtensions } from './extensions.ts';
import { readName } from './names.ts';

export type ParsedCertificate = { readonly certificate: Certificate } | { readonly problem: string };

/**
 * What the certificate of one PEM block says (RFC 5280 section 4.1). Reads the DER itself: node:crypto does not tell
 * algorithms, path lengths and usages, and takes ten times as long. Anything at all gives an answer; nothing throws.
 */
export function parseCertificate(pem: string): ParsedCertificate {
  const body = bodyOf(pem);
  return /^[A-Za-z0-9+/]+={0,2}$/.test(body) ? parseDer(derOf(pem)) : { problem: 'it is not base64' };
}

/** The DER of a PEM block. */
export function derOf(pem: string): Buffer {
  return Buffer.from(bodyOf(pem), 'base64');
}

function bodyOf(pem: string): string {
  return pem.replace(/-----[^-\n]*-----/g, '').replace(/\s+/g, '');
}

/** What an issuer signed of a certificate, and the signature. Throws `DerError` for what is none. */
export function signatureOf(der: Buffer): { readonly signed: Buffer; readonly signature: Buffer } {
  const [body, , signature] = childrenOf(der, elementAt(der, 0, der.length));
  const bits = contentOf(der, expectTag(signature, tags.bitString, 'signature'));
  const { from, end } = expectTag(body, tags.sequence, 'content');
  // The first byte of a bit string counts unused bits.
  if (bits[0] !== 0) throw new DerError('its signature does not end at a byte');
  return { signed: der.subarray(from, end), signature: bits.subarray(1) };
}

/** As `parseCertificate`, of the DER. */
export function parseDer(der: Buffer): ParsedCertificate {
  try {
    return { certificate: read(der) };
  } catch (error) {
    if (error instanceof DerError) return { problem: error.message };
    throw error;
  }
}

function read(der: Buffer): Certificate {
  const outer = expectTag(elementAt(der, 0, der.length), tags.sequence, 'outer sequence');
  if (outer.end !== der.length) throw new DerError('something stands behind it');
  const [body, algorithm, signature] = childrenOf(der, outer);
  expectTag(signature, tags.bitString, 'signature');
  const parts = childrenOf(der, expectTag(body, tags.sequence, 'content'));
  const explicit = parts[0]?.tag === 0xa0 ? parts.shift() : undefined;
  const version = explicit === undefined ? 1 : (der[explicit.end - 1] ?? 0) + 1;
  const [serial, inner, issuer, validity, subject, key, ...rest] = parts;
  if (inner === undefined || algorithm === undefined || !isSame(der, inner, algorithm)) {
    throw new DerError('its two signature algorithms differ');
  }
  const [notBefore, notAfter] = childrenOf(der, expectTag(validity, tags.sequence, 'validity'));
  if (notBefore === undefined || notAfter === undefined) throw new DerError('its validity has no end');
  const extensions = rest.find(({ tag }) => tag === 0xa3);
  return {
    fingerprint: sha256(der),
    version,
    subject: readName(der, expectTag(subject, tags.sequence, 'subject')),
    issuer: readName(der, expectTag(issuer, tags.sequence, 'issuer')),
    serial: contentOf(der, expectTag(serial, tags.integer, 'serial number'))
      .toString('hex')
      .replace(/^(?:00)+(?=.)/, ''),
    notBefore: timeOf(der, notBefore),
    notAfter: timeOf(der, notAfter),
    key: readKey(der, expectTag(key, tags.sequence, 'public key')),
    signature: readAlgorithm(der, expectTag(algorithm, tags.sequence, 'signature algorithm')),
    ...readExtensions(der, extensions),
  };
}

function isSame(der: Buffer, a: Element, b: Element): boolean {
  return der.subarray(a.from, a.end).equals(der.subarray(b.from, b.end));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const curves: ReadonlyMap<string, readonly [name: string, bits: number]> = new Map([
  ['1.2.840.10045.3.1.1', ['P-192', 192]],
  ['1.3.132.0.33', ['P-224', 224]],
  ['1.2.840.10045.3.1.7', ['P-256', 256]],
  ['1.3.132.0.34', ['P-384', 384]],
  ['1.3.132.0.35', ['P-521', 521]],
  ['1.3.132.0.10', ['secp256k1', 256]],
]);

function readKey(der: Buffer, info: Element): PublicKeyInfo {
  const fingerprint = sha256(der.subarray(info.from, info.end));
  const [algorithm, bits] = childrenOf(der, info);
  const [id, parameters] = childrenOf(der, expectTag(algorithm, tags.sequence, 'key algorithm'));
  const name = oidOf(der, expectTag(id, tags.oid, 'key algorithm'));
  const value = expectTag(bits, tags.bitString, 'public key');
  switch (name) {
    case '1.2.840.113549.1.1.1':
    case '1.2.840.113549.1.1.10': {
      const key = elementAt(der, value.start + 1, value.end);
      const [modulus] = childrenOf(der, expectTag(key, tags.sequence, 'RSA key'));
      return { type: 'rsa', bits: bitLength(contentOf(der, expectTag(modulus, tags.integer, 'modulus'))), fingerprint };
    }
    case '1.2.840.10045.2.1': {
      if (parameters?.tag !== tags.oid) return { type: 'ec', bits: 0, fingerprint };
      const curve = oidOf(der, parameters);
      const [known = curve, size = 0] = curves.get(curve) ?? [];
      return { type: 'ec', bits: size, curve: known, fingerprint };
    }
    case '1.3.101.112':
      return { type: 'ed25519', bits: 256, fingerprint };
    case '1.3.101.113':
      return { type: 'ed448', bits: 456, fingerprint };
    case '1.2.840.10040.4.1':
      return { type: 'dsa', bits: 0, fingerprint };
    default:
      return { type: 'other', bits: 0, fingerprint };
  }
}

function bitLength(bytes: Buffer): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24;
}

const signatures: ReadonlyMap<string, SignatureAlgorithm> = new Map<string, SignatureAlgorithm>([
  ['1.2.840.113549.1.1.2', { name: 'md2WithRSAEncryption', hash: 'md2' }],
  ['1.2.840.113549.1.1.3', { name: 'md4WithRSAEncryption', hash: 'md4' }],
  ['1.2.840.113549.1.1.4', { name: 'md5WithRSAEncryption', hash: 'md5' }],
  ['1.2.840.113549.1.1.5', { name: 'sha1WithRSAEncryption', hash: 'sha1' }],
  ['1.3.14.3.2.29', { name: 'sha1WithRSA', hash: 'sha1' }],
  ['1.2.840.113549.1.1.14', { name: 'sha224WithRSAEncryption', hash: 'sha224' }],
  ['1.2.840.113549.1.1.11', { name: 'sha256WithRSAEncryption', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { name: 'sha384WithRSAEncryption', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { name: 'sha512WithRSAEncryption', hash: 'sha512' }],
  ['1.2.840.10045.4.1', { name: 'ecdsa-with-SHA1', hash: 'sha1' }],
  ['1.2.840.10045.4.3.1', { name: 'ecdsa-with-SHA224', hash: 'sha224' }],
  ['1.2.840.10045.4.3.2', { name: 'ecdsa-with-SHA256', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { name: 'ecdsa-with-SHA384', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { name: 'ecdsa-with-SHA512', hash: 'sha512' }],
  ['1.2.840.10040.4.3', { name: 'dsa-with-SHA1', hash: 'sha1' }],
  ['1.3.101.112', { name: 'ed25519' }],
  ['1.3.101.113', { name: 'ed448' }],
]);

const pss = '1.2.840.113549.1.1.10';
const hashes: ReadonlyMap<string, NonNullable<SignatureAlgorithm['hash']>> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

function readAlgorithm(der: Buffer, algorithm: Element): SignatureAlgorithm {
  const [id, parameters] = childrenOf(der, algorithm);
  const oid = oidOf(der, expectTag(id, tags.oid, 'signature algorithm'));
  if (oid !== pss) return signatures.get(oid) ?? { name: oid };
  const hash = parameters?.tag === tags.sequence ? pssHash(der, parameters) : 'sha1';
  return { name: 'rsassaPss', ...(hash !== undefined && { hash }) };
}

/** The hash of RSASSA-PSS stands in its parameters, and is SHA-1 where they say nothing (RFC 4055). */
function pssHash(der: Buffer, parameters: Element): SignatureAlgorithm['hash'] {
  const named = childrenOf(der, parameters).find(({ tag }) => tag === 0xa0);
  if (named === undefined) return 'sha1';
  const [algorithm] = childrenOf(der, named);
  const [id] = algorithm === undefined ? [] : childrenOf(der, algorithm);
  return id?.tag === tags.oid ? hashes.get(oidOf(der, id)) : undefined;
}
