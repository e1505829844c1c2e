import type { Facts } from '../../facts/facts.ts';
import { readNode } from '../../facts/nodes.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { settingControls, settingFailure } from '../setting-control.ts';
import { apiServer, apiServerOf, isSet, kubeadmFile, kubeadmFiles, kubeadmPair, settingOf } from './server-control.ts';

const certificate = '--kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt';
const key = '--kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key';

/** How the API server reaches kubelets. Source: CIS Kubernetes Benchmark 1.12, 1.2.4 and 1.2.5. */
export default settingControls('kube-apiserver', [
  {
    name: 'kubelet-client-certificate',
    title: 'The API server shows kubelets a client certificate',
    severity: 'medium',
    why: 'Kubelets tell the API server from others by its certificate. Without one they refuse it, or are open to everyone who reaches port 10250.',
    remedy:
      'Set --kubelet-client-certificate and --kubelet-client-key to a certificate that kubelets trust, with its key.',
    setting: 'kubelet-client-certificate',
    wrong: (value, server) => {
      if (value === '') return 'logs, exec and port-forward work only with kubelets that let everyone in';
      if (isSet(server, 'kubelet-client-key')) return undefined;
      const says = 'the certificate for kubelets has no key, and cannot be shown';
      return settingFailure(server, settingOf(server, 'kubelet-client-key'), { says });
    },
    mend: {
      value: (server) => kubeadmPair(server, 'kubelet-client-certificate', 'apiserver-kubelet-client'),
      also: [
        {
          kind: 'setting',
          component: 'kube-apiserver',
          name: 'kubelet-client-key',
          value: '/etc/kubernetes/pki/apiserver-kubelet-client.key',
        },
      ],
      safety: 'safe',
      first: 'kubelets trust the CA of the certificate, and its user may use the API of nodes',
    },
    examples: {
      fail: [
        apiServer(),
        apiServer(certificate),
        apiServer() + kubeadmFiles('apiserver-kubelet-client.crt', 'apiserver-kubelet-client.key'),
      ],
      pass: [apiServer(certificate, key)],
    },
  },
  {
    name: 'kubelet-certificate-authority',
    title: 'The API server verifies the certificates of kubelets',
    severity: 'medium',
    why: 'Without the CA the API server talks to whoever answers at the address of a node: commands, input and output of kubectl exec and logs go to someone in between.',
    remedy:
      'Let kubelets have their serving certificates signed (serverTLSBootstrap: true, and approve the requests), then set --kubelet-certificate-authority to the CA.',
    setting: 'kubelet-certificate-authority',
    wrong: (value) => (value === '' ? 'certificates of kubelets are not verified' : undefined),
    mend: {
      value: (server) => kubeadmFile(server, '/etc/kubernetes/pki/ca.crt'),
      safety: 'may-break',
      first: 'the CA signed the serving certificate of every kubelet; otherwise logs and exec end',
      refusal: selfSignedKubelet,
    },
    examples: {
      fail: [apiServer(certificate, key), apiServer(certificate, key) + kubeadmFiles('ca.crt')],
      pass: [apiServer('--kubelet-certificate-authority', '/etc/kubernetes/pki/ca.crt')],
    },
  },
  {
    name: 'kubelet-https',
    title: 'The API server talks to kubelets over TLS',
    severity: 'high',
    why: 'Over plain http, commands and logs of all containers can be read and changed on the way.',
    setting: 'kubelet-https',
    moot: ({ config: { minor } }) =>
      minor === undefined || minor >= 19 ? 'since v1.19 kubelets are always reached over TLS' : undefined,
    wrong: (value) => (value === false ? 'kubelets are reached over plain http' : undefined),
    mend: { value: null, safety: 'safe' },
    examples: {
      fail: [apiServerOf('1.18', '--kubelet-https=false')],
      pass: [apiServerOf('1.18')],
    },
  },
]);

/** The kubelet of this node is the one that can be asked; the others may differ, which `first` says. */
function selfSignedKubelet(server: NodeComponent, facts: Facts): string | undefined {
  if (server.evidence === undefined) return undefined;
  const { components } = facts.get(readNode)(server.evidence);
  const kubelet = components.find(({ component }) => component === 'kubelet');
  if (kubelet === undefined) return undefined;
  if (kubelet.config.get('serverTLSBootstrap')?.value === true) return undefined;
  const own = kubelet.config.get('tlsCertFile')?.value;
  if (typeof own !== 'string' || own !== '') return undefined;
  return "this node's kubelet signs its serving certificate itself (neither serverTLSBootstrap nor tlsCertFile): the API server would refuse it";
}
