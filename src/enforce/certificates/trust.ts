import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

const pemBlock = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,100000}-----END CERTIFICATE-----/g;

/** The certificates of a bundle; what is none is left out. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  const certificates: X509Certificate[] = [];
  for (const [block] of pem.matchAll(pemBlock)) {
    try {
      certificates.push(new X509Certificate(block));
    } catch {
      // The API server refuses bundles with such a block; what remains is judged.
    }
  }
  return certificates;
}

export interface Served {
  /** The leaf, and what stands between it and its authority. */
  readonly chain: string;
  /** What the API server asks for: the name of the service, or the host of the URL. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Why an API server with this `caBundle` would refuse what is served; undefined where it would not. */
export function whyUntrusted(bundle: string, { chain, name, now }: Served): string | undefined {
  const [leaf, ...between] = certificatesIn(chain);
  if (leaf === undefined) return 'there is no certificate to serve';
  const period = outsideOf(leaf, now);
  if (period !== undefined) return `the certificate that is served ${period}`;
  const isFor = isIP(name) === 0 ? leaf.checkHost(name, { subject: 'never' }) : leaf.checkIP(name);
  if (isFor === undefined) return `the certificate that is served is not for ${name}`;
  const roots = certificatesIn(bundle);
  if (roots.length === 0) return 'the caBundle is empty';
  let reason: string | undefined;
  let at = leaf;
  // A chain longer than this is none that anybody meant.
  for (let step = 0; step < 8; step += 1) {
    const root = roots.find((candidate) => at.fingerprint256 === candidate.fingerprint256 || signs(candidate, at));
    if (root !== undefined) {
      reason = outsideOf(root, now);
      if (reason === undefined) return undefined;
      const other = roots.find((candidate) => signs(candidate, at) && outsideOf(candidate, now) === undefined);
      return other === undefined ? `the authority in the caBundle ${reason}` : undefined;
    }
    const next = between.find((candidate) => signs(candidate, at));
    if (next === undefined) break;
    at = next;
  }
  return 'the caBundle does not hold the authority of the certificate that is served';
}

function signs(issuer: X509Certificate, subject: X509Certificate): boolean {
  return issuer.ca && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function outsideOf({ validFrom, validTo }: X509Certificate, now: number): string | undefined {
  if (now < Date.parse(validFrom)) return `is not valid before ${new Date(validFrom).toISOString()}`;
  return now > Date.parse(validTo) ? `expired at ${new Date(validTo).toISOString()}` : undefined;
}
