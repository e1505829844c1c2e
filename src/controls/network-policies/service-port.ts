import { networkReachability } from '../../facts/network.ts';
import { networkServices, targetPorts } from '../../facts/network-services.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { documents, pod, policy } from './examples.ts';
import { compiledPolicy, named, policyControl } from './policy-control.ts';

export default policyControl({
  id: 'network-policies/service-port',
  title: 'Network policies name ports of pods, not of Services',
  severity: 'low',
  why: 'Policies see connections after the Service has been resolved: a rule for the port of the Service takes none of them.',
  remedy: 'Write the targetPort of the Service, or the name of the container port.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid', 'network-policies/selects-nothing'],
  failures: (each, facts) => {
    const compiled = compiledPolicy(facts, each);
    if (compiled === undefined || each.ingress === undefined) return [];
    const { classes } = facts.get(networkReachability);
    const found: Failure[] = [];
    for (const rule of each.ingress.rules) {
      if (rule.ports === 'all' || rule.action !== 'allow') continue;
      for (const [at, port] of rule.ports.entries()) {
        if (!('from' in port) || port.from !== port.to) continue;
        const wrong = facts.get(networkServices).find(({ pods, ports }) =>
          pods.some((one) => {
            const here = classes.classOf(one);
            if (here === undefined || !compiled.subject.has(here) || one.ports.some((own) => own.port === port.from))
              return false;
            const served = ports.find((own) => own.port === port.from && own.protocol === port.protocol);
            const targets = served === undefined ? [] : targetPorts(served, one);
            return targets.length > 0 && !targets.includes(port.from);
          }),
        );
        if (wrong === undefined) continue;
        const path = [...rule.path, 'ports', at];
        found.push(
          fail(
            `${named(each)} takes port ${port.from}, which is that of Service ${wrong.object.name} and of no pod behind it`,
            path,
            { key: path.join('.') },
          ),
        );
      }
    }
    return found;
  },
  examples: {
    fail: [
      documents(
        pod('web'),
        service(),
        policy('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}'),
      ),
    ],
    pass: [
      documents(
        pod('web'),
        service(),
        policy('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8080}]}]}'),
      ),
      documents(
        pod('web'),
        service(),
        policy('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: http}]}]}'),
      ),
    ],
  },
});

function service(): string {
  return `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
`;
}
