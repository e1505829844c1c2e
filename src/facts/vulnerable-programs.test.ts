import { existsSync, readFileSync } from 'node:fs';
import { decompress } from 'fzstd';
import { describe, expect, it } from 'vitest';
import data from '../../data/cves.json' with { type: 'json' };
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { programOf } from '../semantics/cves/index.ts';
import { type Facts, factsOf } from './facts.ts';
import { nodePrograms } from './node-programs.ts';
import { conditions, type Place } from './vulnerable-conditions.ts';
import { exposureOf } from './vulnerable-programs.ts';

function factsOfText(text: string): Facts {
  return factsOf(assembleSnapshot([decodeManifest(text, 'cluster.yaml')], '2026-11-21T00:00:00Z'));
}

function exposed(facts: Facts, part: string, version: string, place: Place = {}) {
  const program = programOf('kubernetes', part);
  if (program === undefined) throw new TypeError('Kubernetes is not known');
  const exposure = facts.get(exposureOf)(program, version, place);
  if (typeof exposure === 'string') return exposure;
  return {
    open: exposure.open.map(({ id }) => id),
    undecided: exposure.undecided.map(({ vulnerability: { id } }) => id),
  };
}

const node = 'apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {nodeInfo: {operatingSystem: linux}}\n';

function server(...args: readonly string[]): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver-a, namespace: kube-system, annotations: {kubernetes.io/config.mirror: x}}
spec:
  containers:
    - {name: kube-apiserver, image: "registry.k8s.io/kube-apiserver:v1.32.1", command: ${JSON.stringify(['kube-apiserver', ...args])}}
`;
}

describe('the conditions of vulnerabilities', () => {
  it('are all known by name, and all used', () => {
    const rows: readonly { readonly when?: readonly string[] }[] = data.rows;
    const named = new Set(rows.flatMap(({ when = [] }) => when));
    expect([...named].toSorted()).toEqual([...conditions.keys()].toSorted());
  });

  const windows = node.replace('linux', 'windows');
  it.each([
    ['no evidence of nodes', '', {}, 'undecided'],
    ['a Linux node', node, {}, 'neither'],
    ['a Windows node', windows, {}, 'open'],
    ['the node itself, whatever others are', windows, { os: 'linux' }, 'neither'],
  ])('Windows: %s', (_, text, place, expected) => {
    const found = exposed(factsOfText(text), 'kubelet', 'v1.31.4', place);
    const where = Object.entries(found).find(([, ids]) => ids.includes('CVE-2024-9042'))?.[0] ?? 'neither';
    expect(where).toBe(expected);
  });

  it.each([
    ['no API server is seen', node, 'undecided'],
    ['it is off', server(), 'neither'],
    ['it is on', server('--enable-admission-plugins=NodeRestriction'), 'open'],
    [
      'another plugin closes it',
      server('--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement'),
      'neither',
    ],
  ])('NodeRestriction: %s', (_, text, expected) => {
    const found = exposed(factsOfText(text), 'kube-apiserver', 'v1.32.1');
    const where = Object.entries(found).find(([, ids]) => ids.includes('CVE-2025-5187'))?.[0] ?? 'neither';
    expect(where).toBe(expected);
  });

  it.each([
    ['nothing shows service accounts', node, 'undecided'],
    [
      'none asks for it',
      `${node}---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: b}\n`,
      'neither',
    ],
    [
      'one asks for it',
      `${node}---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: b, annotations: {kubernetes.io/enforce-mountable-secrets: "true"}}\n`,
      'open',
    ],
  ])('mountable secrets: %s', (_, text, expected) => {
    const found = exposed(factsOfText(text), 'kube-apiserver', 'v1.29.3');
    const where = Object.entries(found).find(([, ids]) => ids.includes('CVE-2024-3177'))?.[0] ?? 'neither';
    expect(where).toBe(expected);
  });
});

describe('what cannot be told', () => {
  it.each(['v1.30', 'latest', 'v1.40.0'])('%s is a reason, and never a pass', (version) => {
    expect(exposed(factsOfText(node), 'kubelet', version)).toMatch(/does not tell|newer than/);
  });
});

describe('a build of a maker', () => {
  it.each([
    ['v1.20.2', false],
    ['v1.20.2+k3s1', false],
    ['v1.20.2+rke2r1', false],
    ['v1.20.2-eks-1a2b3c', true],
    ['v1.20.2-gke.2500', true],
    ['v1.20.2+77bec7a', true],
    ['3.5.7-0', false],
  ])('%s: %s', (version, expected) => {
    const program = programOf(
      version.startsWith('3') ? 'etcd' : 'kubernetes',
      version.startsWith('3') ? undefined : 'kubelet',
    );
    const exposure = program && factsOfText(node).get(exposureOf)(program, version);
    expect(typeof exposure === 'object' && exposure.isVendorBuild).toBe(expected);
  });
});

describe('the recorded cluster', () => {
  const cluster = new URL('../../../shared/samples/lab-cluster.json.zst', import.meta.url);
  const isThere = existsSync(cluster);
  if (!isThere) console.warn('skipped: the recorded cluster is not here');
  it.skipIf(!isThere)('is open to what its version and configuration are open to, and to nothing else', () => {
    const facts = factsOfText(new TextDecoder().decode(decompress(readFileSync(cluster))));
    const kubelet = facts.get(nodePrograms).find(({ name }) => name === 'kubelet');
    expect([kubelet?.version, kubelet?.os]).toEqual(['v1.20.2', 'linux']);
    expect(exposed(facts, 'kubelet', 'v1.20.2', { os: 'linux' })).toEqual({
      open: ['CVE-2024-10220', 'CVE-2021-25741', 'CVE-2023-2431'],
      undecided: [],
    });
    expect(exposed(facts, 'kube-apiserver', 'v1.20.2')).toEqual({
      open: ['CVE-2025-5187', 'CVE-2022-3162', 'CVE-2021-25737'],
      undecided: ['CVE-2022-3172', 'CVE-2021-25735'],
    });
  });
});
