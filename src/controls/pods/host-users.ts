import { serverVersion } from '../../facts/cluster-version.ts';
import type { Container } from '../../model/container.ts';
import type { Pod } from '../../model/pod.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { restrictedCapability } from '../../semantics/pod-security/allowed.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

const unavailable = notApplicable('the API server allows no user namespace for such a pod');
const tooOld = notApplicable('user namespaces are not there before Kubernetes 1.33');

export default control({
  id: 'pods/host-users',
  title: 'Pods that run as root use a user namespace',
  severity: 'low',
  subject: 'pod',
  why: 'Without a user namespace, root in the container is root on the node the moment that it gets out; in one it is a user that owns nothing there.',
  remedy:
    'Set hostUsers: false (Kubernetes 1.33 or later, with a file system that supports it on the nodes), or run the containers as another user.',
  check: ({ pod }, facts) => {
    if (pod.hostUsers === false) return pass;
    for (const container of pod.containers) {
      const power = powerOnNode(container);
      if (power === undefined) continue;
      if (!mayUseUserNamespace(pod)) return unavailable;
      const server = facts.get(serverVersion);
      if (server !== undefined && server.minor < 33) return tooOld;
      const message = `container ${container.name} ${power}, and the pod does not set hostUsers: false`;
      // What the container may do has findings of its own.
      return fail(message, pod.at('hostUsers'), { items: [] });
    }
    return pass;
  },
  examples: {
    fail: [
      inContainer('securityContext: { runAsUser: 0 }'),
      inPod('hostUsers: true\nsecurityContext: { runAsUser: 0 }'),
      inContainer('securityContext: { runAsUser: 1000, capabilities: { add: [CHOWN] } }'),
    ],
    pass: [
      inPod('hostUsers: false\nsecurityContext: { runAsUser: 0 }'),
      inContainer('securityContext: { runAsUser: 1000, capabilities: { add: [NET_BIND_SERVICE] } }'),
      // Nobody says that this one runs as root.
      inPod(''),
      inPod('hostNetwork: true\nsecurityContext: { runAsUser: 0 }'),
    ],
  },
});

/** Privileged containers own the node with a user namespace or without, and have a control of their own. */
function powerOnNode(container: Container): string | undefined {
  if (container.securityContext.privileged === true) return undefined;
  if (container.effective.runAsUser === 0) return 'runs as root (runAsUser: 0)';
  const added = container.securityContext.capabilities.add.find((name) => name !== restrictedCapability);
  return added === undefined ? undefined : `adds ${added}`;
}

function mayUseUserNamespace(pod: Pod): boolean {
  if (pod.hostNetwork || pod.hostPID || pod.hostIPC || pod.os === 'windows') return false;
  return pod.containers.every((container) => container.volumeDevices.length === 0);
}
