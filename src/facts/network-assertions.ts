import { namespaceLabel } from '../semantics/network-policy/index.ts';
import type { Facts } from './facts.ts';
import { networkReachability, networkWorld } from './network.ts';
import { answerNetwork } from './network-answer.ts';
import {
  type AskedPort,
  describePart,
  endpointOf,
  findEndpoint,
  type NetworkEndpoint,
  splitPort,
} from './network-endpoints.ts';

/** What somebody requires of a network: `deny team=blue -> team=red`, `allow shop/web -> shop/db:5432`. */
export interface NetworkAssertion {
  /** Of the file that holds it, from 1. */
  readonly line: number;
  readonly text: string;
  readonly effect: 'allow' | 'deny';
  readonly from: string;
  readonly to: string;
  readonly port: AskedPort | undefined;
}

export interface UnreadAssertion {
  readonly line: number;
  readonly text: string;
}

/** One a line; empty lines and those that start with `#` are passed over. */
export function parseAssertions(text: string): readonly (NetworkAssertion | UnreadAssertion)[] {
  return text.split(/\r?\n/).flatMap((raw, at): readonly (NetworkAssertion | UnreadAssertion)[] => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const place = { line: at + 1, text: line };
    const [, effect, from, target] = /^(allow|deny)\s+(\S+)\s*->\s*(\S+)$/.exec(line) ?? [];
    const to = target === undefined ? undefined : splitPort(target);
    if ((effect !== 'allow' && effect !== 'deny') || from === undefined || to === undefined) return [place];
    return [{ ...place, effect, from, to: to.name, port: to.port }];
  });
}

/** Whether a requirement holds; where it does not, a connection that shows it. */
export interface AssertionResult {
  readonly assertion: NetworkAssertion;
  readonly verdict: 'holds' | 'broken' | 'unknown';
  readonly example: { readonly from: readonly string[]; readonly to: readonly string[] } | undefined;
}

/** Undefined for a name that nothing has: which of both it is, `missing` says. */
export function judgeAssertion(
  facts: Facts,
  assertion: NetworkAssertion,
): AssertionResult | { readonly missing: string } {
  const from = endpointNamedBy(facts, assertion.from);
  if (from === undefined) return { missing: assertion.from };
  const to = endpointNamedBy(facts, assertion.to);
  if (to === undefined) return { missing: assertion.to };
  const reachability = facts.get(networkReachability);
  const { verdict, parts } = answerNetwork(reachability, { from, to, port: assertion.port });
  const wanted = assertion.effect === 'allow' ? 'allowed' : 'denied';
  // One pod and itself, which nothing can part, is no case for either; a port that no pod has is let through nowhere.
  const isEmpty = parts.length === 0;
  if (isEmpty ? verdict === 'allowed' || wanted === 'denied' : parts.every((part) => part.verdict === wanted)) {
    return { assertion, verdict: 'holds', example: undefined };
  }
  const against = parts.find((part) => part.verdict !== wanted && part.verdict !== 'unknown');
  const shown = against ?? parts.find((part) => part.verdict === 'unknown');
  return {
    assertion,
    verdict: isEmpty || against !== undefined ? 'broken' : 'unknown',
    example: shown && describePart(facts, { from, to }, shown),
  };
}

/** As `findEndpoint`, and `key=value` for the pods of all namespaces that have a label. */
function endpointNamedBy(facts: Facts, text: string): NetworkEndpoint | undefined {
  const [key, value, ...rest] = text.split('=');
  if (key === undefined || value === undefined || rest.length > 0) return findEndpoint(facts, text);
  const { pods, namespaces } = facts.get(networkWorld);
  const chosen = pods.filter((pod) => {
    const namespace = namespaces.get(pod.namespace);
    return namespace !== undefined && namespaceLabel(namespace, key) === value;
  });
  return chosen.length === 0 ? undefined : endpointOf(facts, text, chosen);
}
