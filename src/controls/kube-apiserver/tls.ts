import { judgeSuites, strongSuites, tlsVersion } from '../../semantics/tls-suites/index.ts';
import { settingControls, settingFailure } from '../setting-control.ts';
import { apiServer, isSet, kubeadmFiles, kubeadmPair, listOf, settingOf, textOf } from './server-control.ts';

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
  {
    name: 'tls-cipher-suites',
    title: 'The API server offers only TLS suites with forward secrecy and authentication',
    severity: 'medium',
    why: 'What is recorded today can be read once the key is stolen, where a suite has no forward secrecy; CBC, 3DES and RC4 have flaws of their own.',
    setting: 'tls-cipher-suites',
    wrong: (_, server) => {
      const { weak, unknown } = judgeSuites(listOf(server, 'tls-cipher-suites'), textOf(server, 'tls-min-version'));
      if (unknown.length > 0) return `${unknown.join(', ')} is no suite that it knows, and the server does not start`;
      return weak.length === 0 ? undefined : weak.map(({ name, why }) => `${name} ${why}`).join('; ');
    },
    mend: {
      value: strongSuites,
      safety: 'may-break',
      first: 'all clients know one of these suites, as those of the last ten years do',
    },
    examples: {
      fail: [
        apiServer(`--tls-cipher-suites=${ecdhe},TLS_RSA_WITH_AES_128_CBC_SHA`),
        apiServer(`--tls-cipher-suites=${ecdhe},AES128-SHA`),
      ],
      pass: [
        apiServer(),
        apiServer(
          `--tls-cipher-suites=${ecdhe},TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_AES_128_GCM_SHA256`,
        ),
        apiServer('--tls-cipher-suites=TLS_RSA_WITH_AES_128_GCM_SHA256', '--tls-min-version=VersionTLS13'),
      ],
    },
  },
  {
    name: 'tls-http2-suites',
    title: 'The TLS suites of the API server have one that HTTP/2 needs',
    severity: 'high',
    why: 'HTTP/2 asks for an ECDHE suite with AES-128-GCM: the API server does not start with a list that has none.',
    setting: 'tls-cipher-suites',
    moot: (server) => (server.config.get('disable-http2-serving')?.value === true ? 'HTTP/2 is off' : undefined),
    wrong: (_, server) =>
      judgeSuites(listOf(server, 'tls-cipher-suites'), textOf(server, 'tls-min-version')).lacksHttp2
        ? 'it has no ECDHE suite with AES_128_GCM_SHA256, and the server does not start'
        : undefined,
    mend: { value: strongSuites, safety: 'safe' },
    examples: {
      fail: [apiServer('--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384')],
      pass: [apiServer(), apiServer(`--tls-cipher-suites=${ecdhe}`)],
    },
  },
  {
    name: 'tls-min-version',
    title: 'The API server speaks TLS 1.2 or newer',
    severity: 'high',
    why: 'TLS 1.0 and 1.1 rest on MD5 and SHA-1, and are given up everywhere.',
    setting: 'tls-min-version',
    wrong: (value) => {
      const version = tlsVersion(String(value));
      if (version === undefined) return 'it is no version that it knows, and the server does not start';
      return version < 1.2 ? `TLS ${version.toFixed(1)} is spoken` : undefined;
    },
    mend: { value: 'VersionTLS12', safety: 'may-break', first: 'no client is older than TLS 1.2' },
    examples: {
      fail: [apiServer('--tls-min-version=VersionTLS10'), apiServer('--tls-min-version=1.2')],
      pass: [apiServer(), apiServer('--tls-min-version=VersionTLS13')],
    },
  },
]);
