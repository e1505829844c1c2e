import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { judge } from '../../engine/judge.ts';
import defaultDrift from './default-drift.ts';
import { clusterBinding, group, user } from './example-grants.ts';
import { ofServer } from './stored.ts';

const labels = '{kubernetes.io/bootstrapping: rbac-defaults}';
const admin = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: cluster-admin, labels: ${labels}}
rules:
  - {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
  - {nonResourceURLs: ["*"], verbs: ["*"]}
`;
const basic = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:basic-user", labels: ${labels}}
rules:
  - {apiGroups: [authorization.k8s.io], resources: [selfsubjectaccessreviews, selfsubjectrulesreviews], verbs: [create]}
  - {apiGroups: [""], resources: [secrets], verbs: [get]}
`;

function judged(version: string, ...texts: readonly string[]) {
  const decoded = decodeManifest(ofServer(texts.join('---\n')), 'x.yaml');
  const snapshot = { ...assembleSnapshot([decoded], ''), cluster: { server: 'https://x', version } };
  const { findings, undecided } = judge(snapshot, { controls: [defaultDrift] });
  return {
    findings: findings.map(({ message, subject }) => `${subject.object.name}: ${message}`),
    undecided: undecided.map(({ kind, reason }) => `${kind}: ${reason}`),
  };
}

describe('roles of Kubernetes itself', () => {
  it('are compared with what their version ships', () => {
    expect(judged('v1.20.2', admin, basic)).toEqual({
      findings: ['system:basic-user: it was given the right to get secrets'],
      undecided: [],
    });
  });

  it('are unknown, once, where there is no data of the version', () => {
    const known = basic.replace(/.*secrets.*\n/, '');
    expect(judged('v1.30.1', admin, known)).toEqual({
      findings: [],
      undecided: ['unknown: what this version ships its roles with is not known; it is of v1.20'],
    });
  });

  it('have powers that no version ships, whatever the version', () => {
    expect(judged('v1.30.1', admin, basic).findings).toEqual([
      'system:basic-user: it was given the right to get secrets',
    ]);
  });

  it.each<[string, string, readonly string[]]>([
    [
      'beside its own subject',
      clusterBinding('system:discovery', group('system:authenticated'), user('eve')),
      ['system:discovery: User eve was added to it, and has ClusterRole system:discovery'],
    ],
    [
      'instead of its own subject',
      clusterBinding('system:discovery', user('eve')),
      ['system:discovery: User eve was added to it, and has ClusterRole system:discovery'],
    ],
    [
      'to the binding that is shipped without any',
      clusterBinding('system:node', group('system:nodes')),
      ['system:node: Group system:nodes was added to it, and has ClusterRole system:node'],
    ],
  ])('are told of somebody who was added, in whatever version: %s', (_, text, expected) => {
    const name = /name: (system:\w+)\}/.exec(text)?.[1] ?? '';
    expect(judged('v1.30.1', text.replace('name: given', `name: "${name}"`)).findings).toEqual(expected);
  });
});
