import { networkReachability } from '../../facts/network.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { isNamespace, isSystemNamespace, namespaces } from '../namespaces/whole-cluster.ts';
import { defaultOf, podsByNamespace } from './default-deny.ts';
import { documents, pod, policy } from './examples.ts';

export default control({
  id: 'network-policies/default-deny-egress',
  title: 'Namespaces with pods deny egress by default',
  severity: 'low',
  subject: 'object',
  why: 'A program that is taken over calls home and looks around: without a default for egress, every pod may connect to anything.',
  remedy: 'Add a policy with podSelector: {} and policyTypes: [Egress]; "bulwark network generate" writes one.',
  coveredBy: ['network-policies/namespace-policy'],
  check: ({ object }, facts) => {
    if (!isNamespace(object)) return notApplicable('it is no namespace');
    if (isSystemNamespace(object.name)) return notApplicable('the pods in it are those of the cluster itself');
    const pods = facts.get(podsByNamespace).get(object.name);
    if (pods === undefined) return notApplicable('no pods are made in it');
    const found = defaultOf(facts, object.name, 'egress');
    if (found === 'unknown') return unknown('a policy that may be a default deny cannot be read to its end');
    if (found === 'denied') return pass;
    const reachability = facts.get(networkReachability);
    const open = pods.filter((each) => reachability.selecting('egress', reachability.classOf(each)).length === 0);
    const names = [...new Set(open.map(({ owner }) => owner.name))].sort();
    const shown = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
    const which = names.length === 0 ? 'pods that come later' : shown;
    return fail(`namespace ${object.name} has no default deny for egress: ${which} may connect to everything`, [
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
        policy('{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]}'),
      ),
    ],
    pass: [documents(namespaces('shop'), pod('web'), policy('{podSelector: {}, policyTypes: [Egress]}'))],
  },
});
