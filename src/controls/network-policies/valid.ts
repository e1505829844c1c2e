import { fail } from '../../model/verdict.ts';
import { policy } from './examples.ts';
import { named, policyControl } from './policy-control.ts';

export default policyControl({
  id: 'network-policies/valid',
  title: 'Network policies are as the API server takes them',
  severity: 'medium',
  why: 'What the API server refuses protects nothing, and what means something else than it says protects something else.',
  remedy: 'Write the field as the API has it, and apply the policy with a dry run on the server.',
  failures: (each) =>
    each.problems.map(({ path, message }) =>
      fail(`${named(each)}: ${message}`, path, {
        key: message,
        // It works, and says something else than what was meant at the most.
        ...(/: it means |does not lie strictly/.test(message) && { severity: 'low' as const }),
      }),
    ),
  examples: {
    fail: [
      policy('{podSelector: web, policyTypes: [Ingress]}'),
      policy('{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.5/24}}]}]}'),
      policy(
        '{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24, except: ["fd00::/64", 10.1.0.0/16]}}]}]}',
      ),
      policy('{podSelector: {}, ingress: [{ports: [{port: 9000, endPort: 8000}]}]}'),
      policy('{podSelector: {}, ingress: [{ports: [{port: http, endPort: 8000}]}]}'),
      policy('{podSelector: {matchExpressions: [{key: app, operator: In, values: []}]}}'),
    ],
    pass: [
      policy(
        '{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24}}], ports: [{port: 8000, endPort: 9000}]}]}',
      ),
    ],
  },
});
