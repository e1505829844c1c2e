import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import imageEolComponent from '../container-runtime/image-eol-component.ts';
import { withImage } from '../container-runtime/with-image.ts';
import { namespaces } from '../namespaces/whole-cluster.ts';
import { staticPod } from '../node-examples.ts';
import clusterVersion from './cluster-version.ts';
import componentVulnerabilities from './component-vulnerabilities.ts';
import { clusterOf, mirrorPod, nodeWith } from './examples.ts';
import imageVulnerabilities from './image-vulnerabilities.ts';
import nodeVulnerabilities from './node-vulnerabilities.ts';
import patchLevel from './patch-level.ts';
import serverVulnerabilities from './server-vulnerabilities.ts';
import skew from './skew.ts';
import unfixedVulnerabilities from './unfixed-vulnerabilities.ts';

const messages = (...found: Parameters<typeof judgeExample>) => judgeExample(...found).map(({ message }) => message);

function several(nodes: readonly string[]): string {
  return nodes.join('---\n');
}

function named(name: string, node: string): string {
  return node.replace('node-1', name);
}

describe('vulnerabilities of nodes', () => {
  const old = nodeWith({ kubelet: 'v1.20.2', runtime: 'containerd://2.3.4' });

  it('are one finding a version, on the first node by name', () => {
    const judgement = judgeText([nodeVulnerabilities], several(['c', 'a', 'b'].map((name) => named(name, old))));
    expect(judgement.findings.map(({ subject, message }) => [subject.object.name, message.slice(0, 61)])).toEqual([
      ['a', 'kubelet v1.20.2 of 3 nodes is open to CVE-2024-10220 (gitRepo'],
    ]);
  });

  it('are told gravest first, with the version to go to', () => {
    const [finding] = judgeText([nodeVulnerabilities], old).findings;
    expect(finding?.severity).toBe('high');
    expect(finding?.message).toMatch(/CVE-2024-10220 .*CVE-2021-25741 .*CVE-2023-2431 /);
    expect(finding?.failure.remedy).toMatch(/^Upgrade kubelet to 1\.\d+\.\d+ or later/);
  });

  it('of a maker who may have mended them weigh less', () => {
    const [finding] = judgeExample(
      nodeVulnerabilities,
      nodeWith({ kubelet: 'v1.20.2-gke.2500', runtime: 'containerd://2.3.4' }),
    );
    expect(finding?.severity).toBe('low');
    expect(finding?.message).toContain('its maker may have mended some');
  });

  it.each([
    ['rktnetes://1.30.0', 'what is known of vulnerabilities leaves rktnetes out'],
    ['containerd://9.0.0', 'containerd 9.0.0 is newer than what is known of vulnerabilities'],
  ])('are not known of %s', (runtime, reason) => {
    const judgement = judgeText([nodeVulnerabilities], nodeWith({ kubelet: 'v1.36.1', runtime }));
    expect(judgement.undecided.map(({ kind, reason: said }) => `${kind}: ${said}`)).toEqual([`unknown: ${reason}`]);
    expect(judgement.findings).toEqual([]);
  });

  it('are told in place of a newer patch', () => {
    const judgement = judgeText(
      [nodeVulnerabilities, patchLevel],
      nodeWith({ kubelet: 'v1.34.1', runtime: 'containerd://2.3.1' }),
    );
    expect(judgement.findings.map(({ control, message }) => `${control.id} ${message.slice(0, 16)}`)).toEqual([
      'versions/node-vulnerabilities containerd 2.3.1',
    ]);
  });
});

describe('vulnerabilities of images', () => {
  it('say once what the end of a version says already', () => {
    const find = (image: string) =>
      judgeText([imageEolComponent, imageVulnerabilities], withImage(image)).findings.map(({ control }) => control.id);
    expect(find('registry.k8s.io/ingress-nginx/controller:v1.11.4')).toEqual(['container-runtime/image-eol-component']);
    expect(find('coredns/coredns:1.8.0')).toEqual(['versions/image-vulnerabilities']);
  });

  it('are told of one mirror pod where each node of the control plane has its own', () => {
    const pods = ['b', 'a'].map((name) => mirrorPod('kube-apiserver', 'v1.24.2').replaceAll('node-1', name)).join('');
    const judgement = judgeText([imageVulnerabilities], pods.slice(4));
    expect(judgement.findings.map(({ subject }) => subject.object.name)).toEqual(['kube-apiserver-a']);
  });

  it.each(['coredns/coredns', 'coredns/coredns:latest', `coredns/coredns@sha256:${'0'.repeat(64)}`])(
    'are not known of %s',
    (image) => {
      const judgement = judgeText([imageVulnerabilities], withImage(image));
      expect(judgement.findings).toEqual([]);
      expect(judgement.undecided.map(({ kind }) => kind)).toEqual(['unknown']);
    },
  );
});

describe('vulnerabilities of a node that was read', () => {
  it('are told with the condition that cannot be seen', () => {
    const [message = ''] = messages(componentVulnerabilities, staticPod('etcd', [], '3.5.7-0'));
    expect(message).toMatch(
      /^etcd 3\.5\.7-0 is open to GHSA-6vch-q96h-7gc3 .*and perhaps to (?:CVE-[\d-]+,? )+if etcd has users and roles/,
    );
  });
});

describe('the API server of a provider', () => {
  it('is judged by its version where nothing else shows it', () => {
    expect(messages(serverVulnerabilities, clusterOf('v1.24.2'))).toEqual([
      expect.stringMatching(/^kube-apiserver v1\.24\.2 is open to /),
    ]);
    expect(messages(serverVulnerabilities, clusterOf('v1.24.2') + mirrorPod('kube-apiserver', 'v1.24.2'))).toEqual([]);
  });
});

describe('the version of the cluster', () => {
  it.each([
    ['v1.34.11', 'low', 'Kubernetes v1.34.11 of ConfigMap kube-system/kubeadm-config gets no fixes since 2026-10-27'],
    [
      'v1.30.14',
      'medium',
      'Kubernetes v1.30.14 of ConfigMap kube-system/kubeadm-config gets no fixes since 2025-07-15',
    ],
  ])('%s: %s', (version, severity, message) => {
    expect(judgeExample(clusterVersion, clusterOf(version))).toMatchObject([{ severity, message }]);
  });

  it.each(['v1.34.1-eks-1a2b3c', 'v1.37.0', 'v1.50.1'])('%s gets fixes, or is newer than the data', (version) => {
    expect(judgeExample(clusterVersion, clusterOf(version))).toEqual([]);
  });

  it('is not known of a cluster that does not tell it', () => {
    expect(judgeText([clusterVersion], namespaces('kube-system')).undecided).toMatchObject([{ kind: 'unknown' }]);
  });
});

describe('skew', () => {
  it('is counted from the oldest API server, once for each version', () => {
    const text = several([
      clusterOf('v1.31.1'),
      mirrorPod('kube-apiserver', 'v1.31.1').replaceAll('node-1', 'a').slice(4),
      mirrorPod('kube-apiserver', 'v1.30.1').replaceAll('node-1', 'b').slice(4),
      mirrorPod('kube-controller-manager', 'v1.31.1').slice(4),
      ...['w1', 'w2'].map((name) => named(name, nodeWith({ kubelet: 'v1.26.1', runtime: 'containerd://2.3.4' }))),
    ]);
    expect(messages(skew, text)).toEqual([
      'kube-controller-manager 1.31 of node-1 is newer than the API server, which is 1.30: it must not be',
      'kubelet 1.26 of w1, w2 is 4 minor versions older than the API server, which is 1.30: it may be 3',
    ]);
  });
});

describe('what no version mends', () => {
  it('is left to people where nothing can ask for it', () => {
    const judgement = judgeText([unfixedVulnerabilities], namespaces('kube-system'));
    expect(judgement.undecided.map(({ kind, reason }) => [kind, reason.match(/CVE-[\d-]+/g)])).toEqual([
      ['manual', ['CVE-2020-8562', 'CVE-2024-7598']],
    ]);
  });
});
