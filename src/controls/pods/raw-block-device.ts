import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

/** Devices of the node that come as hostPath volumes are `pods/host-path-sensitive`. */
export default control({
  id: 'pods/raw-block-device',
  title: 'Containers get file systems, not raw block devices',
  severity: 'medium',
  subject: 'container',
  why: 'On a raw device, no file permission, quota or mount option stands between the container and the data, and the kernel of the node parses whatever is written there if it ever mounts it.',
  remedy: 'Use a claim with volumeMode: Filesystem, unless the program manages the disk itself.',
  check: ({ container }) => {
    if (container.volumeDevices.length === 0) return pass;
    return container.volumeDevices.map((name, index) => {
      const message = `container ${container.name} has the raw block device of volume ${name}`;
      return fail(message, container.at('volumeDevices', index), { key: name });
    });
  },
  examples: {
    fail: [
      inContainer('volumeDevices: [{ name: data, devicePath: /dev/xvda }]'),
      inPod('initContainers: [{ name: setup, volumeDevices: [{ name: data, devicePath: /dev/xvda }] }]'),
    ],
    pass: [inContainer('volumeMounts: [{ name: data, mountPath: /data }]'), inContainer('volumeDevices: []')],
  },
});
