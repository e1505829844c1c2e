import { defineFact } from '../../facts/facts.ts';
import { networkReachability, networkWorld } from '../../facts/network.ts';
import { networkPolicies } from '../../facts/network-policies.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import type { NetworkPod } from '../../semantics/network-policy/index.ts';
import { control } from '../control.ts';
import { isNamespace, isSystemNamespace } from '../namespaces/whole-cluster.ts';
import { documents, pod, policy } from './examples.ts';

/** Pods by the object that shows them, of namespaces that no Namespace object stands for. */
const alone = defineFact('pods-without-namespace-object', (facts): ReadonlyMap<KubeObject, NetworkPod> => {
  const objects = new Set(facts.snapshot.objects.filter(isNamespace).map(({ name }) => name));
  const found = new Map<KubeObject, NetworkPod>();
  for (const each of facts.get(networkWorld).pods) if (!objects.has(each.namespace)) found.set(each.object, each);
  return found;
});

export default control({
  id: 'network-policies/unselected-pod',
  title: 'A network policy selects every pod',
  severity: 'low',
  subject: 'pod',
  why: 'Where policies are used, a pod that none selects is the one that everybody can reach.',
  remedy: 'Add a policy with podSelector: {} that denies ingress, and allow what is needed.',
  check: ({ object, pod: subject }, facts) => {
    if (facts.get(networkPolicies).all.length === 0) return notApplicable('what was read holds no policies');
    if (subject.hostNetwork) return notApplicable('policies do not select pods on the host network');
    const found = facts.get(alone).get(object);
    if (found === undefined || isSystemNamespace(found.namespace)) return notApplicable('its namespace is judged');
    const reachability = facts.get(networkReachability);
    if (reachability.selecting('ingress', reachability.classOf(found)).length > 0) return pass;
    return fail(`no policy selects ${found.owner.kind} ${found.owner.name} for ingress: everybody may connect to it`, [
      ...subject.metadataPath,
      'labels',
    ]);
  },
  examples: {
    fail: [documents(pod('web'), pod('db'), policy('{podSelector: {matchLabels: {app: db}}}'))],
    pass: [documents(pod('web'), policy('{podSelector: {}}')), pod('web')],
  },
});
