import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { judge } from '../../engine/judge.ts';
import type { ClusterInfo } from '../../model/snapshot.ts';
import { inPod } from '../examples.ts';
import { controls } from '../registry.ts';
import disruptionBudget from './disruption-budget.ts';
import { autoscaler, budget, deployment, documents, named } from './examples.ts';
import probes from './probes.ts';
import references from './references.ts';
import replicas from './replicas.ts';

describe('the profile for reliability', () => {
  it('holds all of this folder, and none of it runs by default', () => {
    const here = controls.filter(({ id }) => id.startsWith('reliability/'));
    expect(here.filter(({ profile }) => profile !== 'reliability').map(({ id }) => id)).toEqual([]);
    const snapshot = assembleSnapshot([decodeManifest(deployment('replicas: 1'), 'x.yaml')], '');
    expect(judge(snapshot, { controls: here }).findings).toEqual([]);
    expect(judge(snapshot, { controls: here, profiles: ['reliability'] }).findings.length).toBeGreaterThan(3);
  });
});

describe('what pods name', () => {
  const pod = inPod('volumes: [{ name: db, secret: { secretName: db } }]\nimagePullSecrets: [{ name: registry }]');
  const inCluster = (text: string, cluster: Partial<ClusterInfo> = {}) => {
    const snapshot = {
      ...assembleSnapshot([decodeManifest(text, 'x.yaml')], ''),
      cluster: { server: 'https://x', ...cluster },
    };
    return judge(snapshot, { controls: references, profiles: ['reliability'] }).findings.map(({ message }) => message);
  };

  it('is missing in a cluster where it was not found', () => {
    expect(inCluster(pod)).toEqual([
      'the pod needs Secret db, which is not there',
      'the pod names Secret registry to pull its images with, which is not there',
    ]);
    expect(inCluster(documents(pod, named('Secret', 'db'), named('Secret', 'registry')))).toEqual([]);
  });

  it('is not known to be missing where it could not be listed', () => {
    const unread = [{ code: 'forbidden' as const, what: '/api/v1/secrets', reason: 'no' }];
    expect(inCluster(pod, { unread })).toEqual([]);
    expect(inCluster(pod, { namespaces: ['other'] })).toEqual([]);
    expect(inCluster(pod, { namespaces: ['shop'] })).toHaveLength(2);
    expect(judgeText(references, pod).findings).toEqual([]);
  });

  it('is told once, however often it is named', () => {
    const twice = inPod(
      'volumes: [{ name: a, configMap: { name: a } }, { name: b, projected: { sources: [{ configMap: { name: a } }] } }]',
    );
    expect(inCluster(twice)).toEqual(['the pod needs ConfigMap a, which is not there']);
  });
});

describe('availability', () => {
  it.each<[what: string, text: string, messages: readonly string[]]>([
    [
      'an autoscaler that leaves one',
      documents(deployment('replicas: 3'), autoscaler('maxReplicas: 5')),
      ['Deployment web is one pod, as few as its autoscaler leaves'],
    ],
    ['an autoscaler of another', documents(deployment('replicas: 3'), autoscaler('maxReplicas: 5', 'api')), []],
    ['nothing said', deployment(''), ['Deployment web is one pod']],
    ['switched off', deployment('replicas: 0'), []],
  ])('with %s', (_, text, messages) => {
    expect(judgeExample(replicas, text).map(({ message }) => message)).toEqual(messages);
  });

  it('is kept by budgets of the same namespace alone', () => {
    const elsewhere = budget('maxUnavailable: 1').replace('namespace: shop', 'namespace: other');
    expect(judgeExample(disruptionBudget, documents(deployment('replicas: 2'), elsewhere))).toMatchObject([
      { message: 'no PodDisruptionBudget is for the 2 pods of Deployment web', place: 'spec.replicas' },
    ]);
  });
});

describe('probes', () => {
  it('are not asked of what ends', () => {
    const job = `apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: shop}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: "a:1", ports: [{containerPort: 1}]}]}}}
`;
    expect(judgeText(probes, job).findings).toEqual([]);
    const init = inPod(
      'initContainers: [{ name: setup, image: "a:1" }, { name: proxy, image: "a:1", restartPolicy: Always }]',
    );
    expect(judgeText(probes, init).findings.map(({ message }) => message)).toEqual([
      'container proxy has no liveness probe',
      'container app has no liveness probe',
    ]);
  });
});
