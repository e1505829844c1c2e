import { expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { judge } from '../../engine/judge.ts';
import { staticPod } from '../node-examples.ts';
import componentVersions from './component-versions.ts';
import nodeVersions from './node-versions.ts';
import { endedLine, type Product } from './support.ts';

const controls = [...componentVersions, nodeVersions];

// Examples are judged as of 2026-11-21.
it.each<[string, string, string[]]>([
  [
    'components of one line are one finding',
    staticPod('kube-apiserver', [], 'v1.20.2') + staticPod('kube-scheduler', [], 'v1.20.2'),
    ['medium Kubernetes 1.20 gets no fixes since 2022-02-28: kube-apiserver, kube-scheduler'],
  ],
  [
    'etcd has lines of its own',
    staticPod('kube-apiserver', [], 'v1.36.2') + staticPod('etcd', [], '3.4.13-0'),
    ['low etcd 3.4 gets no fixes since 2026-06-01: etcd'],
  ],
  [
    'a line that has ended lately',
    staticPod('kube-apiserver', [], 'v1.34.1'),
    ['low Kubernetes 1.34 gets no fixes since 2026-10-27: kube-apiserver'],
  ],
  ['versions that are maintained, and newer than the data', staticPod('kube-apiserver', [], 'v1.40.0'), []],
  [
    'a kubelet and a runtime, by their Node',
    nodeOf('v1.30.2', 'containerd://1.6.9'),
    ['medium containerd 1.6.9 gets no fixes since 2025-08-23', 'medium kubelet v1.30.2 gets no fixes since 2025-07-15'],
  ],
  [
    'a cloud that maintains it for longer',
    nodeOf('v1.33.5-eks-abc', 'containerd://2.2.1'),
    ['low containerd 2.2.1 gets no fixes since 2026-11-06'],
  ],
  [
    'CRI-O with its Kubernetes',
    nodeOf('v1.36.1', 'cri-o://1.30.4'),
    ['medium cri-o 1.30.4 gets no fixes since 2025-07-15'],
  ],
  ['no text that is a version', nodeOf('v1', 'containerd://latest'), []],
])('%s', (_, text, expected) => {
  const { findings, errors } = judgeText(controls, text);
  expect(errors).toEqual([]);
  expect(findings.map(({ severity, message }) => `${severity} ${message}`).sort()).toEqual(expected);
});

it('does not know Docker, and says so', () => {
  const { findings, undecided } = judgeText(controls, nodeOf('v1.36.1', 'docker://20.10.7'));
  expect(findings).toEqual([]);
  expect(undecided.map(({ reason }) => reason)).toEqual(['how long docker 20.10.7 is maintained is not known']);
});

it('tells the kubelet of a node that was read itself once', () => {
  const { snapshot } = judgeText(controls, nodeOf('v1.20.2', 'containerd://2.3.1'));
  const evidence = judgeText(controls, staticPod('kubelet', [])).snapshot.nodes?.[0];
  if (evidence === undefined) throw new Error('no node');
  const read = { ...snapshot, nodes: [{ ...evidence, name: 'node-1' }] };
  expect(judge(read, { controls: [nodeVersions] }).findings).toEqual([]);
});

it.each<[Product, string, string, string | undefined]>([
  ['kubernetes', '1.32', '2026-02-28T23:00:00Z', undefined],
  ['kubernetes', '1.32', '2026-03-01T00:00:00Z', '2026-02-28 low'],
  ['kubernetes', '1.32', '2026-12-01T00:00:00Z', '2026-02-28 medium'],
  ['kubernetes', '1.1', '2026-12-01T00:00:00Z', '2016-10-23 medium'],
  // Without a date the day of the data counts.
  ['kubernetes', '1.33', '', '2026-06-28 low'],
  ['eks', '1.33', '', undefined],
  ['kubernetes', 'latest', '', undefined],
])('%s %s on %s', (product, version, today, expected) => {
  const line = endedLine(product, version, today);
  expect(line && `${line.ended} ${line.severity}`).toBe(expected);
});

function nodeOf(kubelet: string, runtime: string): string {
  return `apiVersion: v1
kind: Node
metadata: { name: node-1 }
status: { nodeInfo: { kubeletVersion: ${kubelet}, containerRuntimeVersion: "${runtime}" } }
`;
}
