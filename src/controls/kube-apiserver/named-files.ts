import { isList } from '../../model/json.ts';
import { type Failure, unknown } from '../../model/verdict.ts';
import { file } from '../node-examples.ts';
import { settingFailure } from '../setting-control.ts';
import { presenceOf } from './named-file.ts';
import { apiServer, serverControls } from './server-control.ts';

/** Flags that name a file without which the server does not start, save for those whose own control says so. */
const flags = [
  'admission-control-config-file',
  'audit-webhook-config-file',
  'authentication-config',
  'authentication-token-webhook-config-file',
  'authorization-policy-file',
  'authorization-webhook-config-file',
  'client-ca-file',
  'egress-selector-config-file',
  'etcd-cafile',
  'etcd-certfile',
  'etcd-keyfile',
  'kubelet-certificate-authority',
  'kubelet-client-certificate',
  'kubelet-client-key',
  'oidc-ca-file',
  'proxy-client-cert-file',
  'proxy-client-key-file',
  'requestheader-client-ca-file',
  'service-account-key-file',
  'service-account-signing-key-file',
  'tls-cert-file',
  'tls-private-key-file',
  'tracing-config-file',
];

export default serverControls([
  {
    name: 'named-files',
    title: 'The files that the API server is told to read are there',
    severity: 'medium',
    why: 'The API server does not start without them: the next restart takes the API away, and what the file was to secure was never in force.',
    remedy: 'Put the file there, or mount it into the container with a hostPath volume.',
    check: (server) => {
      const failures: Failure[] = [];
      let open: string | undefined;
      for (const flag of flags) {
        const setting = server.config.get(flag);
        if (setting === undefined) continue;
        for (const path of isList(setting.value) ? setting.value : [setting.value]) {
          if (typeof path !== 'string' || path === '') continue;
          const presence = presenceOf(server, path);
          if (presence.kind === 'missing')
            failures.push(settingFailure(server, setting, { says: presence.reason, key: `${flag} ${path}` }));
          if (presence.kind === 'unknown') open ??= presence.reason;
        }
      }
      return failures.length === 0 && open !== undefined ? unknown(open) : failures;
    },
    examples: {
      fail: [
        apiServer('--client-ca-file=/etc/kubernetes/pki/ca.crt'),
        apiServer('--authentication-config=/var/lib/authn.yaml'),
      ],
      pass: [apiServer(), apiServer('--client-ca-file=/etc/kubernetes/ca.crt') + file('/etc/kubernetes/ca.crt', '')],
    },
  },
]);
