import type { NodeComponent } from '../../model/node-component.ts';
import { file } from '../node-examples.ts';
import { settingControls, settingFailure } from '../setting-control.ts';
import { sharesAuthority } from '../shared-authority.ts';
import { apiServer, isSet, settingOf, textOf } from './server-control.ts';

const ca = '--requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt';
const names = '--requestheader-allowed-names=front-proxy-client';

function noProxy(server: NodeComponent): string | undefined {
  return isSet(server, 'requestheader-client-ca-file') ? undefined : 'no authenticating proxy is trusted';
}

/**
 * The aggregation layer: a proxy with a certificate of the request header CA says in headers who the user is. Source:
 * staging/src/k8s.io/apiserver/pkg/authentication/request/headerrequest.
 */
export default settingControls('kube-apiserver', [
  {
    name: 'requestheader-ca',
    title: 'The CA of authenticating proxies signs nothing else',
    severity: 'high',
    why: 'A certificate of this CA may claim to be any user, system:masters too. Where it also signs client certificates, each of them comes close to that.',
    remedy: 'Make a CA for the front proxy alone, as kubeadm does.',
    setting: 'requestheader-client-ca-file',
    moot: noProxy,
    wrong: (value, server) => {
      const clients = textOf(server, 'client-ca-file');
      if (clients === '' || !sharesAuthority(server, [String(value), clients])) return undefined;
      const open = !isSet(server, 'requestheader-allowed-names');
      const says = open
        ? 'it is the CA of client certificates, and each of them may claim to be any user'
        : 'it is the CA of client certificates: one with an allowed name may claim to be any user';
      const setting = settingOf(server, 'requestheader-client-ca-file');
      return settingFailure(server, setting, { says, ...(open && { severity: 'critical' }) });
    },
    examples: {
      fail: [
        apiServer(
          '--client-ca-file=/etc/kubernetes/pki/ca.crt',
          '--requestheader-client-ca-file=/etc/kubernetes/pki/ca.crt',
          names,
        ),
        apiServer('--client-ca-file=/etc/kubernetes/pki/ca.crt', ca, names) +
          file('/etc/kubernetes/pki/ca.crt', 'the same') +
          file('/etc/kubernetes/pki/front-proxy-ca.crt', 'the same'),
      ],
      pass: [apiServer('--client-ca-file=/etc/kubernetes/pki/ca.crt', ca, names)],
    },
  },
  {
    name: 'requestheader-allowed-names',
    title: 'Only proxies of known names may say who a user is',
    severity: 'medium',
    why: 'With an empty list, every certificate of the request header CA may claim to be any user, those of extension API servers too.',
    coveredBy: ['kube-apiserver/requestheader-ca'],
    setting: 'requestheader-allowed-names',
    moot: noProxy,
    wrong: (value) =>
      Array.isArray(value) && value.some((name) => name !== '')
        ? undefined
        : 'any certificate of the request header CA may claim to be any user',
    mend: {
      value: ['front-proxy-client'],
      safety: 'may-break',
      first: "the common name of the proxy's certificate is front-proxy-client, as kubeadm has it",
    },
    examples: { fail: [apiServer(ca)], pass: [apiServer(ca, names)] },
  },
  {
    name: 'proxy-client-certificate',
    title: 'The API server shows extension API servers a certificate',
    severity: 'low',
    why: 'Extension API servers take the user from headers, and believe them by this certificate alone: without it they refuse everyone, or believe everyone.',
    setting: 'proxy-client-cert-file',
    moot: noProxy,
    wrong: (value, server) => {
      if (value === '') return 'extension API servers cannot tell the API server from others';
      if (isSet(server, 'proxy-client-key-file')) return undefined;
      const says = 'the certificate for extension API servers has no key, and cannot be shown';
      return settingFailure(server, settingOf(server, 'proxy-client-key-file'), { says });
    },
    examples: {
      fail: [
        apiServer(ca, names),
        apiServer(ca, names, '--proxy-client-cert-file=/etc/kubernetes/pki/front-proxy-client.crt'),
      ],
      pass: [
        apiServer(
          ca,
          names,
          '--proxy-client-cert-file=/etc/kubernetes/pki/front-proxy-client.crt',
          '--proxy-client-key-file=/etc/kubernetes/pki/front-proxy-client.key',
        ),
      ],
    },
  },
]);
