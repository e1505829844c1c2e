import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';
import { hostPathVolumes } from './host-path-volumes.ts';

export default control({
  id: 'pods/cloud-credential-path',
  title: 'Pods do not mount cloud credentials of their node',
  severity: 'high',
  subject: 'pod',
  why: 'The credentials of a node are worth more than the pod, and often more than the cluster: they reach disks, networks and machines in the cloud account.',
  remedy: 'Give the pod an identity of its own, through the workload identity of the cloud provider.',
  check: ({ pod }) => {
    const volumes = hostPathVolumes(pod, 'cloud-credentials');
    if (volumes.length === 0) return pass;
    return volumes.map(({ description, at, volume, items }) => fail(description, at, { key: volume.name, items }));
  },
  examples: {
    fail: [
      inPod('volumes: [{ name: aws, hostPath: { path: /root/.aws } }]'),
      inPod('volumes: [{ name: azure, hostPath: { path: /etc/kubernetes/azure.json, type: File } }]'),
      inPod('volumes: [{ name: gcloud, hostPath: { path: /home/ops/.config/gcloud/ } }]'),
    ],
    pass: [
      inPod('volumes: [{ name: data, hostPath: { path: /srv/.awstats } }]'),
      inPod('volumes: [{ name: aws, secret: { secretName: aws } }]'),
    ],
  },
});
