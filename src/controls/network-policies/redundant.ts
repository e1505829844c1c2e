import { networkReachability } from '../../facts/network.ts';
import { fail } from '../../model/verdict.ts';
import {
  type CompiledPolicy,
  type Direction,
  directions,
  type Reachability,
} from '../../semantics/network-policy/index.ts';
import { documents, pod, policy } from './examples.ts';
import { compiledPolicy, isKubernetes, named, policyControl } from './policy-control.ts';

/** Rules that are compared for one policy: more than people write, fewer than would take long. */
const mostRules = 200;

export default policyControl({
  id: 'network-policies/redundant',
  title: 'Every NetworkPolicy changes something',
  severity: 'low',
  why: 'A policy that others make redundant looks like protection and can be deleted without effect; when those go, nobody expects what it does.',
  remedy: 'Delete it, or narrow the others. Nothing changes for any pod that is there if it goes.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid', 'network-policies/selects-nothing'],
  failures: (each, facts) => {
    const compiled = compiledPolicy(facts, each);
    if (compiled === undefined || !isKubernetes(each) || each.unsure !== undefined || compiled.subject.isEmpty())
      return [];
    // A policy for every pod of the namespace is there for the pods to come.
    if (each.subject.pods.op === 'all') return [];
    const reachability = facts.get(networkReachability);
    const others = new Set<CompiledPolicy>();
    for (const at of compiled.subject.members()) {
      for (const direction of directions) {
        if (each[direction] !== undefined && !isCovered(reachability, { compiled, direction, at, others })) return [];
      }
    }
    const names = [...others].map(({ policy: other }) => other.object.name).sort();
    if (names.length === 0) return [];
    return [
      fail(
        `${named(each)} changes nothing beside ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' and others' : ''}`,
        ['metadata', 'name'],
      ),
    ];
  },
  examples: {
    fail: [
      documents(
        pod('web'),
        policy('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8080}]}]}', 'narrow'),
        policy('{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 9000}]}]}', 'wide'),
      ),
    ],
    pass: [
      documents(
        pod('web'),
        policy('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8080}]}]}', 'narrow'),
        policy('{podSelector: {}}', 'deny'),
      ),
    ],
  },
});

interface Asked {
  readonly compiled: CompiledPolicy;
  readonly direction: Direction;
  readonly at: number;
  /** Takes those that make it redundant. */
  readonly others: Set<CompiledPolicy>;
}

/** Whether other policies isolate the class too, and each rule's connections are all in one rule of theirs. */
function isCovered(reachability: Reachability, { compiled, direction, at, others }: Asked): boolean {
  const { ports } = reachability;
  const selected = reachability.selecting(direction, at);
  const own = selected.find((each) => each.compiled === compiled);
  const theirs = selected.filter(
    (each) =>
      each.compiled !== compiled &&
      isKubernetes(each.compiled.policy) &&
      // Of two that are alike, one stays.
      (each.compiled.policy.object.name < compiled.policy.object.name || !isTwin(compiled, each.compiled)),
  );
  const [first] = theirs;
  if (own === undefined || first === undefined || own.entries.length > mostRules) return false;
  if (own.entries.length === 0) others.add(first.compiled);
  return own.entries.every((entry) => {
    const cover = theirs.find(({ entries }) =>
      entries
        .slice(0, mostRules)
        .some((wide) => ports.intersect(entry.ports, wide.ports) === entry.ports && wide.must.covers(entry.may)),
    );
    if (cover !== undefined) others.add(cover.compiled);
    return cover !== undefined;
  });
}

/** Whether two policies are about the same pods and say the same. */
function isTwin(a: CompiledPolicy, b: CompiledPolicy): boolean {
  if (!a.subject.equals(b.subject)) return false;
  return directions.every((direction) => {
    const [own, other] = [a[direction], b[direction]];
    if (own === undefined || other === undefined) return own === other;
    return (
      own.length === other.length &&
      own.every((rule, at) => {
        const same = other[at];
        return same !== undefined && rule.ports === same.ports && rule.must.equals(same.must);
      })
    );
  });
}
