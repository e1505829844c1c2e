import { valueAt } from '../model/path.ts';
import { podGuardOf } from './admission-policies.ts';
import { serverVersion } from './cluster-version.ts';
import { defineFact } from './facts.ts';

/** Whether admission refuses pods that own their node; `unknown` where the namespace was not read. */
export type PodRestraint = 'restrained' | 'free' | 'unknown';

export interface PodRestraints {
  /** `free` where one namespace is enough: whoever may create pods everywhere takes that one. */
  readonly everywhere: PodRestraint;
  of(namespace: string | undefined): PodRestraint;
}

/** What the labels of namespaces, and policies that are certain, let in: only what is proven counts as restrained. */
export const podRestraints = defineFact('pod-restraints', (facts): PodRestraints => {
  const guardOf = facts.get(podGuardOf);
  // The labels mean nothing to servers that do not know them: the plugin is there from v1.22.
  const knowsLabels = (facts.get(serverVersion)?.minor ?? 22) >= 22;
  const known = new Map<string, PodRestraint>();
  for (const object of facts.snapshot.objects) {
    if (object.kind !== 'Namespace' || object.apiVersion !== 'v1') continue;
    const level = valueAt(object.value, ['metadata', 'labels', 'pod-security.kubernetes.io/enforce']);
    const isLabelled = knowsLabels && (level === 'baseline' || level === 'restricted');
    known.set(object.name, isLabelled || guardOf(object)?.strength === 'certain' ? 'restrained' : 'free');
  }
  const all = [...known.values()];
  const everywhere = all.length === 0 ? 'unknown' : all.includes('free') ? 'free' : 'restrained';
  return { everywhere, of: (namespace) => known.get(namespace ?? '') ?? 'unknown' };
});
