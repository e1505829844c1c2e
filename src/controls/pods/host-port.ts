import { edit } from '../../model/edit.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'pods/host-port',
  title: 'Containers do not take ports of their node',
  severity: 'medium',
  subject: 'container',
  why: 'A host port opens the container to everything that can reach the node, past Services and in most clusters past NetworkPolicies, and ties the pod to nodes where the port is free.',
  remedy: 'Remove hostPort, and publish the container port with a Service.',
  // In the host network every container port is a host port; taking the pod out of it mends them all.
  coveredBy: ['pods/host-network', 'pods/windows-host-process'],
  check: ({ container }) => {
    let failures: Failure[] | undefined;
    for (const { hostPort, protocol, path } of container.ports) {
      if (hostPort === 0) continue;
      failures ??= [];
      const message = `container ${container.name} takes port ${hostPort}/${protocol} of the node`;
      failures.push(fail(message, [...path, 'hostPort'], { key: String(hostPort) }));
    }
    return failures ?? pass;
  },
  fix: { safety: 'may-break', edits: (_, failure) => [edit.remove(failure.at)] },
  examples: {
    fail: [
      inContainer('ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 53, hostPort: 53, protocol: UDP }]'),
      inPod('initContainers: [{ name: setup, image: busybox:1.37, ports: [{ containerPort: 80, hostPort: 80 }] }]'),
    ],
    pass: [
      inContainer('ports: [{ containerPort: 80 }]'),
      inContainer('ports: [{ containerPort: 80, hostPort: 0 }]'),
      inPod('hostNetwork: true'),
    ],
  },
});
