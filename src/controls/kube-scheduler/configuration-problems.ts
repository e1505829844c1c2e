import { configurationControl } from '../configuration-problems.ts';
import { file, staticPod } from '../node-examples.ts';

export default configurationControl('kube-scheduler', {
  examples: {
    fail: [
      `${staticPod('kube-scheduler', ['--config=/etc/kubernetes/scheduler.yaml', '--profiling=false'])}${file('/etc/kubernetes/scheduler.yaml', 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n')}`,
      staticPod('kube-scheduler', ['--config=/etc/kubernetes/nowhere.yaml']),
    ],
    pass: [staticPod('kube-scheduler', ['--profiling=false'])],
  },
});
