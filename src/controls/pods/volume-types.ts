import { type Failure, fail, pass } from '../../model/verdict.ts';
import { restrictedVolumeTypes } from '../../semantics/pod-security/allowed.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

export default control({
  id: 'pods/volume-types',
  title: 'Pods use storage through claims, not by naming servers and disks',
  severity: 'low',
  subject: 'pod',
  why: 'A volume that names its server or disk goes past what the cluster checks of claims, so whoever writes the pod chooses what storage it reaches, and with whose credentials.',
  remedy: 'Make a PersistentVolume for the storage, and use it through a persistentVolumeClaim.',
  check: ({ pod }) => {
    let failures: Failure[] | undefined;
    for (const { type, name, path } of pod.volumes) {
      // hostPath and gitRepo have controls of their own.
      if (restrictedVolumeTypes.has(type) || type === 'hostPath' || type === 'gitRepo') continue;
      failures ??= [];
      failures.push(fail(`volume ${name} is of type ${type}`, [...path, type], { key: name }));
    }
    return failures ?? pass;
  },
  examples: {
    fail: [
      inPod('volumes: [{ name: data, nfs: { server: nfs.example, path: /data } }]'),
      inPod('volumes: [{ name: data, cephfs: { monitors: [ceph.example] } }]'),
    ],
    pass: [
      inPod('volumes: [{ name: data, image: { reference: registry.example/data:1.0 } }, { name: tmp }]'),
      inPod('volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }, { name: tmp, emptyDir: {} }]'),
      inPod('volumes: [{ name: data, hostPath: { path: /data } }]'),
    ],
  },
});
