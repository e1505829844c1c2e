import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeExample } from '../../test/node-example.ts';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { kubeletConfig, staticPod } from '../controls/node-examples.ts';
import { clusterOf, mirrorPod, nodeWith } from '../controls/versions/examples.ts';
import { valueAt } from '../model/path.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { planUpgrade } from './upgrade-plan.ts';
import { upgradedSnapshot } from './upgraded-snapshot.ts';

function snapshotOf(text: string): Snapshot {
  return assembleSnapshot([decodeManifest(text, 'cluster.yaml')], '2026-11-21T00:00:00Z');
}

describe('the snapshot after an upgrade', () => {
  it('tells the new version wherever it told the old one', () => {
    const text = `${clusterOf('v1.33.1')}${mirrorPod('kube-apiserver', 'v1.33.1')}${mirrorPod('etcd', '3.5.16-0')}---\n${nodeWith({ kubelet: 'v1.33.1', runtime: 'containerd://2.3.4' })}`;
    const { objects } = upgradedSnapshot(snapshotOf(text), 34);
    const told = [
      ['data', 'ClusterConfiguration'],
      ['spec', 'containers', 0, 'image'],
      ['status', 'nodeInfo', 'kubeletVersion'],
    ].flatMap((path) => objects.flatMap(({ value }) => valueAt(value, path) ?? []));
    expect(told).toEqual([
      'kind: ClusterConfiguration\nkubernetesVersion: v1.34.11\n',
      'registry.k8s.io/kube-apiserver:v1.34.11',
      'registry.k8s.io/etcd:3.6.14-0',
      'v1.34.11',
    ]);
  });

  it('leaves all else as it is, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Pod', 'Node', 'ConfigMap', 'Service'),
        fc.dictionary(fc.constantFrom('spec', 'status', 'data', '__proto__'), fc.jsonValue()),
        (kind, rest) => {
          const before = snapshotOf(
            JSON.stringify({
              ...rest,
              apiVersion: 'v1',
              kind,
              metadata: { name: 'kubeadm-config', namespace: 'kube-system' },
            }),
          );
          const { objects } = upgradedSnapshot(before, 34);
          expect(objects.map(({ value }) => value)).toEqual(before.objects.map(({ value }) => value));
          expect(planUpgrade(before, 34).target).toBe(34);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the plan for a node that was read', () => {
  const node = nodeExample(
    staticPod('kube-apiserver', ['--feature-gates=APIPriorityAndFairness=true'], 'v1.30.1') +
      kubeletConfig('failSwapOn: true'),
  );
  const snapshot = assembleSnapshot(
    [{ objects: [], inputs: [], gaps: [], nodes: node === undefined ? [] : [node] }],
    '2026-11-21T00:00:00Z',
  );

  it('finds what its components do not start with, and where that stands', () => {
    const { problems } = planUpgrade(snapshot, 31);
    expect(
      problems.map(({ component, stops, where, message }) => [component, stops, where, message.slice(0, 43)]),
    ).toEqual([
      [
        'kube-apiserver',
        true,
        '/etc/kubernetes/manifests/kube-apiserver.yaml',
        'feature gate APIPriorityAndFairness is not ',
      ],
    ]);
  });

  it('says which version is there, and which components it did not see', () => {
    expect(planUpgrade(snapshot, 31).from).toEqual({
      minor: 30,
      text: 'v1.30.1',
      by: `the API server of ${snapshot.nodes?.[0]?.name}`,
    });
    expect(planUpgrade(snapshot, 31).unseen).toEqual([
      'the configuration of kube-controller-manager: whether it starts is not known',
      'the configuration of kube-scheduler: whether it starts is not known',
      'Nodes: whether kubelets and container runtimes are new enough is not known',
    ]);
  });
});
