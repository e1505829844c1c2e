import { networkEnforcement } from '../../facts/network-enforcement.ts';
import { networkPolicies } from '../../facts/network-policies.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { clusterPolicy, documents, plugin, policy } from './examples.ts';

const kinds =
  /^(?:networking\.k8s\.io\/NetworkPolicy|extensions\/NetworkPolicy|policy\.networking\.k8s\.io\/\w+|cilium\.io\/Cilium\w*NetworkPolicy|(?:crd\.)?projectcalico\.org\/(?:Global)?NetworkPolicy)$/;

const noPolicy = notApplicable('it is no network policy');

export default control({
  id: 'network-policies/enforced-kind',
  title: 'Something in the cluster enforces this policy',
  severity: 'high',
  subject: 'object',
  why: 'A policy that nothing enforces is words: everybody who reads it believes in a wall that is not there.',
  remedy: 'Run the network plugin that the policy is for, or write it as one that the plugin here enforces.',
  check: ({ object }, facts) => {
    const kind = groupKind(object);
    if (!kinds.test(kind)) return noPolicy;
    const { state, plugins } = facts.get(networkEnforcement);
    if (plugins.length === 0) return notApplicable('the evidence shows no network plugin');
    const names = [...new Set(plugins.map(({ name }) => name))].join(', ');
    const foreign = facts.get(networkPolicies).foreign.get(object);
    if (foreign !== undefined) return fail(`${object.kind} ${object.name} ${foreign}`, ['kind']);
    if (state === 'not-enforced')
      return fail(`${object.kind} ${object.name} is enforced by nothing: ${names} does not`, ['kind']);
    return state === 'unknown' ? unknown(`whether ${names} enforces policies as it is set up here is not known`) : pass;
  },
  examples: {
    fail: [
      documents(plugin('docker.io/flannel/flannel:v0.25.1'), policy('{podSelector: {}}')),
      documents(
        plugin('quay.io/cilium/cilium:v1.16.1'),
        clusterPolicy('tier: Admin, priority: 5, ingress: [{action: Deny, from: [{namespaces: {}}]}]'),
      ),
      documents(
        plugin('docker.io/calico/node:v3.28.0'),
        'apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: web, namespace: shop}\nspec: {endpointSelector: {}, ingress: [{}]}\n',
      ),
    ],
    pass: [documents(plugin('quay.io/cilium/cilium:v1.16.1'), policy('{podSelector: {}}'))],
  },
});
