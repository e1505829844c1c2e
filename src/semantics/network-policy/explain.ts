import type { Direction, Policy, PolicyRule } from './policy.ts';
import type { Protocol } from './port-set.ts';
import type { Reachability } from './reachability.ts';

export type Verdict = 'allowed' | 'denied' | 'unknown';

/** A rule that takes the connection, or may. */
export interface MatchedRule {
  readonly policy: Policy;
  readonly rule: PolicyRule;
  readonly certainty: 'certain' | 'possible';
}

/** What one tier says of a connection. */
export interface TierExplanation {
  readonly tier: string;
  /** The policies of the tier that select the endpoint, in the order in which they decide. */
  readonly policies: readonly Policy[];
  /** Up to the first that decides for certain. */
  readonly matched: readonly MatchedRule[];
  /** Whether what no rule takes ends here. */
  readonly isolates: boolean;
}

/** One end of a connection: what decides there. */
export interface SideExplanation {
  readonly direction: Direction;
  readonly verdict: Verdict;
  /** None where no policy selects the endpoint: everything is allowed then. */
  readonly tiers: readonly TierExplanation[];
}

export interface Connection {
  readonly from: number;
  readonly to: number;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Why a connection is let through or not: first what its source may send, then what its destination takes. */
export function explainConnection(reachability: Reachability, connection: Connection): readonly SideExplanation[] {
  return (['egress', 'ingress'] as const).map((direction) => explainSide(reachability, direction, connection));
}

function explainSide(
  reachability: Reachability,
  direction: Direction,
  { from, to, protocol, port }: Connection,
): SideExplanation {
  const [self, other] = direction === 'egress' ? [from, to] : [to, from];
  const passes = (bound: 'least' | 'most'): boolean => {
    const row = reachability.row(direction, self, bound);
    return row === undefined || reachability.ports.has(row[other] ?? 0, protocol, port);
  };
  const [least, most] = [passes('least'), passes('most')];
  const selected = reachability.selecting(direction, self);
  const tiers: TierExplanation[] = [];
  for (let at = 0; at < selected.length; ) {
    const tier = selected[at]?.compiled.policy.tier;
    const policies: Policy[] = [];
    const matched: MatchedRule[] = [];
    let isolates = false;
    let isDecided = false;
    for (; at < selected.length && selected[at]?.compiled.policy.tier.rank === tier?.rank; at += 1) {
      const each = selected[at];
      if (each === undefined) continue;
      const { policy } = each.compiled;
      policies.push(policy);
      isolates ||= policy[direction]?.isolates === true;
      for (const entry of each.entries) {
        if (isDecided || !entry.may.has(other) || !reachability.ports.has(entry.ports, protocol, port)) continue;
        const certainty = entry.must.has(other) ? 'certain' : 'possible';
        matched.push({ policy, rule: entry.rule, certainty });
        isDecided = certainty === 'certain';
      }
    }
    tiers.push({ tier: tier?.name ?? '', policies, matched, isolates });
    const last = matched.at(-1);
    if (last?.certainty === 'certain' ? last.rule.action !== 'pass' : isolates) break;
  }
  return { direction, verdict: least === most ? (least ? 'allowed' : 'denied') : 'unknown', tiers };
}
