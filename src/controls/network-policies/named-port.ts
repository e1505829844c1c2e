import { networkReachability } from '../../facts/network.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { type BitSet, directions, type RulePort } from '../../semantics/network-policy/index.ts';
import { documents, pod, policy } from './examples.ts';
import { compiledPolicy, named, policyControl } from './policy-control.ts';

export default policyControl({
  id: 'network-policies/named-port',
  title: 'Ports that policies name are declared by pods',
  severity: 'low',
  why: 'A name that no container port of the destination has, with the same protocol, takes no connection at all.',
  remedy: 'Write the name as the containers declare it, or the number.',
  coveredBy: [
    ...['network-policies/enforced-kind', 'network-policies/valid', 'network-policies/selects-nothing'],
    'network-policies/peer-selects-nothing',
  ],
  failures: (each, facts) => {
    const compiled = compiledPolicy(facts, each);
    if (compiled === undefined || compiled.subject.isEmpty()) return [];
    const { classes } = facts.get(networkReachability);
    const declares = (targets: BitSet, port: RulePort & { readonly name: string }): boolean =>
      targets.members().some((at) => {
        const one = classes.all[at];
        return (
          one?.kind === 'pods' &&
          (one.pods[0]?.ports.some(
            (own) => own.name === port.name && (port.protocol === 'any' || own.protocol === port.protocol),
          ) ??
            false)
        );
      });
    const found: Failure[] = [];
    for (const direction of directions) {
      for (const [number, rule] of (each[direction]?.rules ?? []).entries()) {
        const targets =
          direction === 'ingress' ? compiled.subject : compiled.egress?.[number]?.may.clone().and(classes.pods);
        if (rule.ports === 'all' || targets === undefined || targets.isEmpty()) continue;
        for (const [at, port] of rule.ports.entries()) {
          if (!('name' in port) || declares(targets, port)) continue;
          const path = [...rule.path, 'ports', at];
          const whose = direction === 'ingress' ? 'that it selects' : 'that it lets out to';
          found.push(
            fail(
              `${named(each)} takes port "${port.name}", which no pod ${whose} declares for ${port.protocol}`,
              path,
              { key: path.join('.') },
            ),
          );
        }
      }
    }
    return found;
  },
  examples: {
    fail: [
      documents(pod('web'), policy('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: https}]}]}')),
      documents(
        pod('web'),
        policy('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: http, protocol: UDP}]}]}'),
      ),
    ],
    pass: [
      documents(pod('web'), policy('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: http}]}]}')),
    ],
  },
});
