import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import type { Certificate } from '../../model/certificate.ts';
import { canonicalHost, parseAddress } from './address.ts';
import { derOf, signatureOf } from './parse.ts';

export interface Verifiable {
  readonly certificate: Certificate;
  readonly pem: string;
}

/** Longer chains exist on paper only. */
const maxDepth = 8;
/** Of issuers and answers that are remembered. */
const maxKnown = 10_000;

/**
 * Verifies signatures, and remembers what it found: the nodes of a cluster share their authorities, and reading a
 * public key takes longer than using it.
 */
export class ChainVerifier {
  private readonly keys = new Map<string, KeyObject | undefined>();
  private readonly answers = new Map<string, boolean>();

  /**
   * Whether a certificate chains up to one of `roots`, by names, keys and signatures, with `between` as what the server
   * sends along. As in Go, what is trusted is trusted whether or not it is self-signed; an issuer has to say CA:TRUE,
   * unless it is of version 1 (crypto/x509 CheckSignatureFrom). Validity in time is another question. Nothing throws.
   */
  chainsTo(leaf: Verifiable, roots: readonly Verifiable[], between: readonly Verifiable[] = []): boolean {
    return this.climb(leaf, { roots, between, depth: 0 });
  }

  private climb(at: Verifiable, { roots, between, depth }: Climb): boolean {
    if (roots.some(({ certificate }) => certificate.fingerprint === at.certificate.fingerprint)) return true;
    if (depth >= maxDepth) return false;
    if (roots.some((root) => this.issued(at, root))) return true;
    const issuer = between.find(
      (each) => each.certificate.fingerprint !== at.certificate.fingerprint && this.issued(at, each),
    );
    return issuer !== undefined && this.climb(issuer, { roots, between, depth: depth + 1 });
  }

  /** Whether `issuer` signed `subject`. */
  private issued(subject: Verifiable, issuer: Verifiable): boolean {
    const { certificate: child } = subject;
    const { certificate: parent } = issuer;
    if (child.issuer.raw !== parent.subject.raw) return false;
    if (parent.authority !== true && (parent.version === 3 || parent.authority === false)) return false;
    if (parent.usages !== undefined && !parent.usages.includes('keyCertSign')) return false;
    const pair = `${child.fingerprint} ${parent.key.fingerprint}`;
    const known = this.answers.get(pair);
    if (known !== undefined) return known;
    const answer = this.isSigned(subject, issuer);
    if (this.answers.size >= maxKnown) this.answers.clear();
    this.answers.set(pair, answer);
    return answer;
  }

  private isSigned(subject: Verifiable, issuer: Verifiable): boolean {
    try {
      const key = this.keyOf(issuer);
      return key !== undefined && isSignedBy(subject, key);
    } catch {
      return false;
    }
  }

  private keyOf({ certificate, pem }: Verifiable): KeyObject | undefined {
    const { fingerprint } = certificate.key;
    if (this.keys.has(fingerprint)) return this.keys.get(fingerprint);
    if (this.keys.size >= maxKnown) this.keys.clear();
    let key: KeyObject | undefined;
    try {
      key = new X509Certificate(pem).publicKey;
    } catch {
      // An algorithm that this build of OpenSSL does not know.
    }
    this.keys.set(fingerprint, key);
    return key;
  }
}

/** The usual algorithms by hand: node:crypto takes ten times as long to read a certificate as to verify it. */
function isSignedBy({ certificate, pem }: Verifiable, key: KeyObject): boolean {
  const { name, hash } = certificate.signature;
  const isUsual = /^(?:sha\d+WithRSAEncryption|ecdsa-with-SHA\d+|ed25519)$/.test(name);
  if (!isUsual) return new X509Certificate(pem).verify(key);
  const { signed, signature } = signatureOf(derOf(pem));
  return verify(hash ?? null, signed, key, signature);
}

interface Climb {
  readonly roots: readonly Verifiable[];
  readonly between: readonly Verifiable[];
  readonly depth: number;
}

export function isSelfSigned({ subject, issuer }: Certificate): boolean {
  return subject.raw === issuer.raw;
}

/**
 * Whether a server that is called `host` may answer with this certificate, as Go's VerifyHostname decides: alternative
 * names only (the common name has not counted since Go 1.15, which Kubernetes has used since v1.19), a wildcard for the
 * whole first label, addresses by value.
 */
export function namesHost({ names }: Certificate, host: string): boolean {
  const wanted = canonicalHost(host);
  if (parseAddress(wanted) !== undefined) return names.ip.includes(wanted);
  return names.dns.some((name) => {
    const pattern = name.toLowerCase().replace(/\.$/, '');
    if (pattern === wanted) return true;
    const rest = wanted.indexOf('.');
    return pattern.startsWith('*.') && rest > 0 && pattern.slice(1) === wanted.slice(rest);
  });
}
