import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';
import { hostPathVolumes, readOnlyEdits } from './host-path-volumes.ts';

export default control({
  id: 'pods/host-path-writable',
  title: 'Containers cannot write to the file system of their node',
  severity: 'high',
  subject: 'pod',
  why: 'What a container leaves on the node outlives it, fills the disk for everyone, and through a link or a program that something on the node runs becomes a way out.',
  remedy: 'Mount it with readOnly: true, and recursiveReadOnly: Enabled where the node has other mounts below it.',
  check: ({ pod }) => {
    const volumes = hostPathVolumes(pod, 'writable');
    if (volumes.length === 0) return pass;
    return volumes.map(({ description, at, volume, items }) => fail(description, at, { key: volume.name, items }));
  },
  fix: { safety: 'may-break', edits: ({ pod }, failure) => readOnlyEdits(pod, failure.key) },
  examples: {
    fail: [
      inPod(`volumes: [{ name: data, hostPath: { path: /srv/data } }]
initContainers: [{ name: setup, volumeMounts: [{ name: data, mountPath: /data }] }]`),
      inPod(`volumes: [{ name: data, hostPath: { path: /srv/data } }]
ephemeralContainers:
  - { name: reader, volumeMounts: [{ name: data, mountPath: /data, readOnly: true }] }
  - { name: writer, volumeMounts: [{ name: data, mountPath: /data, readOnly: false }] }`),
    ],
    pass: [
      inPod(`volumes: [{ name: data, hostPath: { path: /srv/data } }]
initContainers: [{ name: setup, volumeMounts: [{ name: data, mountPath: /data, readOnly: true }] }]`),
      inPod(`volumes: [{ name: data, emptyDir: {} }]
initContainers: [{ name: setup, volumeMounts: [{ name: data, mountPath: /data }] }]`),
    ],
  },
});
