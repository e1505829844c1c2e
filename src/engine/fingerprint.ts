import crypto from 'node:crypto';
import type { Finding } from './finding.ts';

/** 128 bits of SHA-256 over the finding's identity, as hex. Baselines and exceptions refer to findings by it. */
export function fingerprint(finding: Finding): string {
  return sha256(finding.identity).slice(0, 32);
}

/** The fingerprint of the finding that this one is a variant of, if it is one. */
export function variantFingerprint({ variantOf }: Finding): string | undefined {
  return variantOf === undefined ? undefined : sha256(variantOf).slice(0, 32);
}

/** In one call where Node has it, from 20.12 on: a report of a large cluster has a million. */
const sha256: (text: string) => string =
  crypto.hash === undefined
    ? (text) => crypto.createHash('sha256').update(text).digest('hex')
    : (text) => crypto.hash('sha256', text, 'hex');
