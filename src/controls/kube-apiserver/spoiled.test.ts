import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import type { Control } from '../control.ts';
import { file } from '../node-examples.ts';
import { apiServer } from './server-control.ts';

/*
 * A server with everything right has no finding, and one thing spoiled gives exactly the finding that it is about:
 * one root cause, one finding.
 */

const pki = '/etc/kubernetes/pki';

const right: Readonly<Record<string, string>> = {
  'anonymous-auth': 'false',
  'authorization-mode': 'Node,RBAC',
  'authentication-config': '/etc/kubernetes/authn.yaml',
  'client-ca-file': `${pki}/ca.crt`,
  'enable-admission-plugins': 'NodeRestriction,AlwaysPullImages,DenyServiceExternalIPs,EventRateLimit',
  'admission-control-config-file': '/etc/kubernetes/admission.yaml',
  'audit-policy-file': '/etc/kubernetes/audit.yaml',
  'audit-log-path': '/var/log/audit.log',
  'audit-log-maxage': '30',
  'audit-log-maxbackup': '10',
  'audit-log-maxsize': '100',
  'encryption-provider-config': '/etc/kubernetes/enc.yaml',
  'encryption-provider-config-automatic-reload': 'true',
  'etcd-servers': 'https://127.0.0.1:2379',
  'etcd-cafile': `${pki}/etcd-ca.crt`,
  'etcd-certfile': `${pki}/etcd.crt`,
  'etcd-keyfile': `${pki}/etcd.key`,
  'kubelet-client-certificate': `${pki}/kubelet.crt`,
  'kubelet-client-key': `${pki}/kubelet.key`,
  'kubelet-certificate-authority': `${pki}/ca.crt`,
  'tls-cert-file': `${pki}/apiserver.crt`,
  'tls-private-key-file': `${pki}/apiserver.key`,
  'service-account-issuer': 'https://kubernetes.default.svc',
  'service-account-key-file': `${pki}/sa.pub`,
  'service-account-signing-key-file': `${pki}/sa.key`,
  'service-account-extend-token-expiration': 'false',
  'service-account-max-token-expiration': '24h',
  'requestheader-client-ca-file': `${pki}/front-proxy-ca.crt`,
  'requestheader-allowed-names': 'front-proxy-client',
  'proxy-client-cert-file': `${pki}/front.crt`,
  'proxy-client-key-file': `${pki}/front.key`,
  profiling: 'false',
  'tls-cipher-suites': 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
};

const names = ['ca', 'etcd-ca', 'etcd', 'kubelet', 'apiserver', 'front-proxy-ca', 'front'];
const rightFiles: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    names.flatMap((name) => [
      [`${pki}/${name}.crt`, name],
      [`${pki}/${name}.key`, `${name} key`],
    ]),
  ),
  [`${pki}/sa.pub`]: 'public',
  [`${pki}/sa.key`]: 'private',
  '/etc/kubernetes/authn.yaml': `apiVersion: apiserver.config.k8s.io/v1beta1
kind: AuthenticationConfiguration
jwt:
- issuer: {url: "https://id.example.com", audiences: [kubernetes]}
  claimMappings: {username: {claim: sub, prefix: "oidc:"}, groups: {claim: groups, prefix: "oidc:"}}
`,
  '/etc/kubernetes/admission.yaml': `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- {name: EventRateLimit, path: events.yaml}
`,
  '/etc/kubernetes/events.yaml': 'kind: Configuration\nlimits:\n- {type: Namespace, qps: 50, burst: 100}\n',
  '/etc/kubernetes/audit.yaml': `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  resources: [{group: "", resources: [secrets, configmaps, serviceaccounts/token]}, {group: authentication.k8s.io}]
- level: RequestResponse
  resources: [{group: rbac.authorization.k8s.io}]
- level: Metadata
`,
  '/etc/kubernetes/enc.yaml': `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - kms: {apiVersion: v2, name: vault, endpoint: "unix:///run/kms.sock"}
  - identity: {}
`,
};

interface Spoil {
  /** Flags that are set otherwise; `null` takes one away. */
  readonly flags?: Readonly<Record<string, string | null>>;
  /** Files that are there with other text; `null` takes one away. */
  readonly files?: Readonly<Record<string, string | null>>;
  /** Arguments behind the others. */
  readonly more?: readonly string[];
}

function server({ flags = {}, files = {}, more = [] }: Spoil): string {
  const args = Object.entries({ ...right, ...flags }).flatMap(([name, value]) =>
    value === null ? [] : [`--${name}=${value}`],
  );
  const texts = Object.entries({ ...rightFiles, ...files }).flatMap(([path, text]) =>
    text === null ? [] : [file(path, text)],
  );
  return apiServer(...args, ...more) + texts.join('');
}

const controls: Control<'component'>[] = [];
for (const name of readdirSync(import.meta.dirname)) {
  if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
  const loaded = (await import(/* @vite-ignore */ join(import.meta.dirname, name))) as {
    default?: Control<'component'> | readonly Control<'component'>[];
  };
  if (loaded.default !== undefined) controls.push(...[loaded.default].flat());
}

function findingsOf(spoil: Spoil): string[] {
  const { findings, errors } = judgeText(controls, server(spoil));
  expect(errors).toEqual([]);
  return findings
    .map(({ control, message, severity, failure }) => {
      const { file: where, positions } = failure.place?.object.source ?? { file: '', positions: undefined };
      const line = positions?.locate([])?.line;
      return `${severity} ${control.id.replace('kube-apiserver/', '')} ${where.split('/').at(-1)}:${line ?? ''} ${message}`;
    })
    .sort();
}

const audit = '/etc/kubernetes/audit.yaml';
const enc = '/etc/kubernetes/enc.yaml';
const encryption = (...providers: readonly string[]): string =>
  `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
${providers.map((provider) => `  ${provider}\n`).join('')}`;

it('finds nothing in a server where everything is right', () => {
  expect(findingsOf({})).toEqual([]);
});

describe('one thing wrong, one finding', () => {
  it.each<[string, Spoil, string[]]>([
    [
      'anonymous requests',
      { flags: { 'anonymous-auth': null } },
      [
        'medium anonymous-auth kube-apiserver.yaml: anonymous-auth is true (default): everyone who reaches the port may ask as system:anonymous',
      ],
    ],
    [
      'the last flag wins',
      { more: ['--anonymous-auth=true'] },
      [
        'medium anonymous-auth kube-apiserver.yaml:45 --anonymous-auth is true: everyone who reaches the port may ask as system:anonymous',
      ],
    ],
    [
      'static tokens',
      { more: ['--token-auth-file=/etc/kubernetes/tokens.csv'], files: { '/etc/kubernetes/tokens.csv': '' } },
      [
        'high token-auth-file kube-apiserver.yaml:45 --token-auth-file is /etc/kubernetes/tokens.csv: whoever reads the file is every user in it, for good',
      ],
    ],
    [
      'AlwaysAllow, in two words',
      { flags: { 'authorization-mode': null }, more: ['--authorization-mode', 'AlwaysAllow'] },
      [
        'critical always-allow kube-apiserver.yaml:44 --authorization-mode is AlwaysAllow: every request that is authenticated is allowed',
      ],
    ],
    [
      'no authorization mode',
      { flags: { 'authorization-mode': null } },
      [
        'critical always-allow kube-apiserver.yaml: authorization-mode is AlwaysAllow (default): every request that is authenticated is allowed',
      ],
    ],
    [
      'no Node',
      { flags: { 'authorization-mode': 'RBAC' } },
      [
        'medium node-authorizer kube-apiserver.yaml:13 --authorization-mode is RBAC: kubelets are not limited to what their own pods need',
      ],
    ],
    [
      'no RBAC',
      { flags: { 'authorization-mode': 'Node' } },
      ['high rbac-authorizer kube-apiserver.yaml:13 --authorization-mode is Node: roles and bindings have no effect'],
    ],
    [
      'ABAC too',
      { flags: { 'authorization-mode': 'Node,RBAC,ABAC' } },
      [
        'medium abac kube-apiserver.yaml:13 --authorization-mode is Node,RBAC,ABAC: rights are granted by a file on the node',
      ],
    ],
    [
      'AlwaysAdmit in a second list',
      { more: ['--enable-admission-plugins=AlwaysAdmit'] },
      ['medium always-admit kube-apiserver.yaml:45 admission plugin AlwaysAdmit is enabled: it admits everything'],
    ],
    [
      'NodeRestriction left out',
      { flags: { 'enable-admission-plugins': 'AlwaysPullImages,DenyServiceExternalIPs,EventRateLimit' } },
      [
        'high node-restriction kube-apiserver.yaml:16 admission plugin NodeRestriction is not enabled: a kubelet may change every node and pod',
      ],
    ],
    [
      'ServiceAccount disabled',
      { more: ['--disable-admission-plugins=ServiceAccount'] },
      [
        'high service-account-plugin kube-apiserver.yaml:45 admission plugin ServiceAccount is disabled: pods get no service account, and name whichever they like',
      ],
    ],
    [
      'NamespaceLifecycle disabled',
      { more: ['--disable-admission-plugins', 'NamespaceLifecycle'] },
      [
        'medium namespace-lifecycle kube-apiserver.yaml:45 admission plugin NamespaceLifecycle is disabled: objects survive their namespace, and kube-system can be deleted',
      ],
    ],
    [
      'a default plugin disabled',
      { more: ['--disable-admission-plugins=CertificateApproval'] },
      [
        'high default-admission-plugins kube-apiserver.yaml:45 admission plugin CertificateApproval is disabled: who may approve one kind of certificate approves all',
      ],
    ],
    [
      'PodSecurity disabled',
      { more: ['--disable-admission-plugins=PodSecurity'] },
      [
        'high pod-security-plugin kube-apiserver.yaml:45 admission plugin PodSecurity is disabled: labels of namespaces do not restrict pods',
      ],
    ],
    [
      'no limits of events',
      { files: { '/etc/kubernetes/events.yaml': 'limits: []' } },
      ['medium event-rate-limits events.yaml:1 the event rate limit has no limits'],
    ],
    [
      'no configuration of events',
      { flags: { 'admission-control-config-file': null } },
      [
        'medium event-rate-limits kube-apiserver.yaml:16 admission plugin EventRateLimit is enabled: there is no --admission-control-config-file with its configuration',
      ],
    ],
    [
      'profiling',
      { flags: { profiling: null } },
      ['low profiling kube-apiserver.yaml: profiling is true (default): /debug/pprof is served'],
    ],
    [
      'no audit policy',
      { flags: { 'audit-policy-file': null } },
      [
        'medium audit-policy-file kube-apiserver.yaml: audit-policy-file is not set (default): no request is logged, although --audit-log-path is set',
      ],
    ],
    [
      'no audit at all',
      { flags: { 'audit-policy-file': null, 'audit-log-path': null, 'audit-log-maxage': null } },
      ['medium audit-policy-file kube-apiserver.yaml: audit-policy-file is not set (default): no request is logged'],
    ],
    [
      'an audit policy that is not there',
      { flags: { 'audit-policy-file': '/etc/kubernetes/no.yaml' } },
      [
        'medium audit-policy-file kube-apiserver.yaml:18 --audit-policy-file is /etc/kubernetes/no.yaml: /etc/kubernetes/no.yaml does not exist, and the server does not start without it',
      ],
    ],
    [
      'no audit log',
      { flags: { 'audit-log-path': null } },
      [
        'medium audit-backend kube-apiserver.yaml: audit-log-path is not set (default): no audit log is written, although there is a policy',
      ],
    ],
    [
      'an audit log of a day',
      { flags: { 'audit-log-maxage': '1' } },
      ['low audit-log-max-age kube-apiserver.yaml:20 --audit-log-maxage is 1: logs are deleted after so many days'],
    ],
    ['an audit log without end', { flags: { 'audit-log-maxage': '0' } }, []],
    [
      'few audit logs',
      { flags: { 'audit-log-maxbackup': '3' } },
      [
        'low audit-log-max-backup kube-apiserver.yaml:21 --audit-log-maxbackup is 3: older logs are deleted beyond so many',
      ],
    ],
    [
      'small audit logs',
      { flags: { 'audit-log-maxsize': '10' } },
      [
        'low audit-log-max-size kube-apiserver.yaml:22 --audit-log-maxsize is 10: logs are rotated after so many megabytes',
      ],
    ],
    [
      'bodies of Secrets',
      {
        files: {
          [audit]:
            'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n  users: [x]\n- level: RequestResponse\n  resources: [{group: "", resources: [secrets]}]\n- level: Metadata\n',
        },
      },
      ['high audit-policy-bodies audit.yaml:6 the body of get secrets by a person is logged (level RequestResponse)'],
    ],
    [
      'exec left out',
      {
        files: {
          [audit]:
            'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n  resources: [{group: "", resources: [pods/exec]}]\n- level: Metadata\n',
        },
      },
      ['medium audit-policy-connections audit.yaml:4 get pods/exec by a person is not logged'],
    ],
    [
      'no lookup',
      { more: ['--service-account-lookup=false'] },
      [
        'medium service-account-lookup kube-apiserver.yaml:45 --service-account-lookup is false: tokens of deleted service accounts and Secrets go on working',
      ],
    ],
    [
      'no key of service accounts',
      { flags: { 'service-account-key-file': null } },
      [
        "low service-account-key-file kube-apiserver.yaml: service-account-key-file is not set (default): tokens are verified with the serving certificate's key",
      ],
    ],
    [
      'tokens of a year',
      { flags: { 'service-account-extend-token-expiration': null } },
      [
        'low service-account-extend-expiration kube-apiserver.yaml: service-account-extend-token-expiration is true (default): tokens in pods last a year',
      ],
    ],
    [
      'etcd without a certificate',
      { flags: { 'etcd-certfile': null, 'etcd-keyfile': null } },
      [
        'high etcd-client-certificate kube-apiserver.yaml: etcd-certfile is not set (default): etcd lets the API server in without a certificate, and so everyone',
      ],
    ],
    [
      'etcd without a key',
      { flags: { 'etcd-keyfile': null } },
      [
        'high etcd-client-certificate kube-apiserver.yaml: etcd-keyfile is not set (default): the certificate for etcd has no key, and the server does not start',
      ],
    ],
    [
      'etcd without a CA',
      { flags: { 'etcd-cafile': null } },
      ['medium etcd-ca kube-apiserver.yaml: etcd-cafile is not set (default): any CA of the system may vouch for etcd'],
    ],
    [
      'etcd over http',
      {
        flags: {
          'etcd-servers': 'http://10.0.0.1:2379',
          'etcd-cafile': null,
          'etcd-certfile': null,
          'etcd-keyfile': null,
        },
      },
      [
        'critical etcd-https kube-apiserver.yaml:25 --etcd-servers is http://10.0.0.1:2379: http://10.0.0.1:2379 is plain http: everyone on the network may be administrator of etcd',
      ],
    ],
    [
      'no serving certificate',
      { flags: { 'tls-cert-file': null, 'tls-private-key-file': null } },
      [
        'medium tls-certificate kube-apiserver.yaml: tls-cert-file is not set (default): the server signs a certificate for itself, which clients cannot verify',
      ],
    ],
    [
      'no client CA',
      { flags: { 'client-ca-file': null } },
      [
        'medium client-ca-file kube-apiserver.yaml: client-ca-file is not set (default): nobody can log in with a certificate',
      ],
    ],
    [
      'kubelets without a certificate',
      { flags: { 'kubelet-client-certificate': null, 'kubelet-client-key': null } },
      [
        'medium kubelet-client-certificate kube-apiserver.yaml: kubelet-client-certificate is not set (default): logs, exec and port-forward work only with kubelets that let everyone in',
      ],
    ],
    [
      'kubelets not verified',
      { flags: { 'kubelet-certificate-authority': null } },
      [
        'medium kubelet-certificate-authority kube-apiserver.yaml: kubelet-certificate-authority is not set (default): certificates of kubelets are not verified',
      ],
    ],
    [
      'no encryption',
      { flags: { 'encryption-provider-config': null } },
      [
        'medium encryption-config kube-apiserver.yaml: encryption-provider-config is not set (default): Secrets are written to etcd in plain text',
      ],
    ],
    [
      'identity first',
      {
        files: {
          [enc]: encryption('- identity: {}', '- kms: {apiVersion: v2, name: v, endpoint: "unix:///run/k.sock"}'),
        },
      },
      [
        'high encryption-secrets enc.yaml:6 identity is the first provider of secrets: they are written to etcd in plain text',
      ],
    ],
    [
      'KMS v1',
      { files: { [enc]: encryption('- kms: {name: v, endpoint: "unix:///run/k.sock"}') } },
      [
        'high encryption-valid enc.yaml:6 KMS v1 is off since v1.29, and the provider v does not say apiVersion: v2, and the server does not start with it',
      ],
    ],
    [
      'an encryption configuration that is not there',
      { files: { [enc]: null } },
      [
        'medium encryption-config kube-apiserver.yaml:23 --encryption-provider-config is /etc/kubernetes/enc.yaml: /etc/kubernetes/enc.yaml does not exist',
      ],
    ],
    [
      'a key that is not there',
      { files: { [`${pki}/kubelet.key`]: null } },
      [
        'medium named-files kube-apiserver.yaml:30 --kubelet-client-key is /etc/kubernetes/pki/kubelet.key: /etc/kubernetes/pki/kubelet.key does not exist',
      ],
    ],
    [
      'a weak suite',
      { more: ['--tls-cipher-suites=TLS_RSA_WITH_3DES_EDE_CBC_SHA'] },
      [
        'medium tls-cipher-suites kube-apiserver.yaml:45 --tls-cipher-suites is TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_3DES_EDE_CBC_SHA: TLS_RSA_WITH_3DES_EDE_CBC_SHA encrypts with 3DES',
      ],
    ],
    [
      'TLS 1.0',
      { more: ['--tls-min-version=VersionTLS10'] },
      [
        'high tls-min-version kube-apiserver.yaml:45 --tls-min-version is VersionTLS10: connections may fall back to a version of TLS that was withdrawn',
      ],
    ],
    [
      'one CA for clients and proxies',
      { flags: { 'requestheader-client-ca-file': `${pki}/ca.crt`, 'requestheader-allowed-names': null } },
      [
        'critical requestheader-ca kube-apiserver.yaml:39 --requestheader-client-ca-file is /etc/kubernetes/pki/ca.crt: it is the CA of client certificates, and each of them may claim to be any user',
      ],
    ],
    [
      'any name of a proxy',
      { flags: { 'requestheader-allowed-names': null } },
      [
        'medium requestheader-allowed-names kube-apiserver.yaml: requestheader-allowed-names is not set (default): any certificate of the request header CA may claim to be any user',
      ],
    ],
    [
      'groups without prefix',
      {
        files: {
          '/etc/kubernetes/authn.yaml':
            rightFiles['/etc/kubernetes/authn.yaml']?.replace(
              '{claim: groups, prefix: "oidc:"}',
              '{claim: groups, prefix: ""}',
            ) ?? null,
        },
      },
      [
        'high oidc-groups-prefix authn.yaml:5 issuer https://id.example.com gives groups no prefix: a group system:masters of the issuer is that of the cluster',
      ],
    ],
    [
      'an AuthenticationConfiguration that is not there',
      { files: { '/etc/kubernetes/authn.yaml': null } },
      [
        'medium named-files kube-apiserver.yaml:14 --authentication-config is /etc/kubernetes/authn.yaml: /etc/kubernetes/authn.yaml does not exist',
      ],
    ],
    [
      'requests without end',
      { more: ['--request-timeout', '24h'] },
      ['low request-timeout kube-apiserver.yaml:45 --request-timeout is 24h: requests may last so long'],
    ],
  ])('%s', (_, spoil, expected) => {
    expect(findingsOf(spoil)).toEqual(expected);
  });
});
