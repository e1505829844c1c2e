import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { factsOf } from './facts.ts';
import { watchers } from './observability.ts';

function agent(label: string, image: string): string {
  return `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: monitoring}
spec: {template: {metadata: {labels: {${label}}}, spec: {containers: [{name: agent, image: "${image}"}]}}}
`;
}

function told(...texts: readonly string[]): readonly string[] {
  const facts = factsOf(assembleSnapshot([decodeManifest(texts.join('---\n'), 'x.yaml')], ''));
  return facts
    .get(watchers)
    .map(({ program, evidence, isCertain }) => `${program.name} ${[...evidence].sort().join()} ${isCertain}`);
}

const rule = 'apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: r, namespace: monitoring}\n';

describe('programs that watch over a cluster', () => {
  it.each([
    [
      'image and label',
      [agent('app.kubernetes.io/name: falco', 'docker.io/falcosecurity/falco:0.39')],
      ['Falco image,label true'],
    ],
    [
      'a copy in another registry',
      [agent('app: fluent-bit', 'registry.example/mirror/fluent/fluent-bit:3')],
      ['Fluent Bit image,label true'],
    ],
    ['an image alone', [agent('app: web', 'quay.io/prometheus/prometheus:v3')], ['Prometheus image false']],
    ['a label alone', [agent('app: falco', 'registry.example/shop:1')], ['Falco label false']],
    ['a kind alone', [rule], ['Prometheus kind false']],
    ['image and kind', [rule, agent('app: web', 'quay.io/prometheus/prometheus:v3')], ['Prometheus image,kind true']],
    ['a common word', [agent('app: collector', 'registry.example/shop:1')], []],
    ['an image that only sounds alike', [agent('app: web', 'registry.example/not-falcosecurity/falcon:1')], []],
  ])('%s', (_, texts, expected) => {
    expect(told(...texts)).toEqual(expected);
  });
});
