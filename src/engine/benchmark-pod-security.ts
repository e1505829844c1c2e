import { factsOf } from '../facts/facts.ts';
import { rootOwner } from '../facts/owners.ts';
import { isWorkload, workloadOf } from '../facts/workloads.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { evaluatePod, type PodSecurityPolicy } from '../semantics/pod-security/index.ts';
import type { Judgement } from './judge.ts';

/** What Pod Security admission would answer for everything that is a pod or makes pods. */
export interface PodSecurityTally {
  /** Pods and templates that were judged. */
  readonly pods: number;
  /** By check: the offences, in its own words, each with the object. Checks that nobody breaks are not there. */
  readonly offences: ReadonlyMap<string, readonly string[]>;
  /** Objects of which a part cannot be read: that nothing else of them breaks a check is no pass. */
  readonly malformed: readonly string[];
}

/**
 * Decides a policy by the evaluator that `admit` and the webhook use: controls answer the newest version only, and
 * where they ask for more or less than a check does, the check decides. ReplicaSets and Jobs of a controller that is
 * here too are passed over, as when controls are run.
 */
export function tallyPodSecurity(policy: PodSecurityPolicy, { snapshot, settings }: Judgement): PodSecurityTally {
  const facts = factsOf(snapshot, settings);
  const isTemplate = facts.get(isWorkload);
  const rootOf = facts.get(rootOwner);
  const read = facts.get(workloadOf);
  const offences = new Map<string, string[]>();
  const malformed: string[] = [];
  let pods = 0;
  for (const object of snapshot.objects) {
    if (!isTemplate(object)) continue;
    const root = rootOf(object);
    if (root !== object && isTemplate(root) && groupKind(object) !== '/Pod') continue;
    const workload = read(object);
    if (workload === undefined) continue;
    const name = nameOf(object);
    if (workload.malformed.length > 0) malformed.push(`${name}: a part of it cannot be read`);
    for (const { pod } of workload.templates) {
      pods += 1;
      for (const { check, reason, detail } of evaluatePod(pod, policy)) {
        const text = `${name}: ${detail === '' ? reason : detail}`;
        const known = offences.get(check);
        if (known === undefined) offences.set(check, [text]);
        else known.push(text);
      }
    }
  }
  return { pods, offences, malformed };
}

function nameOf({ kind, namespace, name }: KubeObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
