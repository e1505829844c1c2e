import { X509Certificate } from 'node:crypto';

/** What a certificate says in public. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** The first of them; `sanCount` has how many there are. */
  readonly sans: readonly string[];
  readonly sanCount: number;
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** `RSA 2048`, `EC prime256v1`, `ED25519`. */
  readonly key: string;
  /** Bits of an RSA key. */
  readonly rsaBits?: number;
  /** Signed with SHA-1 or MD5. */
  readonly weakSignature?: 'SHA-1' | 'MD5';
  readonly selfSigned: boolean;
  /** SHA-256, with colons. */
  readonly fingerprint: string;
}

const shownNames = 20;

/** Reads DER; undefined where it is no certificate. */
export function readCertificate(der: Uint8Array): CertificateFacts | undefined {
  try {
    const certificate = new X509Certificate(der);
    const names = (certificate.subjectAltName ?? '').split(', ').filter((name) => name !== '');
    const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = certificate.publicKey;
    const bits = details?.modulusLength;
    const weakSignature = weakSignatureOf(der);
    return {
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      sans: names.slice(0, shownNames).map((name) => name.slice(0, 300).replace(/^(?:DNS|IP Address|URI|email):/, '')),
      sanCount: names.length,
      notBefore: time(certificate.validFrom),
      notAfter: time(certificate.validTo),
      key: `${type.toUpperCase()} ${bits ?? details?.namedCurve ?? ''}`.trim(),
      ...(type.startsWith('rsa') && bits !== undefined && { rsaBits: bits }),
      ...(weakSignature !== undefined && { weakSignature }),
      selfSigned: certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey),
      fingerprint: certificate.fingerprint256,
    };
  } catch {
    return undefined;
  }
}

function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ').slice(0, 400);
}

/** OpenSSL's `Nov 21 11:48:07 2026 GMT`. */
function time(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

const weakAlgorithms: ReadonlyMap<string, 'SHA-1' | 'MD5'> = new Map([
  ['2a864886f70d010105', 'SHA-1'],
  ['2a8648ce3d0401', 'SHA-1'],
  ['2a8648ce380403', 'SHA-1'],
  ['2a864886f70d010104', 'MD5'],
]);

/** RFC 5280, 4.1: SEQUENCE { tbsCertificate, SEQUENCE { OBJECT IDENTIFIER … } … }. */
function weakSignatureOf(der: Uint8Array): 'SHA-1' | 'MD5' | undefined {
  const bytes = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
  const outer = element(bytes, 0);
  const signed = outer && element(bytes, outer.content);
  const algorithm = signed && element(bytes, signed.end);
  const identifier = algorithm && element(bytes, algorithm.content);
  return identifier && weakAlgorithms.get(bytes.toString('hex', identifier.content, identifier.end));
}

function element(bytes: Buffer, at: number): { readonly content: number; readonly end: number } | undefined {
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const content = at + 2 + lengthBytes;
  if (lengthBytes > 4 || content > bytes.length) return undefined;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
  return { content, end: content + length };
}
