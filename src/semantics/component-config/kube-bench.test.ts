import { describe, expect, it } from 'vitest';
import type { Component } from '../../model/component.ts';
import type { Json } from '../../model/json.ts';
import { resolveComponent } from './resolve.ts';

/*
 * Command lines and files that another checker, matching flags with regular expressions, is known to misread. Each row
 * is what is really in force; a control that asks the resolver cannot make the same mistake.
 */
interface Row {
  readonly title: string;
  readonly component: Component;
  readonly minor?: number;
  readonly args: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly expected: Readonly<Record<string, Json>>;
  readonly problems?: readonly string[];
}

const kubelet = (...lines: string[]): string =>
  ['apiVersion: kubelet.config.k8s.io/v1beta1', 'kind: KubeletConfiguration', ...lines, ''].join('\n');
const proxy = (...lines: string[]): string =>
  ['apiVersion: kubeproxy.config.k8s.io/v1alpha1', 'kind: KubeProxyConfiguration', ...lines, ''].join('\n');
const scheduler = (...lines: string[]): string =>
  ['apiVersion: kubescheduler.config.k8s.io/v1', 'kind: KubeSchedulerConfiguration', ...lines, ''].join('\n');

const rows: readonly Row[] = [
  {
    title: '1.2.6: AlwaysAllow after a space is AlwaysAllow',
    component: 'kube-apiserver',
    args: ['--authorization-mode', 'AlwaysAllow'],
    expected: { 'authorization-mode': ['AlwaysAllow'] },
  },
  {
    title: '1.2.6: AlwaysAllow after an equals sign is AlwaysAllow',
    component: 'kube-apiserver',
    args: ['--authorization-mode=AlwaysAllow'],
    expected: { 'authorization-mode': ['AlwaysAllow'] },
  },
  {
    title: '1.2.6: the file of --authorization-config decides',
    component: 'kube-apiserver',
    minor: 32,
    args: ['--authorization-config=/etc/kubernetes/authz.yaml'],
    files: {
      '/etc/kubernetes/authz.yaml':
        'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n- type: Node\n  name: node\n- type: RBAC\n  name: rbac\n',
    },
    expected: { 'authorization-mode': ['Node', 'RBAC'] },
  },
  {
    title: '1.2.17: a number after a space',
    component: 'kube-apiserver',
    args: ['--audit-log-maxage', '30'],
    expected: { 'audit-log-maxage': 30 },
  },
  {
    title: '1.2.1: the last of a repeated flag wins',
    component: 'kube-apiserver',
    args: ['--authorization-mode=Node,RBAC', '--anonymous-auth=false', '--anonymous-auth=true'],
    expected: { 'anonymous-auth': true },
  },
  {
    title: '1.2.10: repeated lists append, so AlwaysAdmit is on',
    component: 'kube-apiserver',
    args: ['--enable-admission-plugins=NodeRestriction', '--enable-admission-plugins=AlwaysAdmit'],
    expected: { 'enable-admission-plugins': ['NodeRestriction', 'AlwaysAdmit'] },
  },
  {
    title: '1.2.14: repeated lists append, so NodeRestriction is on',
    component: 'kube-apiserver',
    args: ['--enable-admission-plugins=EventRateLimit', '--enable-admission-plugins=NodeRestriction'],
    expected: { 'enable-admission-plugins': ['EventRateLimit', 'NodeRestriction'] },
  },
  {
    title: '1.2.14: an underscore is a dash',
    component: 'kube-apiserver',
    minor: 30,
    args: ['--enable_admission_plugins=NodeRestriction'],
    expected: { 'enable-admission-plugins': ['NodeRestriction'] },
  },
  {
    title: '1.2.14: before v1.23 an underscore is an unknown flag',
    component: 'kube-apiserver',
    minor: 20,
    args: ['--enable_admission_plugins=NodeRestriction'],
    expected: { 'enable-admission-plugins': [] },
    problems: ['unknown-flag'],
  },
  {
    title: '1.2.27: a flag whose name only begins the same does not set the other',
    component: 'kube-apiserver',
    args: ['--encryption-provider-config-automatic-reload=true'],
    expected: { 'encryption-provider-config': '', 'encryption-providers': [] },
  },
  {
    title: '1.3.7: without the flag, the controller manager listens everywhere',
    component: 'kube-controller-manager',
    args: [],
    expected: { 'bind-address': '0.0.0.0' },
  },
  {
    title: '1.3.7: the loopback address of IPv6',
    component: 'kube-controller-manager',
    args: ['--bind-address=::1'],
    expected: { 'bind-address': '::1' },
  },
  {
    title: '1.4.2: without the flag, the scheduler listens everywhere',
    component: 'kube-scheduler',
    args: [],
    expected: { 'bind-address': '0.0.0.0' },
  },
  {
    title: '1.4.1: with --config, --profiling is ignored and the file decides',
    component: 'kube-scheduler',
    args: ['--config=/x', '--profiling=false'],
    files: { '/x': scheduler('leaderElection: {leaderElect: true}') },
    expected: { enableProfiling: true },
    problems: ['ignored-flag'],
  },
  {
    title: '1.4.1: nothing is known of profiling when the file cannot be read',
    component: 'kube-scheduler',
    args: ['--config=/x', '--profiling=false'],
    expected: { enableProfiling: null },
    problems: ['unreadable', 'ignored-flag'],
  },
  {
    title: '2.1: etcd takes flags with one dash',
    component: 'etcd',
    args: ['-cert-file=/a', '-key-file=/b'],
    expected: { 'cert-file': '/a', 'key-file': '/b' },
  },
  {
    title: '2.2: etcd ignores flags beside a configuration file',
    component: 'etcd',
    args: ['--config-file=/etc/etcd.yml', '--client-cert-auth=true'],
    files: { '/etc/etcd.yml': 'name: a\n' },
    expected: { 'client-cert-auth': false },
    problems: ['ignored-flag'],
  },
  {
    title: '2.7: the file that etcd trusts is told by its path',
    component: 'etcd',
    args: ['--trusted-ca-file=/etc/kubernetes/pki/ca.crt'],
    expected: { 'trusted-ca-file': '/etc/kubernetes/pki/ca.crt' },
  },
  {
    title: '3.2.1: an audit policy that is not there is told',
    component: 'kube-apiserver',
    args: ['--audit-policy-file=/does/not/exist'],
    expected: { 'audit-policy-file': '/does/not/exist' },
    problems: ['unreadable'],
  },
  {
    title: '4.2.1 and 4.2.2: defaults of a configuration file are the safe ones',
    component: 'kubelet',
    args: ['--config=/c'],
    files: { '/c': kubelet() },
    expected: { 'authentication.anonymous.enabled': false, 'authorization.mode': 'Webhook', readOnlyPort: 0 },
  },
  {
    title: '4.2.4: a kubelet without a file has its read-only port open',
    component: 'kubelet',
    args: ['--kubeconfig=/k'],
    expected: { 'authentication.anonymous.enabled': true, 'authorization.mode': 'AlwaysAllow', readOnlyPort: 10255 },
  },
  {
    title: '4.2.10: certificates are not rotated by default',
    component: 'kubelet',
    args: ['--config=/c'],
    files: { '/c': kubelet() },
    expected: { rotateCertificates: false },
  },
  {
    title: '4.2.13 and 4.2.14: values in the file that switch protection off',
    component: 'kubelet',
    args: ['--config=/c'],
    files: { '/c': kubelet('podPidsLimit: -1', 'seccompDefault: false') },
    expected: { podPidsLimit: -1, seccompDefault: false },
  },
  {
    title: '4.2.8: an event rate of 0 in the file is 0, not the default',
    component: 'kubelet',
    args: ['--config=/c'],
    files: { '/c': kubelet('eventRecordQPS: 0') },
    expected: { eventRecordQPS: 0 },
  },
  {
    title: '4.2.9: serverTLSBootstrap in the file',
    component: 'kubelet',
    args: ['--config=/c'],
    files: { '/c': kubelet('serverTLSBootstrap: true') },
    expected: { serverTLSBootstrap: true },
  },
  {
    title: '4.2.12: the canonical name of a ChaCha20 suite',
    component: 'kubelet',
    args: ['--config=/c'],
    files: { '/c': kubelet('tlsCipherSuites:', '- TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256') },
    expected: { tlsCipherSuites: ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'] },
  },
  {
    title: '4.3.1: the metrics address is in the configuration, not in the kubeconfig',
    component: 'kube-proxy',
    args: ['--config=/p', '--metrics-bind-address=127.0.0.1:10249'],
    files: { '/p': proxy('metricsBindAddress: 0.0.0.0:10249') },
    expected: { metricsBindAddress: '0.0.0.0:10249' },
    problems: ['ignored-flag'],
  },
  {
    title: 'AKS 3.2.2: authorization is told apart from authentication',
    component: 'kubelet',
    args: ['--anonymous-auth=false', '--authorization-mode=AlwaysAllow'],
    expected: { 'authentication.anonymous.enabled': false, 'authorization.mode': 'AlwaysAllow' },
  },
  {
    title: 'AKS 3.2.7: an event rate from a flag',
    component: 'kubelet',
    args: ['--event-qps=5'],
    expected: { eventRecordQPS: 5 },
  },
  {
    title: '1.2.28: every entry of the encryption configuration is read',
    component: 'kube-apiserver',
    args: ['--encryption-provider-config=/e'],
    files: {
      '/e': 'kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1\nresources:\n- resources: [secrets]\n  providers: [{identity: {}}]\n- resources: [configmaps]\n  providers: [{aescbc: {keys: [{name: a, secret: c2VjcmV0}]}}, {identity: {}}]\n',
    },
    expected: {
      'encryption-providers': [
        { resources: ['secrets'], providers: ['identity'] },
        { resources: ['configmaps'], providers: ['aescbc', 'identity'] },
      ],
    },
  },
];

describe('what is in force where another checker is known to be wrong', () => {
  it.each(rows)('$title', ({ component, minor, args, files = {}, expected, problems = [] }) => {
    const resolved = resolveComponent({
      component,
      ...(minor === undefined ? {} : { minor }),
      args: args.map((text) => ({ text, where: 'pid 1' })),
      readFile: (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
    });
    const values = Object.fromEntries(Object.keys(expected).map((name) => [name, resolved.get(name)?.value]));
    expect(values).toEqual(expected);
    expect(resolved.problems.map(({ kind }) => kind)).toEqual(problems);
  });

  it('keeps encryption keys out of the settings', () => {
    const resolved = resolveComponent({
      component: 'kube-apiserver',
      args: [{ text: '--encryption-provider-config=/e', where: 'pid 1' }],
      readFile: () =>
        'resources: [{resources: [secrets], providers: [{aescbc: {keys: [{name: a, secret: c2VjcmV0}]}}]}]',
    });
    expect(JSON.stringify(resolved.settings())).not.toContain('c2VjcmV0');
  });
});
