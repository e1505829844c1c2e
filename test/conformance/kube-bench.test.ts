import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectNode } from '../../src/collect/node/collect.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { kubeletConfig, kubeProxyConfig, staticPod, unit } from '../../src/controls/node-examples.ts';
import { controls } from '../../src/controls/registry.ts';
import { benchmarkResults, type CheckState } from '../../src/engine/benchmark.ts';
import { editions } from '../../src/engine/benchmark-editions.ts';
import { judge } from '../../src/engine/judge.ts';
import { json } from '../../src/report/json.ts';
import { judgeText } from '../judge-example.ts';

/*
 * What another checker, which matches flags and files by regular expressions, is known to conclude wrongly. Each row
 * is judged here by every control; docs/kube-bench.md explains the same rows to people.
 */
interface Row {
  /** Of `cis-1.12` where none is named. */
  readonly edition?: string;
  readonly check: string;
  readonly title: string;
  readonly evidence: string;
  readonly state: CheckState['kind'];
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

const encrypted = (resources: string): string =>
  `${apiServer('--encryption-provider-config=/etc/kubernetes/enc.yaml')}# file: /etc/kubernetes/enc.yaml
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
${resources}`;

/** A role that every user has. */
const forAll = (rule: string): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: all}
rules:
- ${rule}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: all}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: all}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:authenticated"}]
`;

const pod = (more = ''): string => `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers: [{name: web, image: example.com/web}]
${more}`;

const privileged = '[{name: tool, image: example.com/tool, securityContext: {privileged: true}}]';

/** Processes besides those of the node's files. */
const running = (...processes: readonly { exe: string; argv: readonly string[] }[]): string =>
  `# node: ${JSON.stringify({ processes: processes.map((each, index) => ({ pid: index + 7, parent: 1, env: {}, ...each })) })}\n`;

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
    check: '1.2.14',
    title: '_ is -',
    evidence: apiServer('--enable_admission_plugins=NodeRestriction'),
    state: 'pass',
  },
  {
    check: '1.2.10',
    title: 'a name that another one contains',
    evidence: apiServer('--enable-admission-plugins=NotAlwaysAdmit'),
    state: 'pass',
  },
  {
    check: '1.2.6',
    title: 'other programs whose arguments name the server',
    evidence:
      apiServer('--authorization-mode=Node,RBAC') +
      running(
        { exe: '/usr/bin/vim', argv: ['vim', 'kube-apiserver', '--authorization-mode=AlwaysAllow'] },
        { exe: '/bin/sh', argv: ['kube-apiserver', '--authorization-mode=AlwaysAllow'] },
      ),
    state: 'pass',
  },
  {
    check: '1.2.28',
    title: 'a resource that is not the last',
    evidence: encrypted(`- resources: [secrets]
  providers: [{identity: {}}]
- resources: [configmaps]
  providers: [{secretbox: {keys: [{name: a, secret: REDACTED}]}}]
`),
    state: 'fail',
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
  {
    check: '3.2.2',
    title: 'a policy that logs nothing',
    evidence: `${apiServer('--audit-policy-file=/etc/kubernetes/audit.yaml', '--audit-log-path=/var/log/audit.log')}# file: /etc/kubernetes/audit.yaml
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{level: None}]
`,
    state: 'fail',
  },
  { check: '4.2.1', title: 'a configuration file without the field', evidence: kubeletConfig(), state: 'pass' },
  { check: '4.2.2', title: 'a configuration file without the field', evidence: kubeletConfig(), state: 'pass' },
  { check: '4.2.4', title: 'a kubelet with flags alone', evidence: unit('kubelet', ['--v=2']), state: 'fail' },
  { check: '4.2.8', title: 'no limit', evidence: kubeletConfig('eventRecordQPS: 0'), state: 'manual' },
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
  {
    edition: 'aks-1.8',
    check: '3.2.2',
    title: 'authenticated, and allowed everything',
    evidence: unit('kubelet', ['--anonymous-auth=false', '--authorization-mode=AlwaysAllow']),
    state: 'fail',
  },
  {
    edition: 'aks-1.8',
    check: '3.2.3',
    title: 'azure.json is no configuration of the kubelet',
    evidence: `${unit('kubelet', ['--client-ca-file=/etc/kubernetes/certs/ca.crt'])}# file: /etc/kubernetes/azure.json\n{}\n`,
    state: 'pass',
  },
  { edition: 'aks-1.8', check: '3.2.7', title: 'five', evidence: unit('kubelet', ['--event-qps=5']), state: 'pass' },
  {
    check: '5.1.2',
    title: 'a group may read Secrets',
    evidence: forAll('{apiGroups: [""], resources: [secrets], verbs: [list]}'),
    state: 'fail',
  },
  {
    check: '5.1.3',
    title: '* before others',
    evidence: forAll('{apiGroups: [""], resources: [pods], verbs: ["*", get]}'),
    state: 'fail',
  },
  {
    check: '5.1.3',
    title: '* behind others',
    evidence: forAll('{apiGroups: [""], resources: [pods], verbs: [get, "*"]}'),
    state: 'fail',
  },
  {
    check: '5.1.4',
    title: 'a group may create pods',
    evidence: forAll('{apiGroups: [""], resources: [pods], verbs: [create]}'),
    state: 'fail',
  },
  { check: '5.2.2', title: 'init containers', evidence: pod(`  initContainers: ${privileged}\n`), state: 'fail' },
  {
    check: '5.2.2',
    title: 'ephemeral containers',
    evidence: pod(`  ephemeralContainers: ${privileged}\n`),
    state: 'fail',
  },
  { check: '5.2.6', title: 'unset', evidence: pod(), state: 'fail' },
];

describe('what kube-bench concludes wrongly', () => {
  it.each(rows.map((row) => [`${nameOf(row)}: ${row.title}`, row] as const))('%s', (_, row) => {
    const edition = editions.find(({ id }) => id === (row.edition ?? 'cis-1.12'));
    if (edition === undefined) throw new Error(`${row.edition} is missing`);
    const judgement = judgeText(controls, row.evidence);
    expect(judgement.errors).toEqual([]);
    const result = benchmarkResults(edition, judgement).find(({ check }) => check.id === row.check);
    expect(result?.state.kind, JSON.stringify(result?.state)).toBe(row.state);
  });

  it('puts no credential into a report', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bulwark-credentials-'));
    const files = {
      'etc/systemd/system/kube-proxy.service':
        '[Service]\nExecStart=/usr/bin/kube-proxy --kubeconfig=/etc/kubernetes/proxy.conf\n',
      'etc/systemd/system/kubelet.service':
        '[Service]\nExecStart=/usr/bin/kubelet --cloud-config=/etc/kubernetes/azure.json\n',
      'etc/kubernetes/proxy.conf':
        'apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user: {token: correct-horse-battery}\n',
      'etc/kubernetes/azure.json': '{"aadClientId": "a", "aadClientSecret": "staple-horse-correct"}\n',
    };
    try {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text, { mode: 0o644 });
      }
      const { node, gaps } = await collectNode({ at: folder, from: 'root', name: 'node-1' });
      const snapshot = assembleSnapshot([{ objects: [], inputs: [], gaps, nodes: [node] }], '2026-11-21T00:00:00Z');
      const judgement = judge(snapshot, { controls, profiles: ['security'] });
      const report = [...json(judgement)].join('');
      expect(report).toContain('/etc/kubernetes/proxy.conf');
      expect(`${JSON.stringify(snapshot)}${report}`).not.toMatch(/correct-horse|horse-correct/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is explained row by row', () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/kube-bench.md'), 'utf8');
    const named = new Set([...text.matchAll(/^\| ([\w., -]+) \|/gm)].flatMap(([, ids = '']) => ids.split(', ')));
    const missing = [...new Set(rows.map(nameOf))].filter((name) => !named.has(name));
    expect(missing).toEqual([]);
  });
});

/** As docs/kube-bench.md names it: an edition other than cis-1.12 in front. */
function nameOf({ edition, check }: Row): string {
  return edition === undefined ? check : `${edition} ${check}`;
}
