import { createHash } from 'node:crypto';
import type { Finding } from './finding.ts';

/** 128 bits of SHA-256 over the finding's identity, as hex. Baselines and exceptions refer to findings by it. */
export function fingerprint(finding: Finding): string {
  return createHash('sha256').update(finding.identity).digest('hex').slice(0, 32);
}
