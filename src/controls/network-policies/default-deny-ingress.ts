import { networkReachability } from '../../facts/network.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { isNamespace, isSystemNamespace, namespaces } from '../namespaces/whole-cluster.ts';
import { defaultOf, podsByNamespace } from './default-deny.ts';
import { documents, pod, policy } from './examples.ts';

export default control({
  id: 'network-policies/default-deny-ingress',
  title: 'Namespaces with pods deny ingress by default',
  severity: 'medium',
  subject: 'object',
  why: 'A policy for some pods leaves the others open, and every pod that comes later: without a default, forgetting one is enough.',
  remedy: 'Add a policy with podSelector: {} and policyTypes: [Ingress]; "bulwark network generate" writes one.',
  coveredBy: ['network-policies/namespace-policy'],
  check: ({ object }, facts) => {
    if (!isNamespace(object)) return notApplicable('it is no namespace');
    if (isSystemNamespace(object.name)) return notApplicable('the pods in it are those of the cluster itself');
    const pods = facts.get(podsByNamespace).get(object.name);
    if (pods === undefined) return notApplicable('no pods are made in it');
    const found = defaultOf(facts, object.name, 'ingress');
    if (found === 'unknown') return unknown('a policy that may be a default deny cannot be read to its end');
    if (found === 'denied') return pass;
    const reachability = facts.get(networkReachability);
    const open = pods.filter((each) => reachability.selecting('ingress', reachability.classOf(each)).length === 0);
    const names = [...new Set(open.map(({ owner }) => owner.name))].sort();
    const shown = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
    const which = names.length === 0 ? 'pods that come later' : shown;
    return fail(`namespace ${object.name} has no default deny for ingress: ${which} may be reached by everybody`, [
      'metadata',
      'name',
    ]);
  },
  examples: {
    fail: [
      documents(
        namespaces('shop'),
        pod('web'),
        pod('db'),
        policy('{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}'),
      ),
    ],
    pass: [documents(namespaces('shop'), pod('web'), policy('{podSelector: {}, policyTypes: [Ingress]}'))],
  },
});
