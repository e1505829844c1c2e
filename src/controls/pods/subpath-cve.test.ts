import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { judge } from '../../engine/judge.ts';
import { parseKubernetesVersion } from '../../facts/cluster-version.ts';
import { inContainer } from '../examples.ts';
import subpathCve from './subpath-cve.ts';

const workload = inContainer('volumeMounts: [{ name: data, mountPath: /data, subPathExpr: $(POD) }]');

function judgeOn(version: string | undefined, nodes = '') {
  const { objects } = decodeManifest(`${workload}${nodes}`, 'example.yaml');
  const cluster = version === undefined ? {} : { cluster: { server: 'https://api.example', version } };
  const takenAt = '2026-11-21T00:00:00Z';
  const snapshot = { schema: 'bulwark.snapshot/v1', takenAt, objects, inputs: [], gaps: [], ...cluster } as const;
  const judgement = judge(snapshot, { controls: [subpathCve] });
  const counts = judgement.coverage.get(subpathCve);
  const verdict = (['pass', 'fail', 'unknown', 'not-applicable'] as const).filter((kind) => counts?.[kind] === 1);
  return { verdict, messages: judgement.findings.map(({ message }) => message) };
}

describe('pods/subpath-cve', () => {
  it.each([
    // Nobody says which kubelets there are: never a pass.
    [undefined, 'unknown'],
    ['v1.20.2', 'fail'],
    ['v1.9.11', 'fail'],
    ['v1.19.14', 'fail'],
    // These may still have kubelets of an older, vulnerable minor.
    ['v1.19.15', 'unknown'],
    ['v1.24.0', 'unknown'],
    ['v1.25.0', 'pass'],
    ['v1.100.0-eks-1234', 'pass'],
    ['nonsense', 'unknown'],
  ])('without Nodes, an API server of %s gives %s', (version, verdict) => {
    expect(judgeOn(version).verdict).toEqual([verdict]);
  });

  it('trusts the Nodes more than the API server, and names the one that is behind', () => {
    const node = (name: string, kubelet: string) => `---
{ apiVersion: v1, kind: Node, metadata: { name: ${name} }, status: { nodeInfo: { kubeletVersion: ${kubelet} } } }
`;
    expect(judgeOn('v1.22.0', node('a', 'v1.22.2')).verdict).toEqual(['pass']);
    expect(judgeOn('v1.37.0', node('a', '""')).verdict).toEqual(['unknown']);
    expect(judgeOn('v1.22.5', node('a', 'v1.22.5') + node('b', 'v1.21.4')).messages).toEqual([
      'container app mounts a subPath of volume data, and the kubelet of node b is v1.21.4 (CVE-2021-25741)',
    ]);
  });
});

describe('parseKubernetesVersion', () => {
  it.each([
    ['v1.20.2', { minor: 20, patch: 2 }],
    ['1.9.11', { minor: 9, patch: 11 }],
    ['v1.21.5+k3s1', { minor: 21, patch: 5 }],
    ['v1.22', undefined],
    ['v2.0.0', undefined],
    ['v1.1.99999999', undefined],
    [7, undefined],
  ])('reads %j', (text, version) => {
    expect(parseKubernetesVersion(text)).toEqual(version);
  });
});
