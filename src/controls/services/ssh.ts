import { publishedServices } from '../../facts/published-services.ts';
import { fail, pass } from '../../model/verdict.ts';
import { service } from './examples.ts';
import { serviceControl } from './service-control.ts';

const sshPorts: ReadonlySet<number | string> = new Set([22, 2222, 'ssh', 'sshd']);

export default serviceControl({
  id: 'services/ssh',
  title: 'Nobody logs into containers by SSH',
  severity: 'low',
  why: 'A server for SSH in a pod is a way in with accounts and keys of its own, of which RBAC and the audit log know nothing.',
  remedy: 'Use kubectl exec, which is authorised and audited, and take the port out of the Service.',
  coveredBy: ['services/load-balancer-open', 'services/node-port'],
  judge: (service, facts) => {
    const { object, ports } = service;
    const found = ports.find(
      ({ port, target, protocol }) => protocol === 'TCP' && (port === 22 || port === 2222 || sshPorts.has(target)),
    );
    if (found === undefined) return pass;
    const published = facts.get(publishedServices).get(object);
    const by = published === undefined || published.by === 'few' ? '' : `, and is reached through ${published.how}`;
    const severity = by === '' ? {} : { severity: 'medium' as const };
    return fail(`port ${found.port} of Service ${object.name} is for SSH${by}`, [...found.path, 'port'], severity);
  },
  examples: {
    fail: [service('ports: [{port: 22}]'), service('ports: [{port: 8022, targetPort: ssh}]')],
    pass: [service('ports: [{port: 80, targetPort: http}]'), service('ports: [{port: 22, protocol: UDP}]')],
  },
});
