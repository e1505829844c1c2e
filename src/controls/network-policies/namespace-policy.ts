import { defineFact } from '../../facts/facts.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import { groupKind, isKnownWorkload } from '../../model/workload.ts';
import { control } from '../control.ts';
import { isNamespace, isSystemNamespace, namespaces } from '../namespaces/whole-cluster.ts';

/** Kinds of policies besides NetworkPolicy, by what they reach. */
const inNamespace: ReadonlySet<string> = new Set([
  'networking.k8s.io/NetworkPolicy',
  'extensions/NetworkPolicy',
  'cilium.io/CiliumNetworkPolicy',
  'projectcalico.org/NetworkPolicy',
  'crd.projectcalico.org/NetworkPolicy',
  'crd.antrea.io/NetworkPolicy',
]);
const clusterWide: ReadonlySet<string> = new Set([
  'cilium.io/CiliumClusterwideNetworkPolicy',
  'projectcalico.org/GlobalNetworkPolicy',
  'crd.projectcalico.org/GlobalNetworkPolicy',
  'crd.antrea.io/ClusterNetworkPolicy',
  'policy.networking.k8s.io/AdminNetworkPolicy',
  'policy.networking.k8s.io/BaselineAdminNetworkPolicy',
  'policy.networking.k8s.io/ClusterNetworkPolicy',
]);

interface Policies {
  readonly namespaces: ReadonlySet<string>;
  readonly inhabited: ReadonlySet<string>;
  /** A policy that may reach any namespace. */
  readonly everywhere: string | undefined;
}

const policies = defineFact('policies-by-namespace', ({ snapshot }): Policies => {
  const namespaces = new Set<string>();
  const inhabited = new Set<string>();
  let everywhere: string | undefined;
  for (const object of snapshot.objects) {
    const kind = groupKind(object);
    if (object.namespace !== undefined) {
      if (inNamespace.has(kind)) namespaces.add(object.namespace);
      else if (isKnownWorkload(kind) && valueAt(object.value, ['spec', 'replicas']) !== 0)
        inhabited.add(object.namespace);
    } else if (clusterWide.has(kind)) everywhere ??= `${object.kind} ${object.name}`;
  }
  return { namespaces, inhabited, everywhere };
});

const noNamespace = notApplicable('it is no namespace');
const ofCluster = notApplicable('the pods in it are those of the cluster itself');
const empty = notApplicable('no pods are made in it');

/** Source: CIS Kubernetes Benchmark 1.12, 5.3.2. */
export default control({
  id: 'network-policies/namespace-policy',
  title: 'Every namespace with pods has a NetworkPolicy',
  severity: 'medium',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Without one, every pod of the cluster may connect to every pod of the namespace, and its pods to anything anywhere.',
  remedy:
    'Start with a policy that denies all ingress (podSelector: {}, policyTypes: [Ingress]), and allow what is needed.',
  check: ({ object }, facts): Verdict => {
    if (!isNamespace(object)) return noNamespace;
    if (isSystemNamespace(object.name)) return ofCluster;
    const { namespaces, inhabited, everywhere } = facts.get(policies);
    if (namespaces.has(object.name)) return pass;
    if (!inhabited.has(object.name)) return empty;
    if (everywhere !== undefined) {
      const reason = `${everywhere} may reach any namespace: whether it covers those without a policy of their own, people must say`;
      return { kind: 'manual', reason };
    }
    return fail(`namespace ${object.name} has pods and no NetworkPolicy`, ['metadata', 'name']);
  },
  examples: {
    fail: [`${namespaces('shop')}---\n${pod()}`],
    pass: [`${namespaces('shop')}---\n${pod()}---\n${policy()}`, `${namespaces('shop')}---\n${pod()}---\n${global()}`],
  },
});

function pod(): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: example, namespace: shop}
spec: {containers: [{name: app, image: registry.example/app:1.0}]}
`;
}

function policy(): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
`;
}

function global(): string {
  return `apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: deny}
spec: {endpointSelector: {}, ingress: [{}]}
`;
}
