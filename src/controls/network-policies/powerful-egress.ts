import { defineFact, type Facts } from '../../facts/facts.ts';
import { clusterInternet, networkReachability, networkWorld } from '../../facts/network.ts';
import { rbac } from '../../facts/rbac.ts';
import { serviceAccountOf } from '../../facts/rbac-tokens.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { type NetworkPod, noPorts } from '../../semantics/network-policy/index.ts';
import { serviceAccountUser } from '../../semantics/rbac/binding.ts';
import { identityOf } from '../../semantics/rbac/identity.ts';
import type { ResourceRequest } from '../../semantics/rbac/rule.ts';
import { control } from '../control.ts';
import { isSystemNamespace } from '../namespaces/whole-cluster.ts';
import { documents, pod, policy } from './examples.ts';

/** What takes over a cluster, as requests in no namespace. */
const powers: readonly (readonly [string, ResourceRequest])[] = [
  ['do everything', { verb: '*', apiGroup: '*', resource: '*' }],
  ['read every Secret', { verb: 'list', apiGroup: '', resource: 'secrets' }],
  ['create pods anywhere', { verb: 'create', apiGroup: '', resource: 'pods' }],
  ['give away any role', { verb: 'bind', apiGroup: 'rbac.authorization.k8s.io', resource: 'clusterroles' }],
  ['raise any role', { verb: 'escalate', apiGroup: 'rbac.authorization.k8s.io', resource: 'clusterroles' }],
  ['act as anybody', { verb: 'impersonate', apiGroup: '', resource: 'users' }],
  ['run commands on nodes', { verb: 'create', apiGroup: '', resource: 'nodes', subresource: 'proxy' }],
];

/** One pod of each workload, by the object that shows it: what holds for one holds for all. */
const firstPods = defineFact('first-pods', (facts): ReadonlyMap<KubeObject, NetworkPod> => {
  const seen = new Set<KubeObject>();
  const found = new Map<KubeObject, NetworkPod>();
  for (const each of facts.get(networkWorld).pods) {
    if (seen.has(each.owner)) continue;
    seen.add(each.owner);
    found.set(each.object, each);
  }
  return found;
});

export default control({
  id: 'network-policies/powerful-egress',
  title: 'Pods that can take over the cluster cannot reach the internet',
  severity: 'medium',
  subject: 'pod',
  why: 'A program with such a token that is taken over is steered from outside, and sends out what it reads: a way to the internet makes the rest easy.',
  remedy: 'Limit its egress to the API server, DNS and the hosts that it needs.',
  check: ({ object, pod: subject }, facts) => {
    const found = facts.get(firstPods).get(object);
    if (found === undefined) return notApplicable('another pod of its workload is judged, or it has no network');
    if (isSystemNamespace(found.namespace)) return notApplicable('it is of the cluster itself');
    if (found.hostNetwork) return notApplicable('policies do not select pods on the host network');
    if (!mountsToken(found, subject.automountServiceAccountToken, facts)) return notApplicable('it mounts no token');
    const power = powerOf(found, facts);
    if (power === undefined) return pass;
    const reachability = facts.get(networkReachability);
    const internet = reachability.classes.outside(facts.get(clusterInternet));
    const at = reachability.classOf(found);
    const isOpen = (bound: 'least' | 'most'): boolean =>
      internet.some((to) => reachability.portsBetween(at, to, bound) !== noPorts);
    if (!isOpen('most')) return pass;
    if (!isOpen('least')) return unknown('a policy that may limit its egress cannot be read to its end');
    const message = `${found.owner.kind} ${found.owner.name} can ${power} by ServiceAccount ${found.serviceAccount}, and no policy keeps it from the internet`;
    return fail(message, [...subject.metadataPath, 'labels']);
  },
  examples: {
    fail: [documents(pod('agent', 'serviceAccountName: agent, '), grant('[secrets]', '[list]'))],
    pass: [
      documents(pod('agent', 'serviceAccountName: agent, '), grant('[configmaps]', '[list]')),
      documents(
        pod('agent', 'serviceAccountName: agent, automountServiceAccountToken: false, '),
        grant('[secrets]', '[list]'),
      ),
      documents(
        pod('agent', 'serviceAccountName: agent, '),
        grant('[secrets]', '[list]'),
        policy('{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}]}]}'),
      ),
    ],
  },
});

function mountsToken({ object, serviceAccount }: NetworkPod, own: boolean | undefined, facts: Facts): boolean {
  const account = facts.get(serviceAccountOf)(object.namespace, serviceAccount);
  return (own ?? valueAt(account?.value, ['automountServiceAccountToken'])) !== false;
}

/** The gravest thing that the pod's service account may do in the whole cluster. */
function powerOf({ namespace, serviceAccount }: NetworkPod, facts: Facts): string | undefined {
  const { authorizer } = facts.get(rbac);
  const user = identityOf(serviceAccountUser(namespace, serviceAccount));
  return powers.find(([, request]) => authorizer.grantOf(user, request, undefined) !== undefined)?.[0];
}

function grant(resources: string, verbs: string): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: agent}
rules: [{apiGroups: [""], resources: ${resources}, verbs: ${verbs}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: agent}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: agent}
subjects: [{kind: ServiceAccount, name: agent, namespace: shop}]
`;
}
