import type { Severity } from '../../model/severity.ts';
import { compareVersions, parseVersion } from '../../model/version.ts';
import type { CiliumFeature } from './cilium-features.ts';
import type { EncryptionMethod } from './plugin-encryption.ts';

/** A version of a plugin that leaves traffic in plain text although encryption is on. */
export interface EncryptionFlaw {
  readonly id: string;
  readonly plugin: string;
  readonly methods: readonly EncryptionMethod[];
  readonly says: string;
  readonly severity: Severity;
  /** Without it, the flaw does no harm. */
  readonly needs?: CiliumFeature;
  readonly ranges: readonly { readonly introduced: string; readonly fixed: string }[];
}

/** Sources: golang/vulndb GO-2024-2568, -2569, -2656, -2657, -2666 and GO-2025-3635, retrieved 2026-11-20. */
const flaws: readonly EncryptionFlaw[] = [
  {
    id: 'CVE-2024-25630',
    plugin: 'Cilium',
    methods: ['WireGuard'],
    says: 'traffic of Ingress and health checks stays in plain text',
    severity: 'medium',
    ranges: [{ introduced: '1.14.0', fixed: '1.14.7' }],
  },
  {
    id: 'CVE-2024-25631',
    plugin: 'Cilium',
    methods: ['WireGuard'],
    says: 'traffic between pods stays in plain text where an external key-value store is used',
    needs: 'external-kvstore',
    severity: 'medium',
    ranges: [{ introduced: '1.14.0', fixed: '1.14.7' }],
  },
  {
    id: 'CVE-2024-28249',
    plugin: 'Cilium',
    methods: ['IPsec'],
    says: 'traffic that a layer 7 policy sends through the proxy stays in plain text',
    needs: 'l7-proxy',
    severity: 'medium',
    ranges: [
      { introduced: '0', fixed: '1.13.13' },
      { introduced: '1.14.0', fixed: '1.14.8' },
      { introduced: '1.15.0', fixed: '1.15.2' },
    ],
  },
  {
    id: 'CVE-2024-28250',
    plugin: 'Cilium',
    methods: ['WireGuard'],
    says: 'traffic that a layer 7 policy sends through the proxy stays in plain text',
    needs: 'l7-proxy',
    severity: 'medium',
    ranges: [
      { introduced: '1.14.0', fixed: '1.14.8' },
      { introduced: '1.15.0', fixed: '1.15.2' },
    ],
  },
  {
    id: 'CVE-2024-28860',
    plugin: 'Cilium',
    methods: ['IPsec'],
    says: 'nodes use one key with one nonce, so that what was recorded can be decrypted',
    severity: 'high',
    ranges: [
      { introduced: '0', fixed: '1.13.14' },
      { introduced: '1.14.0', fixed: '1.14.9' },
      { introduced: '1.15.0', fixed: '1.15.3' },
    ],
  },
  {
    id: 'CVE-2025-32793',
    plugin: 'Cilium',
    methods: ['WireGuard'],
    says: 'packets of pods that are ending stay in plain text',
    severity: 'medium',
    ranges: [
      { introduced: '1.13.0', fixed: '1.15.16' },
      { introduced: '1.16.0', fixed: '1.16.9' },
      { introduced: '1.17.0', fixed: '1.17.3' },
    ],
  },
];

/**
 * What the encryption of a plugin's version leaves in plain text. `unknown` where the version does not tell its patch
 * and some patches of it are flawed: a mere `v1.15` may be any.
 */
export function encryptionFlaws(
  plugin: string,
  method: EncryptionMethod,
  version: string | undefined,
): readonly EncryptionFlaw[] | 'unknown' {
  const rows = flaws.filter((flaw) => flaw.plugin === plugin && flaw.methods.includes(method));
  if (rows.length === 0) return [];
  const given = version === undefined ? undefined : parseVersion(version);
  if (given === undefined || given.numbers.length < 3) {
    const newest = rows.flatMap(({ ranges }) => ranges.map(({ fixed }) => fixed));
    // A line that is newer than every fix has none of them.
    const isPast = given !== undefined && newest.every((fixed) => isNewerLine(given.numbers, fixed));
    return isPast ? [] : 'unknown';
  }
  return rows.filter(({ ranges }) =>
    ranges.some(({ introduced, fixed }) => {
      const [from, to] = [parseVersion(introduced), parseVersion(fixed)];
      return (
        from !== undefined && to !== undefined && compareVersions(given, from) >= 0 && compareVersions(given, to) < 0
      );
    }),
  );
}

function isNewerLine([major = 0, minor]: readonly number[], fixed: string): boolean {
  const [fixedMajor = 0, fixedMinor = 0] = parseVersion(fixed)?.numbers ?? [];
  if (minor === undefined) return false;
  return major > fixedMajor || (major === fixedMajor && minor > fixedMinor);
}

/** Flaws of which the versions that have them are not known: told where the method is on, and never matched. */
export function unmatchedFlaw(plugin: string): string | undefined {
  return plugin === 'Antrea'
    ? 'CVE-2026-34992 leaves traffic of some set-ups in plain text, and its data does not tell the versions: compare with the advisory GHSA-qcmw-8mm4-4p28'
    : undefined;
}
