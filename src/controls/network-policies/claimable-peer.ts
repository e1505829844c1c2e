import type { Facts } from '../../facts/facts.ts';
import { networkWorld } from '../../facts/network.ts';
import { rbac } from '../../facts/rbac.ts';
import { fail } from '../../model/verdict.ts';
import { type LabelExpression, matchesLabels, namespaceLabel } from '../../semantics/network-policy/index.ts';
import { addedSubjects, subjectName } from '../../semantics/rbac/default-objects.ts';
import { isSystemNamespace } from '../namespaces/whole-cluster.ts';
import { absentPeers } from './absent-peers.ts';
import { documents, pod, policy } from './examples.ts';
import { named, policyControl } from './policy-control.ts';

export default policyControl({
  id: 'network-policies/claimable-peer',
  title: 'Nobody can make the pods that policies let in and that are not there',
  severity: 'medium',
  why: 'A rule for labels that no pod has is a door for whoever may create pods there: writing the labels is all it takes.',
  remedy: 'Delete the rule until its pods are there, or limit who may create pods in those namespaces.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid'],
  failures: (each, facts) =>
    absentPeers(each, facts).flatMap(({ direction, path, namespaces }) => {
      const makers = direction === 'ingress' ? podMakers(facts, namespaces) : [];
      if (makers.length === 0) return [];
      const shown = `${makers.slice(0, 2).join(' and ')}${makers.length > 2 ? ` and ${makers.length - 2} more` : ''}`;
      const message = `${named(each)} lets in pods that are not there, and ${shown} can make them`;
      return [fail(message, path, { key: path.join('.') })];
    }),
  examples: {
    fail: [documents(...shop(), grant('shop'))],
    pass: [documents(...shop()), documents(...shop(), grant('other'))],
  },
});

/** Who may create pods in any of the namespaces, besides those to whom Kubernetes itself gives it. */
function podMakers(facts: Facts, namespaces: LabelExpression): readonly string[] {
  const known = facts.get(networkWorld).namespaces;
  const { authorizer } = facts.get(rbac);
  const found = new Set<string>();
  for (const { binding } of authorizer.grantsOf({ verb: 'create', apiGroup: '', resource: 'pods' })) {
    const place = binding.scope === 'cluster' ? undefined : (binding.object.namespace ?? '');
    const there = place === undefined ? [...known.values()] : [known.get(place)];
    const isThere = there.some(
      (each) =>
        each !== undefined &&
        !isSystemNamespace(each.name) &&
        matchesLabels(namespaces, (key) => namespaceLabel(each, key)),
    );
    if (!isThere) continue;
    for (const subject of addedSubjects(binding)) {
      const isOfCluster =
        subject.name === 'system:masters' ||
        (subject.kind === 'ServiceAccount' && isSystemNamespace(subject.namespace));
      if (!isOfCluster) found.add(subjectName(subject));
    }
  }
  return [...found].sort();
}

function shop(): readonly string[] {
  return [pod('web'), policy('{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]}')];
}

function grant(namespace: string): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deploy, namespace: ${namespace}}
rules: [{apiGroups: [""], resources: [pods], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deploy, namespace: ${namespace}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deploy}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: anne}]
`;
}
