import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { tarArchive } from '../../../test/tar-archive.ts';
import type { JsonObject } from '../../model/json.ts';
import { type CollectClusterNodesOptions, collectClusterNodes } from './collect.ts';
import type { CollectionPlan, CollectionProgress } from './collection.ts';
import {
  type FakeCluster,
  type FakeClusterOptions,
  type FakePod,
  readyNode,
  startFakeCluster,
} from './fake-cluster.ts';
import { collectorLabels, expiresAnnotation, runLabel } from './manifests.ts';

let cluster: FakeCluster | undefined;
afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

async function collect(options: FakeClusterOptions, more: Partial<CollectClusterNodesOptions> = {}) {
  cluster = await startFakeCluster(options);
  const collected = await collectClusterNodes({
    connect: cluster.connect,
    timeoutMs: 5000,
    pollMs: 20,
    nodeTimeoutMs: 2000,
    ...more,
  });
  // The bundles of these tests hold one file of all that is looked for.
  const gaps = collected.gaps.filter(({ what }) => !/^node \w: \//.test(what));
  return { ...collected, gaps: gaps.map(({ code, what, reason }) => `${code} ${what}: ${reason}`) };
}

/** What a collector pod prints of a node with one file. */
function logOf(hostname: string): string {
  const parts = {
    bundle: `bulwark-node 1\nfrom host\nname ${hostname}\nuid 0\n`,
    'host/stat': [
      '41ed 0 0 4096 0 1970-01-01 00:00:00.000000000 +0000|/',
      '41ed 0 0 4096 0 1970-01-01 00:00:00.000000000 +0000|/etc',
      `81a4 0 0 ${hostname.length + 1} 0 1970-01-01 00:00:00.000000000 +0000|/etc/hostname`,
      '',
    ].join('\n'),
    'host/texts': 'T 1 /etc/hostname\n',
    'host/text/1': `${hostname}\n`,
  };
  const entries = Object.entries(parts).map(
    ([path, text]) => ({ path, kind: 'file', content: Buffer.from(text) }) as const,
  );
  const bundle = gzipSync(tarArchive(entries));
  const sum = createHash('sha256').update(bundle).digest('hex');
  const lines = bundle.toString('base64').match(/.{1,76}/g) ?? [];
  return ['bulwark-said note', `bulwark-bundle ${bundle.length} ${sum}`, ...lines, 'bulwark-end', ''].join('\n');
}

const succeeded = (node: string): FakePod => ({ status: { phase: 'Succeeded' }, log: logOf(`host-of-${node}`) });
const waiting = (reason: string, message: string): JsonObject => ({
  phase: 'Pending',
  containerStatuses: [{ state: { waiting: { reason, message } } }],
});

describe('collectClusterNodes', () => {
  it('reads every node by a pod, names it as the API does, and leaves nothing', async () => {
    const plans: CollectionPlan[] = [];
    const progress: CollectionProgress[] = [];
    const names = ['c', 'a', 'e', 'b', 'd'];
    const options = { nodes: names.map(readyNode), run: succeeded };
    const { nodes, gaps, leftBehind } = await collect(options, {
      atOnce: 2,
      onPlan: (plan) => plans.push(plan),
      onProgress: (event) => progress.push(event),
    });
    expect(gaps).toEqual([]);
    expect(nodes.map(({ name, from }) => `${name} ${from}`)).toEqual(names.toSorted().map((name) => `${name} bundle`));
    expect(nodes[0]?.files.find(({ path }) => path === '/etc/hostname')?.text).toBe('host-of-a\n');
    expect([...(cluster?.objects.keys() ?? [])]).toEqual([]);
    expect(leftBehind).toBeUndefined();
    expect(cluster?.mostPods()).toBe(2);
    expect(plans.map(({ nodes: count, atOnce, run }) => [count, atOnce, run.namespace])).toEqual([
      [5, 2, 'bulwark-collector'],
    ]);
    expect(progress.map(({ done, failed, total }) => `${done} ${failed} ${total}`)).toEqual([
      '1 0 5',
      '2 0 5',
      '3 0 5',
      '4 0 5',
      '5 0 5',
    ]);
  });

  it.each<[string, FakePod, string]>([
    [
      'is evicted',
      { status: { phase: 'Failed', reason: 'Evicted', message: 'disk full' } },
      'unavailable node n: the collector failed: Evicted: disk full',
    ],
    [
      'has an image that cannot be pulled',
      { status: waiting('ImagePullBackOff', 'back-off pulling "x"') },
      'unavailable node n: the collector failed: ImagePullBackOff: back-off pulling "x"',
    ],
    [
      'ends with an error',
      {
        status: { phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 2, reason: 'Error' } } }] },
        log: 'bulwark-said collect-node: this node has no stat\n',
      },
      'unavailable node n: the collector failed: Error, exit code 2; its log holds no bundle: collect-node: this node has no stat',
    ],
    ['is never taken up', {}, 'interrupted node n: no evidence within 1 s: the kubelet did not take up the pod'],
    [
      'waits',
      { status: waiting('ContainerCreating', 'no network') },
      'interrupted node n: no evidence within 1 s: ContainerCreating: no network',
    ],
    [
      'has a log that was cut',
      { status: { phase: 'Succeeded' }, log: logOf('n').split('\n').slice(0, 3).join('\n') },
      'interrupted node n: the collector ran, but its log ends in the middle of the bundle',
    ],
    [
      'has a log that misses a line',
      { status: { phase: 'Succeeded' }, log: logOf('n').split('\n').toSpliced(3, 1).join('\n') },
      'interrupted node n: the collector ran, but its log does not hold the whole bundle: length or checksum differ',
    ],
  ])('says why where a pod %s, and reads the others', async (_, pod, gap) => {
    const options: FakeClusterOptions = {
      nodes: ['m', 'n'].map(readyNode),
      run: (node) => (node === 'n' ? pod : succeeded(node)),
    };
    const { nodes, gaps } = await collect(options, { nodeTimeoutMs: 1000 });
    expect(gaps).toEqual([gap]);
    expect(nodes.map(({ name }) => name)).toEqual(['m']);
    expect([...(cluster?.objects.keys() ?? [])]).toEqual([]);
  });

  it('says for each node that admission refused its pod', async () => {
    const message = 'pods "x" is forbidden: violates PodSecurity "restricted:latest"';
    const { gaps } = await collect({
      nodes: ['a', 'b'].map(readyNode),
      refuse: (request) => (request.endsWith('/pods') && request.startsWith('POST') ? [403, message] : undefined),
    });
    expect(gaps).toEqual(['a', 'b'].map((node) => `forbidden node ${node}: no collector runs: ${message}`));
    expect([...(cluster?.objects.keys() ?? [])]).toEqual([]);
  });

  it('is one gap where the namespace may not be made', async () => {
    const refuse = (request: string) =>
      request === 'POST /api/v1/namespaces' ? ([403, 'not you'] as const) : undefined;
    const { gaps } = await collect({ nodes: ['a', 'b'].map(readyNode), refuse });
    expect(gaps).toEqual(['forbidden 2 nodes, through collectors in namespace bulwark-collector: not you']);
    expect(cluster?.requests.filter((request) => !request.startsWith('GET'))).toEqual(['POST /api/v1/namespaces']);
  });

  it('is one gap where nodes may not be listed', async () => {
    const { gaps } = await collect({ refuse: () => [403, 'not you'] });
    expect(gaps).toEqual(['forbidden /api/v1/nodes: not you']);
  });

  it('makes nothing where no node can have a pod', async () => {
    const { gaps } = await collect({ nodes: [{ ...readyNode('n'), status: {} }] });
    expect(gaps).toEqual(['unavailable node n: the node is not ready']);
    expect(cluster?.requests).toEqual(['GET /api/v1/nodes']);
  });

  it('keeps a namespace that it did not make', async () => {
    const path = '/api/v1/namespaces/ops';
    const objects = { [path]: { kind: 'Namespace', metadata: { name: 'ops' } } };
    const { nodes } = await collect({ nodes: [readyNode('a')], objects, run: succeeded }, { namespace: 'ops' });
    expect(nodes.map(({ name }) => name)).toEqual(['a']);
    expect([...(cluster?.objects.keys() ?? [])]).toEqual([path]);
  });

  it('removes what dead runs left, and leaves what others are at', async () => {
    const namespace = '/api/v1/namespaces/bulwark-collector';
    const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
    const object = (run: string, minutes: number): JsonObject => ({
      metadata: {
        name: run,
        creationTimestamp: minutesAgo(minutes),
        annotations: { [expiresAnnotation]: minutesAgo(minutes - 5) },
        labels: { ...collectorLabels, [runLabel]: run },
      },
      spec: { activeDeadlineSeconds: 120, nodeName: 'x' },
    });
    const objects = {
      [namespace]: { metadata: { name: 'bulwark-collector', labels: collectorLabels } },
      [`${namespace}/pods/old`]: object('old', 60),
      [`${namespace}/configmaps/old`]: object('old', 60),
      [`${namespace}/pods/other`]: object('other', 1),
      [`${namespace}/configmaps/other`]: object('other', 1),
    };
    const { gaps } = await collect({ nodes: [readyNode('a')], objects, run: succeeded });
    expect(gaps).toEqual([]);
    expect([...(cluster?.objects.keys() ?? [])]).toEqual([
      namespace,
      `${namespace}/pods/other`,
      `${namespace}/configmaps/other`,
    ]);
  });

  it('makes the namespace again where another run removes it meanwhile', async () => {
    const namespace = '/api/v1/namespaces/bulwark-collector';
    const going = new Set([`POST ${namespace}/configmaps`]);
    const message = 'configmaps "x" is forbidden: unable to create new content because it is being terminated';
    const refuse = (request: string) => (going.delete(request) ? ([403, message] as const) : undefined);
    const { nodes, gaps } = await collect({ nodes: [readyNode('a')], run: succeeded, refuse });
    expect(gaps).toEqual([]);
    expect(nodes.map(({ name }) => name)).toEqual(['a']);
    expect([...(cluster?.objects.keys() ?? [])]).toEqual([]);
  });

  it('says what is left where nothing can be removed', async () => {
    const refuse = (request: string) => (request.startsWith('DELETE') ? ([403, 'not you'] as const) : undefined);
    const { nodes, leftBehind } = await collect({ nodes: [readyNode('a')], run: succeeded, refuse });
    expect(nodes).toHaveLength(1);
    expect(leftBehind).toMatchObject({ reason: 'not you', run: { namespace: 'bulwark-collector' } });
  });

  it('cleans up when it is interrupted, and comes back with what it has', async () => {
    const controller = new AbortController();
    const { nodes, gaps } = await collect(
      { nodes: ['a', 'b', 'c'].map(readyNode), run: (node) => (node === 'a' ? succeeded(node) : {}) },
      { atOnce: 2, signal: controller.signal, onProgress: () => controller.abort() },
    );
    expect(nodes.map(({ name }) => name)).toEqual(['a']);
    expect(gaps).toEqual(
      ['b', 'c'].map((node) => `interrupted node ${node}: the scan was interrupted before this node was read`),
    );
    expect([...(cluster?.objects.keys() ?? [])]).toEqual([]);
  });

  it('asks for nothing where it is interrupted before', async () => {
    const { gaps } = await collect({ nodes: [readyNode('a')] }, { signal: AbortSignal.abort() });
    expect(gaps).toEqual(['interrupted the nodes of the cluster: the scan was interrupted before any node was read']);
    expect(cluster?.requests).toEqual([]);
  });

  it('sends again what the server shed, and takes an object that is there for its own', async () => {
    const shed = new Set(['GET /api/v1/nodes', 'POST /api/v1/namespaces/bulwark-collector/pods']);
    const refuse = (request: string) => (shed.delete(request) ? ([503, 'not now'] as const) : undefined);
    const { nodes, gaps } = await collect({ nodes: [readyNode('a')], run: succeeded, refuse });
    expect(gaps).toEqual([]);
    expect(nodes.map(({ name }) => name)).toEqual(['a']);
    expect([...shed, ...(cluster?.objects.keys() ?? [])]).toEqual([]);
  });
});
