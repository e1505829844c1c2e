import { isList, own } from '../../model/json.ts';
import { stringsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { fail } from '../../model/verdict.ts';
import { policy } from './examples.ts';
import { isKubernetes, named, policyControl } from './policy-control.ts';

/** Source: NetworkPolicySpec of networking.k8s.io/v1, policyTypes. */
export default policyControl({
  id: 'network-policies/policy-types',
  title: 'NetworkPolicies name the directions of their rules',
  severity: 'medium',
  why: 'Rules of a direction that policyTypes leaves out count for nothing: everything is allowed that way.',
  remedy: 'Add the direction to spec.policyTypes, or delete its rules.',
  failures: (each) => {
    if (!isKubernetes(each)) return [];
    const spec = own(each.object.value, 'spec');
    const types = stringsIn(valueAt(spec, ['policyTypes']));
    if (types.length === 0) return [];
    return (
      [
        ['ingress', 'Ingress'],
        ['egress', 'Egress'],
      ] as const
    ).flatMap(([field, type]) => {
      const rules = valueAt(spec, [field]);
      if (types.includes(type) || !isList(rules) || rules.length === 0) return [];
      return [
        fail(
          `${named(each)} has ${field} rules that count for nothing: policyTypes is ${types.join(', ')}`,
          ['spec', field],
          { key: field },
        ),
      ];
    });
  },
  examples: {
    fail: [policy('{podSelector: {}, policyTypes: [Ingress], egress: [{ports: [{port: 443}]}]}')],
    pass: [
      policy('{podSelector: {}, egress: [{ports: [{port: 443}]}]}'),
      policy('{podSelector: {}, policyTypes: [Egress], egress: []}'),
    ],
  },
});
