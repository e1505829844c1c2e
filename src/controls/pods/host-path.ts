import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';
import { hostPathVolumes } from './host-path-volumes.ts';

export default control({
  id: 'pods/host-path',
  title: 'Pods do not use the file system of their node',
  severity: 'medium',
  subject: 'pod',
  why: 'A hostPath volume ties the pod to what lies on the node and shows it what was not meant for it; every policy that allows one has to be trusted with all paths.',
  remedy:
    'Use a configMap, a secret, an emptyDir or a persistent volume claim; for logs and metrics of nodes, keep the agent that needs them in a namespace of its own.',
  check: ({ pod }) => {
    const volumes = hostPathVolumes(pod, 'plain');
    if (volumes.length === 0) return pass;
    return volumes.map(({ description, at, volume, items }) => fail(description, at, { key: volume.name, items }));
  },
  examples: {
    fail: [
      inPod('volumes: [{ name: data, hostPath: { path: /srv/data } }]'),
      inPod(`volumes: [{ name: zone, hostPath: { path: /etc/localtime } }]
initContainers: [{ name: setup, volumeMounts: [{ name: zone, mountPath: /etc/localtime, readOnly: true }] }]`),
    ],
    pass: [inPod('volumes: [{ name: data, emptyDir: {} }]'), inPod('')],
  },
});
