import { defineFact } from '../../facts/facts.ts';
import { isObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind, isKnownWorkload } from '../../model/workload.ts';
import { control } from '../control.ts';
import { isNamespace, isSystemNamespace, namespaces, standsForCluster } from './whole-cluster.ts';

/** The namespaces of people's own that something runs in, with how many workloads, where a whole cluster was read. */
const inhabited = defineFact('inhabited-namespaces', ({ snapshot }): ReadonlyMap<string, number> | undefined => {
  const isWhole = snapshot.cluster?.namespaces === undefined && snapshot.objects.some(standsForCluster);
  if (!isWhole) return undefined;
  const counts = new Map<string, number>();
  for (const object of snapshot.objects) {
    const { namespace } = object;
    if (namespace === undefined || isSystemNamespace(namespace) || !isKnownWorkload(groupKind(object))) continue;
    const metadata = own(object.value, 'metadata');
    if (isObject(metadata) && objectsIn(own(metadata, 'ownerReferences')).length > 0) continue;
    counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  }
  return counts;
});

const noNamespace = notApplicable('it is no namespace');

/** Source: CIS Kubernetes Benchmark 1.12, 5.6.1. */
export default control({
  id: 'namespaces/boundaries',
  title: 'Workloads are kept apart by namespaces',
  severity: 'low',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Roles, quotas, network policies and pod security all end at the namespace: what shares one has the same service accounts and Secrets within reach.',
  remedy: 'Give each team or application a namespace of its own.',
  check: ({ object }, facts) => {
    if (!isNamespace(object)) return noNamespace;
    if (isSystemNamespace(object.name)) return notApplicable('the pods in it are those of the cluster itself');
    const counts = facts.get(inhabited);
    if (counts === undefined) return notApplicable('what was read is not a whole cluster');
    const here = counts.get(object.name) ?? 0;
    if (here === 0) return notApplicable('nothing runs in it');
    if (counts.size > 1 || here === 1) return pass;
    return fail(`all ${here} workloads of the cluster are in namespace ${object.name}`, ['metadata', 'name']);
  },
  examples: {
    fail: [`${namespaces('kube-system', 'default')}---\n${pod('web', 'default')}---\n${pod('database', 'default')}`],
    pass: [
      `${namespaces('kube-system', 'default', 'shop')}---\n${pod('web', 'default')}---\n${pod('database', 'shop')}`,
    ],
  },
});

function pod(name: string, namespace: string): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}}
spec: {containers: [{name: app, image: registry.example/app:1.0}]}
`;
}
