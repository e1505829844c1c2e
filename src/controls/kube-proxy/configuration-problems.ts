import { configurationControl } from '../configuration-problems.ts';
import { kubeProxyConfig } from '../node-examples.ts';

export default configurationControl('kube-proxy', {
  examples: {
    fail: [kubeProxyConfig('kubeconfig: /var/lib/kube-proxy/kubeconfig'), kubeProxyConfig('mode: [iptables]')],
    pass: [kubeProxyConfig('clientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig}')],
  },
});
