import type { NodeComponent } from '../../model/node-component.ts';
import { settingControls, settingFailure } from '../setting-control.ts';
import { etcdUrls } from './etcd-urls.ts';
import { apiServer, isSet, kubeadmFile, kubeadmFiles, kubeadmPair, settingOf } from './server-control.ts';

const https = '--etcd-servers=https://127.0.0.1:2379';
const certificate = '--etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt';
const key = '--etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key';
const ca = '--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt';

/** A datastore behind a socket of the node, such as that of MicroK8s, has no TLS and needs none. */
function onlySockets(server: NodeComponent): string | undefined {
  const urls = etcdUrls(server).map(({ url }) => url);
  return urls.length > 0 && urls.every((url) => url.startsWith('unix:')) ? 'etcd is reached at a socket' : undefined;
}

const plain = ['kube-apiserver/etcd-https'];

/** How the API server reaches etcd. Source: CIS Kubernetes Benchmark 1.12, 1.2.23 and 1.2.26. */
export default settingControls('kube-apiserver', [
  {
    name: 'etcd-client-certificate',
    title: 'The API server shows etcd a client certificate',
    severity: 'high',
    why: 'etcd tells the API server from others by its certificate. Where the API server needs none, neither does anyone else who reaches etcd, which holds every Secret.',
    coveredBy: plain,
    remedy: 'Set --etcd-certfile and --etcd-keyfile to a client certificate that the CA of etcd signed, with its key.',
    setting: 'etcd-certfile',
    moot: onlySockets,
    wrong: (value, server) => {
      if (value === '') return 'etcd lets the API server in without a certificate, and so everyone';
      if (isSet(server, 'etcd-keyfile')) return undefined;
      const says = 'the certificate for etcd has no key, and the server does not start';
      return settingFailure(server, settingOf(server, 'etcd-keyfile'), { says });
    },
    mend: {
      value: (server) => kubeadmPair(server, 'etcd-certfile', 'apiserver-etcd-client'),
      also: [
        {
          kind: 'setting',
          component: 'kube-apiserver',
          name: 'etcd-keyfile',
          value: '/etc/kubernetes/pki/apiserver-etcd-client.key',
        },
      ],
      safety: 'safe',
      first: 'the CA of etcd signed the certificate',
    },
    examples: {
      fail: [
        apiServer(https, ca),
        apiServer(https, ca, certificate),
        apiServer(https, ca) + kubeadmFiles('apiserver-etcd-client.crt', 'apiserver-etcd-client.key'),
      ],
      pass: [apiServer(https, ca, certificate, key)],
    },
  },
  {
    name: 'etcd-ca',
    title: 'The API server verifies the certificate of etcd',
    severity: 'medium',
    why: 'Without the CA of etcd the API server trusts every CA of the system: someone in between, with a certificate of any of them, sees and changes all data.',
    coveredBy: plain,
    remedy: 'Set --etcd-cafile to the CA that signed the serving certificate of etcd.',
    setting: 'etcd-cafile',
    moot: onlySockets,
    wrong: (value) => (value === '' ? 'any CA of the system may vouch for etcd' : undefined),
    mend: {
      value: (server) => kubeadmFile(server, '/etc/kubernetes/pki/etcd/ca.crt'),
      safety: 'safe',
      first: "the CA signed etcd's serving certificate",
    },
    examples: {
      fail: [apiServer(https, certificate, key), apiServer(https, certificate, key) + kubeadmFiles('etcd/ca.crt')],
      pass: [apiServer(https, ca, certificate, key)],
    },
  },
]);
