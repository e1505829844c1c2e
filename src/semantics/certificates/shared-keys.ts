import type { CertificateUse } from '../../model/certificate.ts';
import type { Entry } from './inventory.ts';

type Trust = NonNullable<CertificateUse['trust']>;

/** Notes with each authority for what else its key vouches: one key is one authority, whatever its certificates say. */
export function findSharedKeys(entries: readonly Entry[]): void {
  const trusts = new Map<string, Set<Trust>>();
  for (const { certificate, uses } of entries) {
    for (const { trust } of uses) {
      if (certificate === undefined || trust === undefined) continue;
      const known = trusts.get(certificate.key.fingerprint);
      if (known === undefined) trusts.set(certificate.key.fingerprint, new Set([trust]));
      else known.add(trust);
    }
  }
  for (const { certificate, uses, sameKeyAs } of entries) {
    const shared = trusts.get(certificate?.key.fingerprint ?? '');
    if (shared === undefined || shared.size < 2) continue;
    const own = new Set(uses.map(({ trust }) => trust));
    sameKeyAs.push(...[...shared].filter((trust) => !own.has(trust)));
  }
}
