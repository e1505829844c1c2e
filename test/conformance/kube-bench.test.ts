import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kubeletConfig, kubeProxyConfig, staticPod, unit } from '../../src/controls/node-examples.ts';
import { controls } from '../../src/controls/registry.ts';
import { benchmarkResults, type CheckState } from '../../src/engine/benchmark.ts';
import { editions } from '../../src/engine/benchmark-editions.ts';
import { json } from '../../src/report/json.ts';
import { judgeText } from '../judge-example.ts';

/*
 * What another checker, which matches flags and files by regular expressions, is known to conclude wrongly. Each row
 * is judged here by every control; docs/kube-bench.md explains the same rows to people.
 */
interface Row {
  readonly check: string;
  readonly title: string;
  readonly evidence: string;
  readonly state: CheckState['kind'];
  /** What a reason or finding must say, where the state alone does not tell it. */
  readonly says?: RegExp;
}

const apiServer = (...args: string[]): string => staticPod('kube-apiserver', args);
const secure = ['--authorization-mode=Node,RBAC', '--tls-cert-file=/a', '--tls-private-key-file=/b'];

const kubeletWith = (head: string, user: string): string =>
  `${kubeletConfig()}# file: /etc/kubernetes/kubelet.conf ${head}
apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: "https://10.0.0.1:6443"}}]
users: [{name: node, user: {${user}}}]
contexts: [{name: a, context: {cluster: a, user: node}}]
current-context: a
`;

const rows: readonly Row[] = [
  { check: '1.2.6', title: 'space form', evidence: apiServer('--authorization-mode', 'AlwaysAllow'), state: 'fail' },
  { check: '1.2.6', title: 'equals form', evidence: apiServer('--authorization-mode=AlwaysAllow'), state: 'fail' },
  {
    check: '1.2.6',
    title: 'the file of --authorization-config decides',
    evidence: `${apiServer('--authorization-config=/etc/kubernetes/authz.yaml')}# file: /etc/kubernetes/authz.yaml
apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
  - {type: Node, name: node}
  - {type: RBAC, name: rbac}
`,
    state: 'pass',
  },
  {
    check: '1.2.6',
    title: 'a file of --authorization-config that cannot be read',
    evidence: apiServer('--authorization-config=/elsewhere/authz.yaml'),
    state: 'unknown',
  },
  {
    check: '1.2.17',
    title: 'space form',
    evidence: apiServer('--audit-log-path=/var/log/audit.log', '--audit-log-maxage', '30'),
    state: 'pass',
  },
  {
    check: '1.2.1',
    title: 'the last of a repeated flag wins',
    evidence: apiServer(...secure, '--anonymous-auth=false', '--anonymous-auth=true'),
    state: 'fail',
  },
  {
    check: '1.2.10',
    title: 'lists append',
    evidence: apiServer('--enable-admission-plugins=NodeRestriction', '--enable-admission-plugins=AlwaysAdmit'),
    state: 'fail',
  },
  {
    check: '1.2.14',
    title: 'lists append',
    evidence: apiServer('--enable-admission-plugins=EventRateLimit', '--enable-admission-plugins=NodeRestriction'),
    state: 'pass',
  },
  {
    check: '1.2.27',
    title: 'a flag that begins with the name of another',
    evidence: apiServer('--encryption-provider-config-automatic-reload=true'),
    state: 'fail',
  },
  { check: '1.3.7', title: 'absent', evidence: staticPod('kube-controller-manager', []), state: 'fail' },
  { check: '1.4.2', title: 'absent', evidence: staticPod('kube-scheduler', []), state: 'fail' },
  {
    check: '1.3.7',
    title: 'loopback of IPv6',
    evidence: staticPod('kube-controller-manager', ['--bind-address=::1']),
    state: 'pass',
  },
  {
    check: '1.4.1',
    title: 'the flag is ignored with --config',
    evidence: `${staticPod('kube-scheduler', ['--config=/etc/kubernetes/scheduler.yaml', '--profiling=false'])}# file: /etc/kubernetes/scheduler.yaml
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
`,
    state: 'fail',
  },
  {
    check: '1.4.1',
    title: 'a configuration file that cannot be read',
    evidence: staticPod('kube-scheduler', ['--config=/elsewhere/scheduler.yaml', '--profiling=false']),
    state: 'unknown',
  },
  { check: '2.1', title: 'one dash', evidence: staticPod('etcd', ['-cert-file=/a', '-key-file=/b']), state: 'pass' },
  {
    check: '2.2',
    title: 'flags are ignored with a configuration file',
    evidence: `${staticPod('etcd', ['--config-file=/etc/kubernetes/etcd.yml', '--client-cert-auth=true'])}# file: /etc/kubernetes/etcd.yml
name: default
`,
    state: 'fail',
  },
  {
    check: '2.7',
    title: 'the CA of the cluster',
    evidence: `${apiServer('--client-ca-file=/etc/kubernetes/pki/ca.crt')}${staticPod('etcd', ['--trusted-ca-file=/etc/kubernetes/pki/ca.crt', '--client-cert-auth=true'])}`,
    state: 'fail',
  },
  {
    check: '3.2.1',
    title: 'an audit policy that is not there',
    evidence: `${apiServer('--audit-policy-file=/etc/kubernetes/none.yaml')}# file: /etc/kubernetes directory\n`,
    state: 'fail',
  },
  { check: '4.2.1', title: 'a configuration file without the field', evidence: kubeletConfig(), state: 'pass' },
  { check: '4.2.2', title: 'a configuration file without the field', evidence: kubeletConfig(), state: 'pass' },
  { check: '4.2.4', title: 'a kubelet with flags alone', evidence: unit('kubelet', ['--v=2']), state: 'fail' },
  { check: '4.2.10', title: 'unset', evidence: kubeletConfig(), state: 'fail' },
  { check: '4.2.13', title: 'no limit', evidence: kubeletConfig('podPidsLimit: -1'), state: 'fail' },
  { check: '4.2.14', title: 'off', evidence: kubeletConfig('seccompDefault: false'), state: 'fail' },
  { check: '4.2.9', title: 'bootstrapped', evidence: kubeletConfig('serverTLSBootstrap: true'), state: 'pass' },
  {
    check: '4.2.12',
    title: 'the full name of a ChaCha20 suite',
    evidence: kubeletConfig(
      'tlsCipherSuites: [TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]',
    ),
    state: 'pass',
  },
  { check: '1.2.29', title: 'no list', evidence: apiServer(), state: 'fail' },
  { check: '4.2.12', title: 'no list', evidence: kubeletConfig(), state: 'fail' },
  {
    check: '4.1.5',
    title: 'readable by all, without a credential',
    evidence: kubeletWith('mode 0644', 'client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem'),
    state: 'pass',
  },
  {
    check: '4.1.5',
    title: 'readable by all, with a credential',
    evidence: kubeletWith('mode 0644 holds kubeconfig-credential', 'client-key-data: REDACTED'),
    state: 'fail',
  },
  {
    check: '4.3.1',
    title: 'everywhere, in the configuration file',
    evidence: kubeProxyConfig('metricsBindAddress: 0.0.0.0:10249'),
    state: 'fail',
  },
  { check: '4.3.1', title: 'empty means loopback', evidence: kubeProxyConfig('metricsBindAddress: ""'), state: 'pass' },
];

const [edition] = editions.filter(({ id }) => id === 'cis-1.12');

describe('what kube-bench concludes wrongly', () => {
  it.each(rows.map((row) => [`${row.check}: ${row.title}`, row] as const))('%s', (_, row) => {
    if (edition === undefined) throw new Error('cis-1.12 is missing');
    const judgement = judgeText(controls, row.evidence);
    expect(judgement.errors).toEqual([]);
    const result = benchmarkResults(edition, judgement).find(({ check }) => check.id === row.check);
    expect(result?.state.kind, JSON.stringify(result?.state)).toBe(row.state);
  });

  it('puts no credential into a report', () => {
    const text = unit('kube-proxy', ['--kubeconfig=/var/lib/kube-proxy/kubeconfig']).concat(
      '# file: /var/lib/kube-proxy/kubeconfig mode 0644\napiVersion: v1\nkind: Config\nusers:\n- name: a\n  user: {token: REDACTED}\n',
      '# file: /etc/kubernetes/azure.json mode 0644\n',
    );
    const report = [...json(judgeText(controls, text))].join('');
    expect(report).not.toContain('aadClientSecret');
  });

  it('is explained row by row', () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/kube-bench.md'), 'utf8');
    const named = new Set([...text.matchAll(/^\| ([\d., ]+) \|/gm)].flatMap(([, ids = '']) => ids.split(', ')));
    const missing = [...new Set(rows.map(({ check }) => check))].filter((check) => !named.has(check));
    expect(missing).toEqual([]);
  });
});
