import { BitSet } from './bit-set.ts';
import type { EndpointClasses } from './endpoint-classes.ts';
import { type Direction, directions, type Policy, type PolicyRule } from './policy.ts';
import { allPorts, type PortSetId, type PortSets, type Protocol } from './port-set.ts';

/** A rule in terms of classes. */
export interface CompiledRule {
  readonly rule: PolicyRule;
  readonly must: BitSet;
  readonly may: BitSet;
  /** Ports given by number. */
  readonly ports: PortSetId;
  readonly named: readonly NamedRulePort[];
}

export interface NamedRulePort {
  readonly protocol: Protocol | 'any';
  readonly name: string;
}

export interface CompiledPolicy {
  readonly policy: Policy;
  /** The pods that it selects, or may select where that is not certain. */
  readonly subject: BitSet;
  readonly ingress: readonly CompiledRule[] | undefined;
  readonly egress: readonly CompiledRule[] | undefined;
  /** Whether everything about it is certain. */
  readonly isCertain: boolean;
}

/** Policies in terms of classes, in the order in which they decide. */
export function compilePolicies(
  policies: readonly Policy[],
  classes: EndpointClasses,
  ports: PortSets,
): readonly CompiledPolicy[] {
  const nothing = new BitSet(classes.size);
  const compileRule = (rule: PolicyRule, policy: Policy): CompiledRule => {
    const { must, may } = peersOf(rule, classes);
    const numbers = rule.ports === 'all' ? allPorts : ports.of(rule.ports.filter((port) => 'from' in port));
    const named = rule.ports === 'all' ? [] : rule.ports.filter((port) => 'name' in port);
    const isSure = rule.unsure === undefined && policy.unsure === undefined;
    return { rule, must: isSure ? must : nothing, may, ports: numbers, named };
  };
  const compiled = policies.map((policy): CompiledPolicy => {
    const [ingress, egress] = directions.map((direction) =>
      policy[direction]?.rules.map((rule) => compileRule(rule, policy)),
    );
    const rules = [...(ingress ?? []), ...(egress ?? [])];
    return {
      policy,
      subject: subjectOf(policy, classes),
      ingress,
      egress,
      isCertain: policy.unsure === undefined && rules.every(({ must, may }) => must === may || must.equals(may)),
    };
  });
  return compiled.sort((a, b) => inOrder(a.policy, b.policy));
}

function subjectOf({ subject }: Policy, classes: EndpointClasses): BitSet {
  if (subject.hosts === true) return BitSet.of(classes.size, classes.hosts);
  return classes.select(subject.namespaces, subject.pods);
}

function peersOf({ action, peers }: PolicyRule, classes: EndpointClasses): { must: BitSet; may: BitSet } {
  const families = action === 'allow' ? 'any' : 'all';
  const [first] = peers;
  if (peers.length === 1 && first !== undefined) return classes.match(first, families);
  return classes.match({ kind: 'either', of: peers }, families);
}

function inOrder(a: Policy, b: Policy): number {
  if (a.tier.rank !== b.tier.rank) return a.tier.rank - b.tier.rank;
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return a.object.name < b.object.name ? -1 : a.object.name > b.object.name ? 1 : 0;
}

/** The rules of a direction; none where the policy is not about it. */
export function rulesOf(policy: CompiledPolicy, direction: Direction): readonly CompiledRule[] {
  return policy[direction] ?? [];
}
