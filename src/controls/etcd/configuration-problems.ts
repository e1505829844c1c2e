import { configurationControl } from '../configuration-problems.ts';
import { file, staticPod } from '../node-examples.ts';

export default configurationControl('etcd', {
  examples: {
    fail: [
      `${staticPod('etcd', ['--config-file=/etc/kubernetes/etcd.yaml', '--client-cert-auth=true'])}${file('/etc/kubernetes/etcd.yaml', 'name: a\n')}`,
      staticPod('etcd', ['--enable-v2=false'], '3.6.4-0'),
    ],
    pass: [staticPod('etcd', ['--client-cert-auth=true'])],
  },
});
