import type { Pod } from '../../model/pod.ts';
import { newestPolicyMinor } from './allowed.ts';
import type { CheckPod, Edition, Offence, PodSecurityCheck } from './check.ts';
import { podSecurityChecks } from './checks.ts';
import type { PodSecurityLevel, PodSecurityPolicy, PolicyVersion } from './policy.ts';

/** A check that a pod fails. */
export interface PodSecurityResult extends Offence {
  /** Upstream's id of the check. */
  readonly check: string;
}

export interface EvaluateOptions {
  /**
   * Minor of the API server that decides: 31 is v1.31. It says what `latest` is, how new a policy version can be, and
   * how what no policy version governs is judged. Without it, the newest server that is known here.
   */
  readonly serverMinor?: number;
}

/** The first server with Pod Security admission, and the first in which restricted checks override baseline ones. */
const firstServer = 22;
const overridesSince = 24;

/**
 * The checks of `policy` that `pod` fails, in the API server's order; none where it admits the pod.
 * A server older than 1.22 has no Pod Security admission and is taken for one of 1.22.
 * Source: pod-security-admission, policy/registry.go.
 */
export function evaluatePod(
  pod: Pod,
  policy: PodSecurityPolicy,
  options: EvaluateOptions = {},
): readonly PodSecurityResult[] {
  const edition = editionFor(policy.version, options.serverMinor);
  const results: PodSecurityResult[] = [];
  for (const { id, check } of checksAt(policy.level, edition)) {
    const offence = check(pod, edition);
    if (offence !== undefined) results.push({ check: id, ...offence });
  }
  return results;
}

/** Ids of the checks that `policy` is made of, in the API server's order. */
export function policyChecks({ level, version }: PodSecurityPolicy, options: EvaluateOptions = {}): readonly string[] {
  return checksAt(level, editionFor(version, options.serverMinor)).map(({ id }) => id);
}

function editionFor({ minor }: PolicyVersion, serverMinor = newestPolicyMinor): Edition {
  const server = Math.max(serverMinor, firstServer);
  const newest = Math.min(server, newestPolicyMinor);
  return { policy: minor === 'latest' ? newest : Math.min(minor, newest), server };
}

interface ApplicableCheck {
  readonly id: string;
  readonly check: CheckPod;
}

function checksAt(level: PodSecurityLevel, { policy, server }: Edition): readonly ApplicableCheck[] {
  if (level === 'privileged') return [];
  const applicable: ApplicableCheck[] = [];
  // An overriding check replaces the other even for pods that it exempts: restricted asks less of Windows pods.
  const overridden = new Set<string>();
  for (const candidate of podSecurityChecks) {
    if (level === 'baseline' && candidate.level !== 'baseline') continue;
    const check = versionAt(candidate, policy);
    if (check === undefined) continue;
    applicable.push({ id: candidate.id, check });
    if (server >= overridesSince) for (const id of candidate.overrides) overridden.add(id);
  }
  return applicable.filter(({ id }) => !overridden.has(id));
}

function versionAt({ versions }: PodSecurityCheck, policy: number): CheckPod | undefined {
  return versions.findLast(({ since }) => since <= policy)?.check;
}
