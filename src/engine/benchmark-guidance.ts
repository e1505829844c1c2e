import attack from '../../data/benchmarks/attack.json' with { type: 'json' };
import nsa from '../../data/benchmarks/nsa.json' with { type: 'json' };
import owasp2022 from '../../data/benchmarks/owasp-2022.json' with { type: 'json' };
import owasp2025 from '../../data/benchmarks/owasp-2025.json' with { type: 'json' };
import podSecurity from '../../data/benchmarks/pod-security-standards.json' with { type: 'json' };
import {
  latestVersion,
  newestPolicyMinor,
  type PodSecurityPolicy,
  parsePodSecurityLevel,
  parsePolicyVersion,
  policyChecks,
} from '../semantics/pod-security/index.ts';
import type { BenchmarkCheck, BenchmarkEdition } from './benchmark-editions.ts';

/** A benchmark whose rows are for every version of Kubernetes and every distribution. */
export interface Guidance {
  readonly id: string;
  readonly title: string;
  readonly editions: readonly GuidanceEdition[];
  readonly rows: readonly GuidanceRow[];
}

export interface GuidanceEdition {
  readonly id: string;
  readonly title: string;
  /** Of the Pod Security Standards. */
  readonly level?: string;
}

export interface GuidanceRow {
  readonly id: string;
  readonly title: string;
  readonly section?: string;
  readonly controls: readonly string[];
  readonly reason?: string;
  /** The editions that ask it, by name; absent: all of them. */
  readonly editions?: readonly string[];
}

/** Editions in the order of their age; of the Pod Security Standards, of their strictness. */
export const guidances: readonly Guidance[] = [podSecurity, nsa, owasp2022, owasp2025, attack];

export const guidanceEditions: readonly BenchmarkEdition[] = guidances.flatMap(({ id: benchmark, editions, rows }) =>
  editions.map(({ id, title, level }) => ({
    id,
    title,
    benchmark,
    ...(level !== undefined && { podSecurity: policyOf(level) }),
    rows: rows.filter(({ editions: asking }) => asking === undefined || asking.includes(id)).map(checkOf),
  })),
);

/**
 * `pss-restricted-v1.30`: that policy version, with the checks that it has. One newer than any that is known is judged
 * as the newest, as an API server does. Undefined for any other name.
 */
export function podSecurityEdition(name: string): BenchmarkEdition | undefined {
  const [, id, label = ''] = /^(pss-[a-z]+)-(v[0-9.]+)$/.exec(name) ?? [];
  const version = parsePolicyVersion(label);
  const edition: GuidanceEdition | undefined = podSecurity.editions.find((each) => each.id === id);
  if (edition?.level === undefined || version === undefined) return undefined;
  const policy: PodSecurityPolicy = { ...policyOf(edition.level), version };
  const asked = new Set(policyChecks(policy));
  const isNewer = version.minor !== 'latest' && version.minor > newestPolicyMinor;
  return {
    id: name,
    title: `${edition.title}, ${label}${isNewer ? `, judged as v1.${newestPolicyMinor}` : ''}`,
    benchmark: podSecurity.id,
    podSecurity: policy,
    rows: podSecurity.rows.filter((row) => asked.has(row.id)).map(checkOf),
  };
}

/** By its newest version. The data names levels as the policy does; a test holds it to that. */
function policyOf(level: string): PodSecurityPolicy {
  return { level: parsePodSecurityLevel(level) ?? 'restricted', version: latestVersion };
}

function checkOf({ editions: _editions, ...row }: GuidanceRow): BenchmarkCheck {
  return { ...row, automated: row.controls.length > 0 && row.reason === undefined };
}
