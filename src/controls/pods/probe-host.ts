import { edit } from '../../model/edit.ts';
import { formatPath } from '../../model/path.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer } from '../examples.ts';

export default control({
  id: 'pods/probe-host',
  title: 'Probes and lifecycle hooks call the pod itself',
  severity: 'medium',
  subject: 'container',
  why: 'The kubelet makes these calls from the network of the node: with another host, whoever writes the pod sends requests to what only the node can reach.',
  remedy: 'Remove host, so that the kubelet calls the pod; for a virtual host, set the Host header in httpHeaders.',
  // In the host network the container reaches the same by itself, and 127.0.0.1 is the node either way.
  coveredBy: ['pods/host-network', 'pods/windows-host-process'],
  check: ({ container }) => {
    if (container.handlerHosts.length === 0) return pass;
    return container.handlerHosts.map(({ host, path }) => {
      const field = formatPath(path.slice(container.path.length));
      return fail(`container ${container.name} sets ${field} to ${host}`, path, { key: field });
    });
  },
  fix: { safety: 'may-break', edits: (_, failure) => [edit.remove(failure.at)] },
  examples: {
    fail: [
      inContainer('livenessProbe: { httpGet: { port: 80, host: 169.254.169.254 } }'),
      inContainer('readinessProbe: { tcpSocket: { port: 80, host: 127.0.0.1 } }'),
      inContainer('lifecycle: { preStop: { httpGet: { port: 80, host: bad.example } } }'),
    ],
    pass: [
      inContainer('livenessProbe: { httpGet: { port: 80 } }'),
      inContainer('startupProbe: { httpGet: { port: 80, host: "" } }'),
    ],
  },
});
