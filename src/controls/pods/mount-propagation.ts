import type { Pod } from '../../model/pod.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'pods/mount-propagation',
  title: 'Mounts that containers make do not spread to their node',
  severity: 'high',
  subject: 'container',
  why: 'With Bidirectional propagation, what the container mounts appears on the node and in other pods: it can put its own files over theirs, and its mounts stay behind when it ends.',
  remedy: 'Remove mountPropagation, or use HostToContainer where the container only has to see the mounts of the node.',
  check: ({ pod, container }) => {
    let failures: Failure[] | undefined;
    let hostPaths: ReadonlySet<string> | undefined;
    for (const { mountPropagation, mountPath, name, path } of container.volumeMounts) {
      if (mountPropagation === undefined || mountPropagation === 'None') continue;
      const bidirectional = mountPropagation === 'Bidirectional';
      if (!bidirectional) {
        hostPaths ??= hostPathNames(pod);
        if (!hostPaths.has(name)) continue;
      }
      failures ??= [];
      const message = `container ${container.name} mounts volume ${name} with mountPropagation: ${mountPropagation}`;
      const more = bidirectional ? { key: mountPath } : { key: mountPath, severity: 'info' as const };
      failures.push(fail(message, [...path, 'mountPropagation'], more));
    }
    return failures ?? pass;
  },
  examples: {
    fail: [
      inContainer('volumeMounts: [{ name: data, mountPath: /data, mountPropagation: Bidirectional }]'),
      inPod(`volumes: [{ name: data, hostPath: { path: /srv } }]
initContainers: [{ name: setup, volumeMounts: [{ name: data, mountPath: /a, mountPropagation: HostToContainer }] }]`),
    ],
    pass: [
      inContainer('volumeMounts: [{ name: data, mountPath: /data, mountPropagation: None }]'),
      inContainer('volumeMounts: [{ name: data, mountPath: /data, mountPropagation: HostToContainer }]'),
    ],
  },
});

function hostPathNames(pod: Pod): ReadonlySet<string> {
  return new Set(pod.volumes.filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name));
}
