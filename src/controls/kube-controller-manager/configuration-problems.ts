import { configurationControl } from '../configuration-problems.ts';
import { staticPod } from '../node-examples.ts';

export default configurationControl('kube-controller-manager', {
  examples: {
    fail: [
      staticPod('kube-controller-manager', ['--port=0']),
      staticPod('kube-controller-manager', ['--leader-elect=maybe']),
    ],
    pass: [
      staticPod('kube-controller-manager', ['--profiling=false']),
      staticPod('kube-controller-manager', ['--port=0'], 'v1.20.2'),
    ],
  },
});
