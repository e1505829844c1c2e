import { describe, expect, it } from 'vitest';
import guides from '../../data/benchmarks/pod-security-standards.json' with { type: 'json' };
import deprecatedApis from '../../data/deprecated-apis.json' with { type: 'json' };
import latest from '../../data/versions-latest.json' with { type: 'json' };
import { inContainer, inPod } from '../../src/controls/examples.ts';
import { controls } from '../../src/controls/registry.ts';
import { judgeText } from '../judge-example.ts';

interface Bug {
  /** Number of the defect in the list that this file goes through, and whose rules had it. */
  readonly of: string;
  readonly trap: string;
  readonly controls: readonly string[];
  readonly text: string;
  readonly found: readonly string[];
}

const rbac = 'apiVersion: rbac.authorization.k8s.io/v1';

const bound = (group: string, role = 'view') => `${rbac}
kind: ClusterRoleBinding
metadata: {name: open}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${role}}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "${group}"}]
`;

const granted = (...rules: readonly string[]) => `${rbac}
kind: ClusterRole
metadata: {name: own}
rules: [${rules.join(', ')}]
---
${bound('developers', 'own')}`;

const policy = (spec: string) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: policy, namespace: shop}
spec: ${spec}
`;

const labelled = (kind: string, labels: string) =>
  kind === 'CronJob'
    ? `apiVersion: batch/v1
kind: CronJob
metadata: {name: web, namespace: shop}
spec: {schedule: "0 3 * * *", jobTemplate: {spec: {template: {metadata: {labels: {${labels}}}, spec: {containers: [{name: app, image: "a:1"}]}}}}}
`
    : `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {${labels}}}
spec: {containers: [{name: app, image: "a:1"}]}
`;

const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n';
const mounted = (path: string) => inPod(`volumes: [{ name: host, hostPath: { path: ${path} } }]`);
const sysctl = (name: string) => inPod(`securityContext: { sysctls: [{ name: ${name}, value: "1" }] }`);
const image = (name: string, kind = 'Deployment') => `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ingress, namespace: ingress}
spec: {template: {spec: {containers: [{name: app, image: "${name}"}]}}}
`;

const flowSchema = (version: string) => `apiVersion: flowcontrol.apiserver.k8s.io/${version}
kind: FlowSchema
metadata: {name: shop-${version}}
spec: {priorityLevelConfiguration: {name: workload-low}}
`;

const bugs: readonly Bug[] = [
  ...['system:unauthenticated', 'system:authenticated', 'system:masters'].map((group, index) => ({
    of: '1, trivy',
    trap: `a kind misspelt, so that no real ClusterRoleBinding to ${group} is found`,
    controls: ['rbac/anonymous', 'rbac/everyone', 'rbac/masters-group'],
    text: bound(group, 'edit'),
    found: [`${['rbac/anonymous', 'rbac/everyone', 'rbac/masters-group'][index]}`],
  })),
  {
    of: '2, trivy',
    trap: 'host namespaces taken for host IPC alone',
    controls: ['pods/host-pid', 'pods/host-network', 'pods/host-ipc'],
    text: inPod('hostPID: true\nhostNetwork: true'),
    found: ['pods/host-network', 'pods/host-pid'],
  },
  {
    of: '3, trivy',
    trap: 'seccomp taken for AppArmor',
    controls: ['container-runtime/apparmor-profile', 'container-runtime/seccomp-profile'],
    text: inPod('securityContext: { seccompProfile: { type: RuntimeDefault } }'),
    found: ['container-runtime/apparmor-profile'],
  },
  {
    of: '3, trivy',
    trap: 'AppArmor taken for SELinux',
    controls: ['container-runtime/selinux-options', 'container-runtime/apparmor-unconfined'],
    text: inPod('securityContext: { seLinuxOptions: { type: spc_t }, appArmorProfile: { type: RuntimeDefault } }'),
    found: ['container-runtime/selinux-options'],
  },
  {
    of: '4, trivy',
    trap: 'tokens looked for in Pods that ask for them alone',
    controls: ['service-accounts/pod-token'],
    text: image('registry.example/app:1.0'),
    found: ['service-accounts/pod-token'],
  },
  {
    of: '5, trivy',
    trap: 'rights found only with apiGroups "*" and in two rules',
    controls: ['rbac/pods-exec', 'rbac/escalation-verbs'],
    text: granted(
      '{apiGroups: [""], resources: [pods/exec], verbs: [create]}',
      '{apiGroups: [""], resources: [users], verbs: [impersonate]}',
    ),
    found: ['rbac/escalation-verbs', 'rbac/pods-exec'],
  },
  {
    of: '6, trivy',
    trap: 'any policy with a podSelector taken for one that isolates',
    controls: ['network-policies/allow-all'],
    text: `${labelled('Pod', 'app: web')}---\n${policy('{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{}]}')}`,
    found: ['network-policies/allow-all'],
  },
  {
    of: '7, trivy',
    trap: 'the volume type cephfs written cephFS',
    controls: ['pods/volume-types'],
    text: inPod('volumes: [{ name: data, cephfs: { monitors: [ceph.example] } }]'),
    found: ['pods/volume-types'],
  },
  {
    of: '7, trivy',
    trap: 'procMount: Default reported',
    controls: ['pods/proc-mount'],
    text: inContainer('securityContext: { procMount: Default }'),
    found: [],
  },
  {
    of: '8, checkov',
    trap: 'the first rule of a role looked at, and no other',
    controls: ['rbac/full-wildcard'],
    text: granted(
      '{apiGroups: [""], resources: [configmaps], verbs: [get]}',
      '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}',
    ),
    found: ['rbac/full-wildcard'],
  },
  {
    of: '9, checkov',
    trap: 'the profile of the pod taken for that of a container that switches it off',
    controls: ['container-runtime/seccomp-unconfined'],
    text: inContainer('securityContext: { seccompProfile: { type: Unconfined } }').replace(
      'spec:',
      'spec:\n  securityContext: { seccompProfile: { type: RuntimeDefault } }',
    ),
    found: ['container-runtime/seccomp-unconfined'],
  },
  {
    of: '9, checkov',
    trap: 'a profile of the node’s own reported',
    controls: ['container-runtime/seccomp-profile'],
    text: inPod('securityContext: { seccompProfile: { type: Localhost, localhostProfile: app.json } }'),
    found: [],
  },
  {
    of: '10, checkov',
    trap: 'the verbs of one rule joined with the resources of another',
    controls: ['rbac/secrets-read'],
    text: granted(
      '{apiGroups: [""], resources: [configmaps], verbs: [get, list]}',
      '{apiGroups: [""], resources: [secrets], verbs: [delete]}',
    ),
    found: [],
  },
  {
    of: '10, checkov',
    trap: 'everything excused by the resourceNames of one rule',
    controls: ['rbac/secrets-read'],
    text: granted(
      '{apiGroups: [""], resources: [secrets], verbs: [get, list]}',
      '{apiGroups: [""], resources: [configmaps], verbs: [get], resourceNames: [own]}',
    ),
    found: ['rbac/secrets-read'],
  },
  ...['/run/docker.sock', '/var/run/docker.sock/', '/run/containerd/containerd.sock', '/var/run'].map((path) => ({
    of: '11, checkov; 20, kubesec',
    trap: `the socket of the runtime known by one path: ${path}`,
    controls: ['container-runtime/socket-mounted'],
    text: mounted(path),
    found: ['container-runtime/socket-mounted'],
  })),
  {
    of: '12, kube-linter',
    trap: 'NET_RAW asked for only where there is a capabilities block',
    controls: ['pods/capabilities-net-raw-kept'],
    text: inPod(''),
    found: ['pods/capabilities-net-raw-kept'],
  },
  {
    of: '13, kube-linter',
    trap: 'unset allowPrivilegeEscalation taken for safe',
    controls: ['pods/allow-privilege-escalation'],
    text: inPod(''),
    found: ['pods/allow-privilege-escalation'],
  },
  {
    of: '14, kube-linter',
    trap: 'cluster-admin by a RoleBinding not found',
    controls: ['rbac/cluster-admin'],
    text: bound('developers', 'cluster-admin')
      .replace('ClusterRoleBinding', 'RoleBinding')
      .replace('open}', 'open, namespace: shop}'),
    found: ['rbac/cluster-admin'],
  },
  {
    of: '14, kube-linter',
    trap: 'every net. sysctl called unsafe',
    controls: ['pods/unsafe-sysctls'],
    text: sysctl('net.ipv4.tcp_syncookies'),
    found: [],
  },
  {
    of: '14, kube-linter',
    trap: 'a verb "*" not taken for every verb',
    controls: ['rbac/secrets-read'],
    text: granted('{apiGroups: [""], resources: [secrets], verbs: ["*"]}'),
    found: ['rbac/secrets-read'],
  },
  {
    of: '15, kubescape',
    trap: 'init containers left out',
    controls: ['pods/allow-privilege-escalation'],
    text: inContainer('securityContext: { allowPrivilegeEscalation: false }').replace(
      '  containers:',
      '  initContainers: [{ name: setup, image: "a:1" }]\n  containers:',
    ),
    found: ['pods/allow-privilege-escalation'],
  },
  {
    of: '15, kubescape',
    trap: 'matchExpressions of a podSelector left out',
    controls: ['network-policies/unselected-pod'],
    text: `${labelled('Pod', 'tier: web')}---\n${policy('{podSelector: {matchExpressions: [{key: tier, operator: In, values: [web, api]}]}}')}`,
    found: [],
  },
  {
    of: '15, kubescape',
    trap: 'one direction that is isolated taken for both',
    controls: ['network-policies/default-deny-ingress', 'network-policies/default-deny-egress'],
    text: [namespace, labelled('Pod', 'app: web'), policy('{podSelector: {}, policyTypes: [Egress]}')].join('---\n'),
    found: ['network-policies/default-deny-ingress'],
  },
  {
    of: '16, kubescape',
    trap: 'the webhook of cert-manager taken for a policy about pods',
    controls: ['namespaces/pod-security'],
    text: `${namespace}---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: cert-manager-webhook}
webhooks:
  - name: webhook.cert-manager.io
    namespaceSelector: {matchExpressions: [{key: name, operator: NotIn, values: [cert-manager]}]}
    rules: [{apiGroups: [cert-manager.io], apiVersions: [v1], operations: [CREATE, UPDATE], resources: ["*/*"]}]
`,
    found: ['namespaces/pod-security'],
  },
  {
    of: '16, kubescape',
    trap: 'the pods of a CronJob without their labels',
    controls: ['network-policies/unselected-pod'],
    text: `${labelled('CronJob', 'app: web')}---\n${policy('{podSelector: {matchLabels: {app: web}}}')}`,
    found: [],
  },
  {
    of: '17, kubescape',
    trap: 'a group other than root asked for with runAsNonRoot',
    controls: ['container-runtime/run-as-non-root', 'container-runtime/root-user'],
    text: inContainer('securityContext: { runAsNonRoot: true }'),
    found: [],
  },
  {
    of: '18, kubescape',
    trap: 'versions compared as texts, by which 1.9 is newer than 1.11; and Deployments looked at alone',
    controls: ['container-runtime/image-eol-component'],
    text: image('registry.k8s.io/ingress-nginx/controller:v1.9.6', 'DaemonSet'),
    found: ['container-runtime/image-eol-component'],
  },
  {
    of: '18, kubescape',
    trap: 'images known by a part of their name',
    controls: ['container-runtime/image-eol-component'],
    text: image('registry.example/team/ingress-nginx-controller-docs:v0.1.0'),
    found: [],
  },
  {
    of: '19, polaris',
    trap: 'the port of a registry taken for a tag',
    controls: ['container-runtime/image-tag'],
    text: image('registry.example:5000/app'),
    found: ['container-runtime/image-tag'],
  },
  {
    of: '19, polaris',
    trap: 'policies known only with one label and both directions',
    controls: ['network-policies/unselected-pod'],
    text: `${labelled('Pod', 'app: web, tier: front')}---\n${policy('{podSelector: {matchLabels: {app: web, tier: front}}, ingress: []}')}`,
    found: [],
  },
  {
    of: '19, polaris',
    trap: 'one dropped capability taken for hardening',
    controls: ['pods/capabilities-drop-all', 'container-runtime/seccomp-profile'],
    text: inContainer('securityContext: { capabilities: { drop: [NET_RAW] } }'),
    found: ['container-runtime/seccomp-profile', 'pods/capabilities-drop-all'],
  },
  {
    of: '20, kubesec',
    trap: '/proc known by that path alone',
    controls: ['pods/host-path-sensitive'],
    text: mounted('/proc/1/'),
    found: ['pods/host-path-sensitive'],
  },
  {
    of: '21, kube-score',
    trap: 'any type of seccomp profile taken for one',
    controls: ['container-runtime/seccomp-profile', 'container-runtime/seccomp-unconfined'],
    text: inContainer('securityContext: { seccompProfile: { type: Unconfined } }'),
    found: ['container-runtime/seccomp-unconfined'],
  },
  {
    of: '22, terrascan',
    trap: 'every kernel. sysctl called unsafe',
    controls: ['pods/unsafe-sysctls'],
    text: sysctl('kernel.shm_rmid_forced'),
    found: [],
  },
  {
    of: '22, terrascan',
    trap: 'no net. sysctl called unsafe',
    controls: ['pods/unsafe-sysctls'],
    text: sysctl('net.core.somaxconn'),
    found: ['pods/unsafe-sysctls'],
  },
  {
    of: '23, monokle',
    trap: 'runAsNonRoot of the pod left out',
    controls: ['container-runtime/run-as-non-root'],
    text: inPod('securityContext: { runAsNonRoot: true }'),
    found: [],
  },
  {
    of: '23, monokle',
    trap: 'the annotation of AppArmor looked for by a key that ends in /*',
    controls: ['container-runtime/apparmor-unconfined'],
    text: inPod('').replace(
      'namespace: shop',
      'namespace: shop\n  annotations: { container.apparmor.security.beta.kubernetes.io/app: unconfined }',
    ),
    found: ['container-runtime/apparmor-unconfined'],
  },
  {
    of: '24, datree',
    trap: 'what v1.29 and later do not serve any more left out, since the table ends at v1.27',
    controls: ['api-lifecycle/served-version'],
    text: flowSchema('v1beta3'),
    found: ['api-lifecycle/served-version'],
  },
  {
    of: '24, datree',
    trap: 'the version that takes its place is served',
    controls: ['api-lifecycle/served-version'],
    text: flowSchema('v1'),
    found: [],
  },
  {
    of: '25, kubescape',
    trap: 'v1.3 taken for supported because it begins as v1.34 does',
    controls: ['nodes/node-versions'],
    text: 'apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\nstatus: {nodeInfo: {kubeletVersion: v1.3.10}}\n',
    found: ['nodes/node-versions'],
  },
];

/** Each is a defect that another scanner has, or had; here it is judged as Kubernetes does. */
describe('defects of other scanners', () => {
  it.each(bugs.map((bug) => [bug.of, bug.trap, bug] as const))('%s: %s', (_, __, { controls: ids, text, found }) => {
    const chosen = controls.filter(({ id }) => ids.includes(id));
    expect(chosen.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const { findings, errors } = judgeText(chosen, text);
    expect(errors).toEqual([]);
    expect([...new Set(findings.map(({ control }) => control.id))].sort()).toEqual([...found]);
  });

  it('24, datree: each version of the API is told with the version that has it no more, and the table is not old', () => {
    const deployment =
      'apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: []}}}\n';
    const texts = [...['v1beta2', 'v1beta3'].map(flowSchema), deployment];
    const chosen = controls.filter(({ id }) => id === 'api-lifecycle/served-version');
    const messages = judgeText(chosen, texts.join('---\n')).findings.map(({ message }) => message);
    expect(messages).toEqual([
      expect.stringMatching(/^FlowSchema shop-v1beta2 is written in .*v1beta2, which is not served from v1\.29 on/),
      expect.stringMatching(/^FlowSchema shop-v1beta3 is written in .*v1beta3, which is not served from v1\.32 on/),
      expect.stringMatching(/^Deployment web is written in apps\/v1beta1, which is not served from v1\.16 on/),
    ]);
    // Removals are written down before the version is there that makes them.
    const newest = Math.max(...deprecatedApis.rows.map(({ removed = 0 }) => removed));
    expect(newest).toBeGreaterThan(
      Math.max(...latest.products.kubernetes.map(({ line }) => Number(line.split('.')[1]))),
    );
  });

  it('2, trivy: the standard names all three host namespaces', () => {
    const row = guides.rows.find(({ controls: ids }) => ids.includes('pods/host-ipc'));
    expect(row?.controls).toEqual(expect.arrayContaining(['pods/host-ipc', 'pods/host-network', 'pods/host-pid']));
  });
});
