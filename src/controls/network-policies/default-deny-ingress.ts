import { control } from '../control.ts';
import { namespaces } from '../namespaces/whole-cluster.ts';
import { judgeDefault } from './default-deny.ts';
import { documents, pod, policy } from './examples.ts';

export default control({
  id: 'network-policies/default-deny-ingress',
  title: 'Namespaces with pods deny ingress by default',
  severity: 'medium',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'A policy for some pods leaves the others open, and every pod that comes later: without a default, forgetting one is enough.',
  remedy: 'Add a policy with podSelector: {} and policyTypes: [Ingress]; "bulwark network generate" writes one.',
  coveredBy: ['network-policies/namespace-policy'],
  check: ({ object }, facts) => judgeDefault(object, 'ingress', facts),
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
