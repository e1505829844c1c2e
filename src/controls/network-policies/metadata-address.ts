import { networkReachability } from '../../facts/network.ts';
import { fail } from '../../model/verdict.ts';
import { cidrSet, noPorts } from '../../semantics/network-policy/index.ts';
import { documents, pod, policy } from './examples.ts';
import { compiledPolicy, named, policyControl } from './policy-control.ts';

const metadata = cidrSet('169.254.169.254/32');

export default policyControl({
  id: 'network-policies/metadata-address',
  title: 'Egress rules leave the metadata address of the cloud out',
  severity: 'medium',
  why: 'At 169.254.169.254 many clouds hand the credentials of the node to whoever asks: a rule for all addresses takes that one too.',
  remedy: 'Add 169.254.169.254/32 to the except list of the ipBlock.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid', 'network-policies/allow-all'],
  failures: (each, facts) => {
    const compiled = compiledPolicy(facts, each);
    if (compiled === undefined) return [];
    const { classes, ports } = facts.get(networkReachability);
    const targets = classes.outside(metadata);
    const http = ports.one('TCP', 80);
    return (compiled.egress ?? []).flatMap(({ rule, must, ports: own }) => {
      const isOpen =
        rule.action === 'allow' && targets.some((at) => must.has(at)) && ports.intersect(own, http) !== noPorts;
      return isOpen
        ? [fail(`${named(each)} lets pods out to 169.254.169.254`, rule.path, { key: rule.path.join('.') })]
        : [];
    });
  },
  examples: {
    fail: [
      documents(
        pod('web'),
        policy('{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}'),
      ),
    ],
    pass: [
      documents(
        pod('web'),
        policy(
          '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}]}',
        ),
      ),
      documents(
        pod('web'),
        policy(
          '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}]}',
        ),
      ),
    ],
  },
});
