import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import podSecurity from './pod-security.ts';
import { namespaces } from './whole-cluster.ts';

const kyverno = (match: string, action = 'Enforce') => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: baseline}
spec:
  rules:
    - name: baseline
      match: {any: [{resources: ${match}}]}
      validate: {failureAction: ${action}, podSecurity: {level: baseline}}
`;

const webhook = (selector: string) => `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: guard}
webhooks:
  - name: guard.example.com
    namespaceSelector: ${selector}
    rules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]
`;

const constraint = (spec: string) =>
  `apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sPSPPrivilegedContainer\nmetadata: {name: safe}\nspec: ${spec}\n`;

describe('a namespace without pod security labels', () => {
  const bare = 'nothing in what was read refuses dangerous pods in namespace shop';
  const people = (guard: string) => `${guard} is asked about pods: what it refuses in namespace shop, people must say`;
  it.each<[string, string, readonly string[], readonly string[]]>([
    ['Kyverno, all pods', kyverno('{kinds: [Pod]}'), [], []],
    ['Kyverno, audit', kyverno('{kinds: [Pod]}', 'Audit'), [bare], []],
    ['Kyverno, other kinds', kyverno('{kinds: [Service]}'), [bare], []],
    ['Kyverno, some', kyverno('{kinds: [Pod], names: [web-*]}'), [], [people('ClusterPolicy baseline of Kyverno')]],
    ['webhook', webhook('{}'), [], [people('ValidatingWebhookConfiguration guard')]],
    ['webhook elsewhere', webhook('{matchLabels: {guard: "yes"}}'), [bare], []],
    [
      'webhook by name',
      webhook('{matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]}'),
      [bare],
      [],
    ],
    ['Gatekeeper', constraint('{match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}}'), [], []],
    ['Gatekeeper, dry run', constraint('{enforcementAction: dryrun}'), [bare], []],
    [
      'Gatekeeper, some',
      constraint('{match: {namespaces: [shop]}}'),
      [],
      [people('constraint K8sPSPPrivilegedContainer safe of Gatekeeper')],
    ],
  ])('with %s', (_, policy, findings, reasons) => {
    const judgement = judgeText([podSecurity], `${namespaces('shop')}---\n${policy}`);
    expect(judgement.findings.map(({ message }) => message)).toEqual(findings);
    expect(judgement.undecided.map(({ reason }) => reason)).toEqual(reasons);
  });

  it('is not asked about where it is one of the cluster itself', () => {
    expect(judgeText([podSecurity], namespaces('kube-system', 'kube-public', 'kube-node-lease')).findings).toEqual([]);
  });
});
