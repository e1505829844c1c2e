import { fail } from '../../model/verdict.ts';
import { clusterPolicy } from './examples.ts';
import { named, policyControl } from './policy-control.ts';

/** Source: kubernetes-sigs/network-policy-api, v0.2.0. */
export default policyControl({
  id: 'network-policies/admin-network-policy',
  title: 'No policy is of the withdrawn kind AdminNetworkPolicy',
  severity: 'low',
  why: 'ClusterNetworkPolicy of v1alpha2 replaced AdminNetworkPolicy and BaselineAdminNetworkPolicy: newer plugins ignore these.',
  remedy: 'Write it as ClusterNetworkPolicy: tier Admin or Baseline, Accept for Allow, protocols for ports.',
  failures: (each) =>
    each.object.kind.endsWith('AdminNetworkPolicy')
      ? [fail(`${named(each)} is of a kind that ClusterNetworkPolicy replaced`, ['kind'])]
      : [],
  examples: {
    fail: [
      'apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: example}\nspec: {priority: 5, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}\n',
    ],
    pass: [clusterPolicy('tier: Admin, priority: 5, ingress: [{action: Deny, from: [{namespaces: {}}]}]')],
  },
});
