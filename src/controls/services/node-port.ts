import { sensitivePort } from '../../facts/sensitive-ports.ts';
import { fail, notApplicable } from '../../model/verdict.ts';
import { service } from './examples.ts';
import { serviceControl } from './service-control.ts';

export default serviceControl({
  id: 'services/node-port',
  title: 'Services open no ports on the nodes',
  severity: 'medium',
  why: 'A node port is open on every address of every node, past Ingress, TLS and the load balancer’s lists. A firewall before the nodes is all that keeps people from it.',
  remedy: 'Use type ClusterIP and publish the Service through an Ingress, a Gateway or a load balancer.',
  // That tells who answers there, and has the same cause.
  coveredBy: ['services/sensitive-interface'],
  judge: ({ object, type, ports }) => {
    if (type !== 'NodePort') return notApplicable('it asks for no ports on nodes');
    const grave = ports.find(({ port, target }) => sensitiveName(port, target) !== undefined);
    const name = grave === undefined ? undefined : sensitiveName(grave.port, grave.target);
    const what = name === undefined ? '' : `, which is ${name}`;
    const message = `Service ${object.name} opens ${ports.length === 1 ? 'a port' : `${ports.length} ports`} on every node${what}`;
    return fail(message, ['spec', 'type'], name === undefined ? {} : { severity: 'high' });
  },
  examples: {
    fail: [
      service('type: NodePort, ports: [{port: 80, targetPort: 8080}]'),
      service('type: NodePort, ports: [{port: 22}]'),
    ],
    pass: [
      `${service('ports: [{port: 80}]')}---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n`,
    ],
  },
});

function sensitiveName(port: number, target: number | string): string | undefined {
  return sensitivePort(port) ?? (typeof target === 'number' ? sensitivePort(target) : undefined);
}
