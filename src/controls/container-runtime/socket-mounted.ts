import type { Pod } from '../../model/pod.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';
import { classifyHostPath } from '../pods/host-path-class.ts';

export default control({
  id: 'container-runtime/socket-mounted',
  title: 'The socket of the container runtime stays out of pods',
  severity: 'critical',
  subject: 'pod',
  why: 'Whoever can talk to the runtime starts a privileged container on the node, past every check of the API server, and reads the files and secrets of every other pod there.',
  remedy:
    'Take the volume out. Build images with a builder that needs no daemon, and read container metadata from the kubelet or the API server.',
  check: ({ pod }) => {
    let failures: Failure[] | undefined;
    for (const { name, hostPath, path } of pod.volumes) {
      if (hostPath === undefined || classifyHostPath(hostPath.path) !== 'runtime-socket') continue;
      failures ??= [];
      const message = `volume ${name} gives ${hostPath.path} of the node${toWhom(pod, name)}, and with it the runtime's socket`;
      failures.push(fail(message, [...path, 'hostPath', 'path'], { key: name }));
    }
    return failures ?? pass;
  },
  examples: {
    fail: [
      inPod('volumes: [{ name: docker, hostPath: { path: /var/run/docker.sock } }]'),
      inPod('volumes: [{ name: run, hostPath: { path: /run/ } }]'),
      inPod(
        'volumes: [{ name: cri, hostPath: { path: /run/containerd/../containerd/containerd.sock, type: Socket } }]',
      ),
    ],
    pass: [
      inPod('volumes: [{ name: logs, hostPath: { path: /var/log/pods } }]'),
      inPod('volumes: [{ name: run, emptyDir: { sizeLimit: 1Mi } }]'),
    ],
  },
});

function toWhom(pod: Pod, volume: string): string {
  const names = pod.containers
    .filter(({ volumeMounts }) => volumeMounts.some(({ name }) => name === volume))
    .map(({ name }) => name);
  return names.length === 0 ? '' : ` to ${names.join(', ')}`;
}
