const block = /-----BEGIN ([A-Z0-9 ]{1,64})-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;

/**
 * The certificates of a PEM text, one a string, newlines normalised. Only what decodes to the shape of an X.509
 * certificate (RFC 5280 section 4.1) counts: a private key under a CERTIFICATE label is not one, and is left out.
 */
export function certificatesIn(text: string): readonly string[] {
  const certificates: string[] = [];
  for (const [, label, body] of text.matchAll(block)) {
    if (label !== 'CERTIFICATE' && label !== 'TRUSTED CERTIFICATE' && label !== 'X509 CERTIFICATE') continue;
    const base64 = (body ?? '').replace(/\s+/g, '');
    const der = Buffer.from(base64, 'base64');
    if (!isCertificate(der)) continue;
    const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
    certificates.push(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
  }
  return certificates;
}

const sequence = 0x30;
const bitString = 0x03;
const integer = 0x02;
const version = 0xa0;

/** `SEQUENCE { SEQUENCE { version or serial … }, SEQUENCE, BIT STRING }`, and nothing after it. */
function isCertificate(der: Buffer): boolean {
  const outer = element(der, 0);
  if (outer?.tag !== sequence || outer.end !== der.length) return false;
  const body = element(der, outer.start);
  if (body?.tag !== sequence || body.end > outer.end) return false;
  const first = element(der, body.start)?.tag;
  if (first !== version && first !== integer) return false;
  const algorithm = element(der, body.end);
  if (algorithm?.tag !== sequence || algorithm.end > outer.end) return false;
  const signature = element(der, algorithm.end);
  return signature?.tag === bitString && signature.end === outer.end;
}

interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** The DER element at `offset`: definite lengths of up to four bytes. */
function element(der: Buffer, offset: number): Element | undefined {
  const tag = der[offset];
  const short = der[offset + 1];
  if (tag === undefined || short === undefined) return undefined;
  if (short < 0x80) return { tag, start: offset + 2, end: offset + 2 + short };
  const bytes = short & 0x7f;
  if (bytes === 0 || bytes > 4 || offset + 2 + bytes > der.length) return undefined;
  const start = offset + 2 + bytes;
  return { tag, start, end: start + der.readUIntBE(offset + 2, bytes) };
}
