import type { Container } from '../model/container.ts';
import { type Json, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import type { Pod } from '../model/pod.ts';
import { fromObject } from './event-fields.ts';
import type { DerivedField } from './field.ts';
import { hidden } from './truth.ts';
import { metadataOf } from './view.ts';

/**
 * The pods that a request makes or changes: a pod, or the template of any workload that Bulwark knows, custom resources
 * included, with init, sidecar and ephemeral containers. Absent for any other object.
 */
export const podFields: readonly DerivedField[] = [
  ofPods(
    'pod.privileged',
    'names of the privileged containers',
    containers((container) => container.securityContext.privileged === true && container.name),
  ),
  ofPods('pod.hostNamespaces', 'which of `network`, `pid`, `ipc` the pod shares with the host', (pod) =>
    hostNamespaces(pod),
  ),
  ofPods('pod.hostPaths', 'paths of the host that it mounts, without `..`, doubled or trailing slashes', (pod) =>
    pod.volumes.flatMap(({ hostPath }) => (hostPath === undefined ? [] : [cleanPath(hostPath.path)])),
  ),
  ofPods(
    'pod.capabilities',
    'capabilities that containers add, without `CAP_`',
    containers(({ securityContext }) =>
      securityContext.capabilities.add.map((name) => name.toUpperCase().replace(/^CAP_/, '')),
    ),
  ),
  ofPods(
    'pod.optOuts',
    'other isolation that is given up: `seccomp`, `apparmor`, `procMount`, `shareProcessNamespace`, `hostProcess`, `hostPort`',
    (pod) => optOuts(pod),
  ),
  ofPods(
    'pod.images',
    'images of its containers',
    containers(({ image }) => image ?? false),
  ),
  ofPods(
    'pod.repositories',
    'the same without tag and digest',
    containers(({ image }) => (image === undefined ? false : image.replace(/@.*$/, '').replace(/:[^:/]*$/, ''))),
  ),
  ofPods(
    'pod.commands',
    'command and arguments of each container, joined by blanks',
    containers(({ command, args }) => [...command, ...args].join(' ') || false),
  ),
  ofPods(
    'pod.containers',
    'names of its containers',
    containers(({ name }) => name),
  ),
  ofPods('pod.serviceAccount', 'the service account that it runs as', (pod, partial) =>
    partial && pod.serviceAccountName === 'default' ? [] : [pod.serviceAccountName],
  ),
  ofPods('pod.nodeName', 'the node that it asks for by name, past the scheduler', (pod) =>
    pod.nodeName === undefined || pod.nodeName === '' ? [] : [pod.nodeName],
  ),
  ofPods(
    'pod.hostPorts',
    'ports of the host that it takes',
    containers(({ ports }) => ports.flatMap(({ hostPort }) => (hostPort === 0 ? [] : [hostPort]))),
  ),
  {
    name: 'pod.owners',
    known: 'event',
    level: 'Request',
    about: 'kinds of the owners of the object that is written',
    read: fromObject((value) => objectsIn(own(metadataOf(value), 'ownerReferences')).map(({ kind }) => kind ?? '')),
  },
  ofPods('pod.template', '`true` for anything that is a pod or makes pods', () => [true]),
];

type Found = Json | readonly Json[] | false;

function ofPods(name: string, about: string, find: (pod: Pod, partial: boolean) => readonly Json[]): DerivedField {
  return {
    name,
    known: 'event',
    level: 'Request',
    about,
    read: fromObject((_, { pods, event, object }) => {
      const subresource = event.object?.subresource ?? '';
      if (subresource !== '' && subresource !== 'ephemeralcontainers') return undefined;
      const partial = object !== undefined && object !== hidden && object.partial;
      return pods.length === 0 ? undefined : pods.flatMap((pod) => find(pod, partial));
    }),
  };
}

function containers(find: (container: Container) => Found): (pod: Pod) => readonly Json[] {
  return (pod) =>
    pod.containers.flatMap((container): readonly Json[] => {
      const found = find(container);
      if (found === false) return [];
      return Array.isArray(found) ? found : [found as Json];
    });
}

function hostNamespaces({ hostNetwork, hostPID, hostIPC }: Pod): readonly string[] {
  return [...(hostNetwork ? ['network'] : []), ...(hostPID ? ['pid'] : []), ...(hostIPC ? ['ipc'] : [])];
}

function optOuts(pod: Pod): readonly string[] {
  const found = new Set<string>();
  if (pod.shareProcessNamespace) found.add('shareProcessNamespace');
  for (const [key, value] of pod.annotations) {
    if (key.startsWith('container.apparmor.security.beta.kubernetes.io/') && value === 'unconfined')
      found.add('apparmor');
  }
  for (const { securityContext, effective, ports } of pod.containers) {
    if (effective.seccompProfile?.type === 'Unconfined') found.add('seccomp');
    if (effective.appArmorProfile?.type === 'Unconfined') found.add('apparmor');
    if (securityContext.procMount === 'Unmasked') found.add('procMount');
    if (effective.windowsOptions?.hostProcess === true) found.add('hostProcess');
    if (!pod.hostNetwork && ports.some(({ hostPort }) => hostPort !== 0)) found.add('hostPort');
  }
  return [...found];
}

/** As the kubelet resolves it: `/etc/`, `//etc` and `/var/../etc` are `/etc`. */
function cleanPath(path: string): string {
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '' || step === '.') continue;
    if (step === '..') steps.pop();
    else steps.push(step);
  }
  return `/${steps.join('/')}`;
}
