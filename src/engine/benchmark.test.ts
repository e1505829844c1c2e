import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import { benchmarkResults, toldWith } from './benchmark.ts';
import { editions } from './benchmark-editions.ts';

const known: ReadonlySet<string> = new Set(controls.map(({ id }) => id));

/** State, and reasons or failing controls, of one row. */
function row(edition: string, id: string, text: string): string {
  const chosen = editions.find((each) => each.id === edition);
  if (chosen === undefined) throw new Error(`there is no edition ${edition}`);
  const result = benchmarkResults(chosen, judgeText(controls, text)).find(({ check }) => check.id === id);
  if (result === undefined) throw new Error(`there is no row ${id}`);
  const { state, failing } = result;
  const reasons = 'reasons' in state ? state.reasons : [];
  const more = [...failing.map(({ id: control }) => control), ...reasons].join('; ');
  return more === '' ? state.kind : `${state.kind}: ${more}`;
}

const server = (
  tag: string,
  ...args: readonly string[]
): string => `# file: /etc/kubernetes/manifests/kube-apiserver.yaml
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  containers:
    - name: kube-apiserver
      image: registry.k8s.io/kube-apiserver:${tag}
      command: ${JSON.stringify(['kube-apiserver', ...args])}
`;

const withMode = (mode: string): string =>
  server('v1.20.2').replace('apiserver.yaml\n', `apiserver.yaml mode ${mode}\n`);

const pod = (name: string, spec: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop}
spec: ${spec}
`;

/** A role that allows everything, and who is bound to it. */
const bound = (subject: string): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: all}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: all}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: all}
subjects: [${subject.replace('{kind: Group,', '{apiGroup: rbac.authorization.k8s.io, kind: Group,')}]
`;

describe('rows of the editions', () => {
  it.each(editions.map((edition) => [edition.id, edition] as const))(
    '%s: each is answered, or says why not',
    (_, { rows }) => {
      const silent = rows.filter(
        ({ controls: named, reason, leftOut }) => named.length === 0 && reason === undefined && leftOut === undefined,
      );
      expect(silent.map(({ id, title }) => `${id} ${title}`)).toEqual([]);
      expect(rows.flatMap(({ controls: named }) => named.filter((id) => !known.has(id)))).toEqual([]);
    },
  );

  it.each([
    ['cis-1.6', '1.2.2', server('v1.18.2', '--basic-auth-file=/a.csv'), 'fail: kube-apiserver/basic-auth-file'],
    ['cis-1.6', '1.2.4', server('v1.18.2', '--kubelet-https=false'), 'fail: kube-apiserver/kubelet-https'],
    ['cis-1.6', '1.2.19', server('v1.18.2'), 'fail: kube-apiserver/insecure-port'],
    ['cis-1.6', '1.2.19', server('v1.18.2', '--insecure-port=0'), 'pass'],
    ['cis-1.6', '1.2.20', server('v1.18.2', '--secure-port=0'), 'fail: kube-apiserver/secure-port'],
    ['cis-1.6', '1.2.16', server('v1.18.2'), 'fail: kube-apiserver/pod-security-plugin'],
    ['cis-1.6', '1.2.16', server('v1.18.2', '--enable-admission-plugins=PodSecurityPolicy'), 'pass'],
    ['cis-1.23', '1.2.4', server('v1.22.2'), 'not-applicable: since v1.19 kubelets are always reached over TLS'],
    ['cis-1.23', '1.2.3', server('v1.23.2'), expect.stringMatching(/^manual: .*CVE-2020-8554/)],
    ['gke-1.9.0', '5.5.1', server('v1.32.2'), expect.stringMatching(/^manual: It is a setting of the cloud/)],
    // Who may join the group does not use it.
    ['cis-1.12', '5.1.7', bound('{kind: ServiceAccount, name: app, namespace: shop}'), 'pass'],
    ['cis-1.12', '5.1.7', bound('{kind: Group, name: "system:masters"}'), 'fail: rbac/masters-group'],
    ['cis-1.12', '5.1.3', bound('{kind: Group, name: ops}'), 'fail: rbac/full-wildcard; rbac/wildcards'],
    ['k3s-cis-1.9', '1.1.1', server('v1.30.2'), expect.stringMatching(/^not-applicable: Does not apply: K3s/)],
  ])('%s %s', (edition, id, text, expected) => {
    expect(row(edition, id, text)).toEqual(expected);
  });

  it.each([
    [
      'nsa-1.2',
      'pods/privileged',
      pod('a', '{containers: [{name: a, image: a, securityContext: {privileged: true}}]}'),
      'fail: pods/privileged',
    ],
    ['nsa-1.2', 'pods/privileged', pod('a', '{containers: [{name: a, image: a}]}'), 'pass'],
    [
      'nsa-1.2',
      'images/trusted',
      pod(
        'a',
        `{containers: [{name: a, image: "example.com/a:1@sha256:${'0a'.repeat(32)}", imagePullPolicy: Always}]}`,
      ),
      expect.stringMatching(/^partial: How an image is built is for people/),
    ],
    [
      'nsa-1.2',
      'logging/service-mesh',
      pod('a', '{containers: [{name: a, image: a}]}'),
      expect.stringMatching(/^manual: It is decided in the mesh/),
    ],
    ['nsa-1.2', 'logging/audit-on', pod('a', '{containers: [{name: a, image: a}]}'), 'no-evidence'],
    [
      'pss-restricted',
      'restrictedVolumes',
      pod('a', '{containers: [{name: a, image: a}], volumes: [{name: v, nfs: {server: a, path: /}}]}'),
      'fail: pods/volume-types',
    ],
    [
      'pss-baseline',
      'hostPathVolumes',
      pod('a', '{containers: [{name: a, image: a}], volumes: [{name: v, hostPath: {path: /srv}}]}'),
      expect.stringMatching(/^fail: .*pods\/host-path/),
    ],
    ['owasp-2025', 'K06', server('v1.18.2'), expect.stringMatching(/^fail: .*kube-apiserver\/insecure-port/)],
    [
      'attack',
      'T1611',
      pod('a', '{hostPID: true, containers: [{name: a, image: a}]}'),
      expect.stringMatching(/^fail: .*pods\/host-pid/),
    ],
  ])('%s %s', (edition, id, text, expected) => {
    expect(row(edition, id, text)).toEqual(expected);
  });

  it.each([
    ['cis-1.20', '0644', 'pass'],
    ['cis-1.12', '0644', 'fail: files/kube-apiserver-manifest-mode'],
    ['cis-1.20', '0664', 'fail: files/kube-apiserver-manifest-mode'],
    ['cis-1.20', '0600', 'pass'],
  ])('%s judges mode %s by its own limit: %s', (edition, mode, expected) => {
    expect(row(edition, '1.1.1', withMode(mode))).toBe(expected);
  });
});

it('names what tells a failure that is no finding of its own', () => {
  const judgement = judgeText(controls, server('v1.32.2', '--profiling=true', '--contention-profiling=true'));
  const control = controls.find(({ id }) => id === 'kube-apiserver/contention-profiling');
  if (control === undefined) throw new Error('the control is missing');
  const told = toldWith(judgement, control);
  expect(`${told?.control} ${told?.object.kind} ${told?.object.name}`).toMatch(/^kube-apiserver\/profiling /);
  expect(judgement.findings.map(({ control: { id } }) => id)).not.toContain(control.id);
});
