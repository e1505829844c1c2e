import { configurationControl } from '../configuration-problems.ts';
import { kubeletConfig, staticPod, unit } from '../node-examples.ts';

export default configurationControl('kubelet', {
  examples: {
    fail: [
      kubeletConfig('anonymous: {enabled: false}'),
      kubeletConfig('readOnlyPort: 0', 'readOnlyPort: 10255'),
      `${unit('kubelet', ['--network-plugin=cni'])}${staticPod('kube-scheduler', [])}`,
    ],
    pass: [kubeletConfig('readOnlyPort: 0'), unit('kubelet', ['--v=2'])],
  },
});
