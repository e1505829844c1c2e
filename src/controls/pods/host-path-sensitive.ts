import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';
import { normaliseHostPath } from './host-path-class.ts';
import { type HostPathVolume, hostPathVolumes } from './host-path-volumes.ts';

export default control({
  id: 'pods/host-path-sensitive',
  title: 'Pods do not mount what runs or configures their node',
  severity: 'critical',
  subject: 'pod',
  why: 'These folders hold the programs, keys and settings of the node and the data of other pods: writing there takes the node over, and reading is mostly enough.',
  remedy:
    'Mount the one file that is needed, read-only; agents that need more belong in a namespace that nobody else may use. Each folder is told by itself, so that one that is needed can be accepted alone.',
  check: ({ pod }) => {
    const volumes = hostPathVolumes(pod, 'sensitive');
    if (volumes.length === 0) return pass;
    return volumes.map((volume) =>
      fail(volume.description, volume.at, {
        key: volume.volume.name,
        severity: severityOf(volume),
        items: volume.items,
      }),
    );
  },
  examples: {
    fail: [
      inPod('volumes: [{ name: root, hostPath: { path: / } }]'),
      inPod('volumes: [{ name: etc, hostPath: { path: /etc/ } }]'),
      inPod('volumes: [{ name: pods, hostPath: { path: /var/lib/kubelet/pods, type: Directory } }]'),
      inPod(`volumes: [{ name: disk, hostPath: { path: /srv/disk0, type: BlockDevice } }]
initContainers: [{ name: setup, volumeMounts: [{ name: disk, mountPath: /disk, readOnly: true }] }]`),
    ],
    pass: [
      inPod('volumes: [{ name: data, hostPath: { path: /srv/etc } }]'),
      inPod('volumes: [{ name: etc, hostPath: { path: /etcetera } }]'),
      inPod('volumes: [{ name: zone, hostPath: { path: /etc/localtime } }]'),
    ],
  },
});

/** Read-only is no comfort at the top: sockets open without writing, and mounts further down stay writable. */
function severityOf({ access, path }: HostPathVolume) {
  if (access === 'writable') return 'critical';
  const normal = normaliseHostPath(path);
  return access === 'read-only' && (normal === '/' || normal === '/var') ? 'critical' : 'high';
}
