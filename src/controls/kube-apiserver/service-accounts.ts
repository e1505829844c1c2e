import { stringsIn } from '../../model/json-list.ts';
import { durationSeconds } from '../../semantics/component-config/duration.ts';
import { settingControls } from '../setting-control.ts';
import { apiServer, apiServerOf, isSet, kubeadmFile, kubeadmFiles, listOf, textOf } from './server-control.ts';

const keyFile = '--service-account-key-file=/etc/kubernetes/pki/sa.pub';

/** Tokens of service accounts. Source: CIS Kubernetes Benchmark 1.12, 1.2.21, 1.2.22 and 1.2.30. */
export default settingControls('kube-apiserver', [
  {
    name: 'service-account-lookup',
    title: 'Tokens of service accounts that are deleted are refused',
    severity: 'medium',
    why: 'Without the lookup a token is good as long as its signature is: deleting its Secret or service account does not take it back.',
    setting: 'service-account-lookup',
    wrong: (value) => (value === false ? 'tokens of deleted service accounts and Secrets go on working' : undefined),
    mend: { value: null, safety: 'safe' },
    examples: { fail: [apiServer('--service-account-lookup=false')], pass: [apiServer()] },
  },
  {
    name: 'service-account-key-file',
    title: 'Tokens of service accounts are verified with a key of their own',
    severity: 'low',
    why: 'Without the key file the key of the serving certificate verifies tokens: it cannot be exchanged alone, and who steals it can also make tokens.',
    remedy:
      'Set --service-account-key-file to the public key that belongs to the signing key of the controller manager.',
    setting: 'service-account-key-file',
    moot: (server) =>
      isSet(server, 'service-account-signing-endpoint') ? 'a signer outside the server has the keys' : undefined,
    wrong: (_, server) => {
      const keys = listOf(server, 'service-account-key-file').filter((path) => path !== '');
      if (keys.length === 0) return "tokens are verified with the serving certificate's key";
      const serving = textOf(server, 'tls-private-key-file');
      return serving !== '' && keys.includes(serving) ? 'it is the key of the serving certificate' : undefined;
    },
    mend: {
      value: (server) => {
        const path = kubeadmFile(server, '/etc/kubernetes/pki/sa.pub');
        return path === undefined ? undefined : [path];
      },
      safety: 'safe',
      first: 'the controller manager signs with the key that belongs to it',
    },
    examples: {
      fail: [
        apiServer(),
        apiServer() + kubeadmFiles('sa.pub'),
        apiServer(
          '--service-account-key-file=/etc/kubernetes/pki/apiserver.key',
          '--tls-private-key-file=/etc/kubernetes/pki/apiserver.key',
        ),
      ],
      pass: [apiServer(keyFile), apiServer(keyFile, '--service-account-key-file=/etc/kubernetes/pki/old.pub')],
    },
  },
  {
    name: 'service-account-extend-expiration',
    title: 'Tokens in pods expire when they say, and not after a year',
    severity: 'low',
    why: 'For programs that read their token only once, the server makes the tokens of pods last a year. A token that is stolen from a pod is good for as long.',
    setting: 'service-account-extend-token-expiration',
    wrong: (value) => (value === true ? 'tokens in pods last a year' : undefined),
    mend: {
      value: false,
      safety: 'may-break',
      first: 'no program uses a token longer than an hour (metric serviceaccount_stale_tokens_total stays at 0)',
    },
    examples: { fail: [apiServer()], pass: [apiServer('--service-account-extend-token-expiration=false')] },
  },
  {
    name: 'service-account-max-expiration',
    title: 'Nobody gets a service account token for longer than two days',
    severity: 'info',
    why: 'Whoever may ask for a token says how long it lasts, for decades if they like, unless the server has a limit.',
    setting: 'service-account-max-token-expiration',
    wrong: (value) => {
      const seconds = durationSeconds(String(value)) ?? 0;
      if (seconds === 0) return 'a token may last as long as its asker says';
      return seconds > 48 * 3600 ? 'a token may last so long' : undefined;
    },
    mend: { value: '24h', safety: 'may-break', first: 'no program asks for tokens that last longer' },
    examples: {
      fail: [apiServer(), apiServer('--service-account-max-token-expiration=8760h')],
      pass: [apiServer('--service-account-max-token-expiration=24h')],
    },
  },
  {
    name: 'service-account-issuer',
    title: 'The issuer of service account tokens is an https URL',
    severity: 'low',
    why: "Others verify the cluster's tokens with the keys that they find at the issuer's URL: over plain http anyone on the way can put in keys of their own.",
    setting: 'service-account-issuer',
    wrong: (value, { config: { minor } }) => {
      // From v1.22 on a list: the first is put into new tokens, and all are accepted.
      const issuers = typeof value === 'string' ? [value] : stringsIn(value);
      const [signing = ''] = issuers;
      if (signing === '')
        return minor === undefined || minor >= 20 ? 'the server does not start without one' : undefined;
      if (signing.startsWith('http://')) return 'the keys of new tokens are fetched over plain http';
      const open = issuers.find((issuer) => issuer.startsWith('http://'));
      return open === undefined ? undefined : `tokens of ${open} are accepted, whose keys are fetched over plain http`;
    },
    examples: {
      fail: [
        apiServer('--service-account-issuer=http://example.com'),
        apiServer('--service-account-issuer=https://example.com', '--service-account-issuer=http://old.example.com'),
        apiServer(),
      ],
      pass: [
        apiServer('--service-account-issuer=https://kubernetes.default.svc.cluster.local'),
        apiServer('--service-account-issuer=https://example.com', '--service-account-issuer=https://old.example.com'),
        apiServerOf(
          '1.20',
          '--service-account-issuer=http://example.com',
          '--service-account-issuer=https://b.example',
        ),
        apiServerOf('1.19'),
      ],
    },
  },
]);
