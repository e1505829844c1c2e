import { settingControls, settingFailure } from '../setting-control.ts';
import { tlsRows } from '../tls-rows.ts';
import { apiServer, apiServerOf, isSet, kubeadmFiles, kubeadmPair, settingOf } from './server-control.ts';

const ecdhe = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';

/** The server's own TLS. Sources: CIS Kubernetes Benchmark 1.12, 1.2.24 and 1.2.29; crypto/tls of Go. */
export default settingControls('kube-apiserver', [
  {
    name: 'tls-certificate',
    title: 'The API server has a serving certificate that a CA signed',
    severity: 'medium',
    why: 'Without one the server makes a certificate for itself, which nobody can verify: clients learn to accept any, and send their tokens to whoever answers.',
    remedy:
      'Set --tls-cert-file and --tls-private-key-file to a certificate that the CA of the cluster signed, with its key.',
    setting: 'tls-cert-file',
    wrong: (value, server) => {
      if (value === '') return 'the server signs a certificate for itself, which clients cannot verify';
      if (isSet(server, 'tls-private-key-file')) return undefined;
      const says = 'the certificate has no key, and the server does not start';
      return settingFailure(server, settingOf(server, 'tls-private-key-file'), { says });
    },
    mend: {
      value: (server) => kubeadmPair(server, 'tls-cert-file', 'apiserver'),
      safety: 'safe',
      first: 'the certificate is for the names and addresses that clients use',
      also: [
        {
          kind: 'setting',
          component: 'kube-apiserver',
          name: 'tls-private-key-file',
          value: '/etc/kubernetes/pki/apiserver.key',
        },
      ],
    },
    examples: {
      fail: [
        apiServer(),
        apiServer('--tls-cert-file=/etc/kubernetes/pki/apiserver.crt'),
        apiServer() + kubeadmFiles('apiserver.crt', 'apiserver.key'),
      ],
      pass: [
        apiServer(
          '--tls-cert-file=/etc/kubernetes/pki/apiserver.crt',
          '--tls-private-key-file=/etc/kubernetes/pki/apiserver.key',
        ),
      ],
    },
  },
  ...tlsRows({
    called: 'The API server',
    suites: 'tls-cipher-suites',
    minVersion: 'tls-min-version',
    minVersionSeverity: 'high',
    http2: true,
    examples: {
      suites: {
        fail: [
          apiServer(),
          apiServerOf('1.20'),
          apiServer(`--tls-cipher-suites=${ecdhe},TLS_RSA_WITH_AES_128_CBC_SHA`),
          apiServer(`--tls-cipher-suites=${ecdhe},AES128-SHA`),
          apiServer('--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'),
        ],
        pass: [
          apiServer(
            `--tls-cipher-suites=${ecdhe},TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_AES_128_GCM_SHA256`,
          ),
        ],
      },
      minVersion: {
        fail: [apiServer('--tls-min-version=VersionTLS10'), apiServer('--tls-min-version=1.2')],
        pass: [apiServer(), apiServer('--tls-min-version=VersionTLS13')],
      },
    },
  }),
]);
