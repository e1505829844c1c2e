import type { Path } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import type { AddressSet } from './address-set.ts';
import type { LabelExpression, PolicyProblem } from './label-expression.ts';
import type { PortRange, Protocol } from './port-set.ts';

export type Direction = 'ingress' | 'egress';
export const directions: readonly Direction[] = ['ingress', 'egress'];

/** What a rule does with the connections that it matches. `pass` leaves them to the next tier. */
export type Action = 'allow' | 'deny' | 'pass';

/** The other side of a connection. `unknown` may be anything: what it takes cannot be told from the objects. */
export type Peer =
  | { readonly kind: 'any' }
  | { readonly kind: 'none' }
  | { readonly kind: 'pods'; readonly namespaces: LabelExpression; readonly pods: LabelExpression }
  /** An ipBlock: whether it takes the addresses of pods, the network plugin decides. */
  | { readonly kind: 'block'; readonly addresses: AddressSet }
  /** Addresses of anything: pods and nodes too. */
  | { readonly kind: 'network'; readonly addresses: AddressSet }
  /** Every address that is none of a pod or node. */
  | { readonly kind: 'outside' }
  | { readonly kind: 'hosts' }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'not'; readonly of: Peer }
  | { readonly kind: 'both' | 'either'; readonly of: readonly Peer[] };

export const anyPeer: Peer = { kind: 'any' };

/** A port of the destination, by number or by the name that its containers give it. */
export type RulePort = PortRange | { readonly protocol: Protocol | 'any'; readonly name: string };

export interface PolicyRule {
  readonly path: Path;
  readonly action: Action;
  readonly peers: readonly Peer[];
  readonly ports: 'all' | readonly RulePort[];
  /** Why it is not certain that the rule takes all of these: something of it cannot be told. */
  readonly unsure?: string;
}

export interface PolicyDirection {
  readonly rules: readonly PolicyRule[];
  /** Whether what no policy of the tier decides is denied for the pods that this one selects. */
  readonly isolates: boolean;
}

/** A tier of policies: lower ranks decide first. */
export interface Tier {
  readonly rank: number;
  readonly name: string;
}

/** Ranks are Calico's orders, where the other kinds have fixed places. */
export const tiers = {
  admin: { rank: 1000, name: 'Admin' },
  namespace: { rank: 1_000_000, name: 'NetworkPolicy' },
  baseline: { rank: 10_000_000, name: 'Baseline' },
} as const satisfies Record<string, Tier>;

/** What a policy selects: pods, or the nodes themselves with the pods on their networks. */
export type PolicySubject =
  | { readonly namespaces: LabelExpression; readonly pods: LabelExpression; readonly hosts?: false }
  | { readonly namespaces: { readonly op: 'none' }; readonly pods: { readonly op: 'none' }; readonly hosts: true };

/** A policy of any kind, as the engine takes it. */
export interface Policy {
  readonly object: KubeObject;
  readonly tier: Tier;
  /** Within the tier: lower decides first. */
  readonly order: number;
  /** Whether policies of one order may be applied in any. */
  readonly ties: 'union' | 'by-name' | 'undefined';
  readonly subject: PolicySubject;
  /** Why it is not certain which pods it selects. */
  readonly unsure?: string;
  readonly ingress: PolicyDirection | undefined;
  readonly egress: PolicyDirection | undefined;
  readonly problems: readonly PolicyProblem[];
}

/** The label that the API server gives every namespace (1.21 and later), and that only it can give. */
export const namespaceNameLabel = 'kubernetes.io/metadata.name';

/**
 * Stands for a policy that is not read: it may allow and may deny anything of what it may be about, before every other.
 */
export function unreadPolicy(object: KubeObject, subject: PolicySubject, reason: string): Policy {
  const rule = { path: [], peers: [anyPeer], ports: 'all' as const, unsure: reason };
  const rules = (['allow', 'deny'] as const).map((action) => ({ ...rule, action }));
  return {
    object,
    tier: { rank: 0, name: object.kind },
    order: 0,
    ties: 'by-name',
    subject,
    unsure: reason,
    ingress: { rules, isolates: false },
    egress: { rules, isolates: false },
    problems: [],
  };
}

/** Nodes, and the pods on their networks. */
export const hostSubject: PolicySubject = { namespaces: { op: 'none' }, pods: { op: 'none' }, hosts: true };

export function onlyNamespace(name: string): LabelExpression {
  return { op: 'in', key: namespaceNameLabel, values: [name] };
}
