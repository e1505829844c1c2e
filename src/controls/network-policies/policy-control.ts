import { defineFact, type Facts } from '../../facts/facts.ts';
import { networkReachability } from '../../facts/network.ts';
import { networkPolicies, policyKinds } from '../../facts/network-policies.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, notApplicable, type Verdict } from '../../model/verdict.ts';
import type { CompiledPolicy, Policy } from '../../semantics/network-policy/index.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';

/** The policies that each object makes: one, or several for a kind with several specs. */
const policiesOf = defineFact('policies-of-object', (facts): ReadonlyMap<KubeObject, readonly Policy[]> => {
  const found = new Map<KubeObject, Policy[]>();
  for (const policy of facts.get(networkPolicies).all) {
    const listed = found.get(policy.object);
    if (listed === undefined) found.set(policy.object, [policy]);
    else listed.push(policy);
  }
  return found;
});

/** Policies that count here, in terms of the endpoints that they are about. */
const compiledOf = defineFact('compiled-policies', (facts): ReadonlyMap<Policy, CompiledPolicy> => {
  return new Map(facts.get(networkReachability).policies.map((compiled) => [compiled.policy, compiled]));
});

/** The policy as the engine has it; undefined for one that nothing here enforces. */
export function compiledPolicy(facts: Facts, policy: Policy): CompiledPolicy | undefined {
  return facts.get(compiledOf).get(policy);
}

const noPolicy = notApplicable('it is no network policy');

interface PolicyControlDefinition extends Omit<ControlDefinition<'object'>, 'check' | 'subject'> {
  /** What is wrong with one policy; nothing where it is as it should be. */
  readonly failures: (policy: Policy, facts: Facts) => readonly Failure[];
}

/** A control of network policies of every kind that is read. */
export function policyControl({ failures, ...definition }: PolicyControlDefinition): Control<'object'> {
  return control({
    ...definition,
    subject: 'object',
    kinds: policyKinds,
    check: ({ object }, facts): Verdict | readonly Failure[] => {
      const policies = facts.get(policiesOf).get(object);
      return policies === undefined ? noPolicy : policies.flatMap((policy) => failures(policy, facts));
    },
  });
}

/** `NetworkPolicy deny`. */
export function named({ object }: Policy): string {
  return `${object.kind} ${object.name}`;
}

export function isKubernetes({ object }: Policy): boolean {
  return object.kind === 'NetworkPolicy' && /^(?:networking\.k8s\.io|extensions)\//.test(object.apiVersion);
}
