import { control } from '../control.ts';
import { namespaces } from '../namespaces/whole-cluster.ts';
import { judgeDefault } from './default-deny.ts';
import { documents, pod, policy } from './examples.ts';

export default control({
  id: 'network-policies/default-deny-egress',
  title: 'Namespaces with pods deny egress by default',
  severity: 'low',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'A program that is taken over calls home and looks around: without a default for egress, every pod may connect to anything.',
  remedy: 'Add a policy with podSelector: {} and policyTypes: [Egress]; "bulwark network generate" writes one.',
  coveredBy: ['network-policies/namespace-policy'],
  check: ({ object }, facts) => judgeDefault(object, 'egress', facts),
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
