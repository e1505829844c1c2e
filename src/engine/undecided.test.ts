import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { control } from '../controls/control.ts';
import { controls } from '../controls/registry.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { fail } from '../model/verdict.ts';
import { judge } from './judge.ts';

function snapshotOf(manifest: string): Snapshot {
  const { objects } = decodeManifest(manifest, 'manifest.yaml');
  return { schema: 'bulwark.snapshot/v1', takenAt: '2026-01-01T00:00:00Z', objects, inputs: [], gaps: [] };
}

const examples = { pass: [], fail: [] };
const texts = { title: 'A test', severity: 'low', why: 'It is a test.', examples } as const;
const bothFields = control({
  ...texts,
  id: 'test/both',
  subject: 'container',
  check: ({ container }) => [
    fail('sets privileged', container.at('securityContext', 'privileged')),
    fail('does not set limits', container.at('resources', 'limits'), { key: 'limits' }),
  ],
});
const missing = control({
  ...texts,
  id: 'test/missing',
  subject: 'pod',
  check: ({ pod }) => fail('does not set runAsNonRoot', pod.at('securityContext', 'runAsNonRoot')),
});

const spec = 'containers: [{ name: prometheus, securityContext: { privileged: true } }]';
const prometheus = `apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: { name: k8s }
spec: { ${spec} }
`;

describe('failures at fields that the object does not decide', () => {
  it('are unknown where nothing else failed, and no findings', () => {
    const { findings, coverage } = judge(snapshotOf(prometheus), { controls: [bothFields, missing] });
    expect(findings.map(({ control, message }) => [control.id, message])).toEqual([['test/both', 'sets privileged']]);
    expect(coverage.get(missing)).toMatchObject({ unknown: 1, fail: 0, pass: 0 });
    expect(coverage.get(bothFields)).toMatchObject({ unknown: 0, fail: 1, pass: 0 });
  });

  it('are failures where the object decides them', () => {
    const pod = `apiVersion: v1\nkind: Pod\nmetadata: { name: app }\nspec: { ${spec} }\n`;
    const { findings } = judge(snapshotOf(pod), { controls: [bothFields, missing] });
    expect(findings.map(({ message }) => message)).toEqual([
      'does not set runAsNonRoot',
      'sets privileged',
      'does not set limits',
    ]);
  });
});

describe('every control', () => {
  it.each([
    ['monitoring.coreos.com/v1', 'Prometheus', '{ containers: [{ name: prometheus }] }'],
    [
      'monitoring.coreos.com/v1',
      'Prometheus',
      '{ securityContext: { fsGroup: 2000 }, containers: [{ name: p, securityContext: { capabilities: {} }, resources: { requests: { cpu: 1 } } }] }',
    ],
    [
      'elasticsearch.k8s.elastic.co/v1',
      'Elasticsearch',
      '{ nodeSets: [{ name: a, podTemplate: { spec: { containers: [{ name: elasticsearch, env: [{ name: A, value: b }] }] } } }] }',
    ],
    ['kafka.strimzi.io/v1beta2', 'Kafka', '{ kafka: { replicas: 3 }, entityOperator: { topicOperator: {} } }'],
    ['tekton.dev/v1', 'TaskRun', '{ taskRef: { name: build } }'],
    ['sparkoperator.k8s.io/v1beta2', 'SparkApplication', '{ driver: { cores: 1 }, executor: { cores: 1 } }'],
  ])('says nothing of what a %s %s leaves to its operator', (apiVersion, kind, fields) => {
    const manifest = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: example, namespace: shop }\nspec: ${fields}\n`;
    const { findings, errors } = judge(snapshotOf(manifest), { controls, profiles: ['security', 'reliability'] });
    expect(findings.map(({ control, message }) => `${control.id}: ${message}`)).toEqual([]);
    expect(errors).toEqual([]);
  });
});
