import { describe, expect, it } from 'vitest';
import { nodeExample } from '../../../test/node-example.ts';
import { staticPod } from '../../controls/node-examples.ts';
import type { NodeEvidence, ProcessEvidence } from '../../model/node.ts';
import { nodeComponents } from './node-components.ts';

function node(files: string, ...running: readonly (readonly string[])[]): NodeEvidence {
  const example = nodeExample(`# file: /etc/hostname\nhost\n${files}`);
  if (example === undefined) throw new Error('no node');
  const processes = running.map((argv, index): ProcessEvidence => {
    return { pid: index + 7, parent: 1, exe: `/usr/bin/${argv[0]}`, argv, env: {} };
  });
  return { ...example, processes };
}

const names = (evidence: NodeEvidence): string[] => nodeComponents(evidence).map(({ object }) => object.name);

describe('components of one node', () => {
  it.each<[string, readonly (readonly string[])[], readonly string[]]>([
    ['one of each', [['etcd', '--data-dir=/a'], ['kube-scheduler']], ['node-1', 'node-1']],
    [
      'two members of etcd',
      [['etcd', '--data-dir=/a'], ['etcd', '--data-dir', '/b'], ['kube-scheduler']],
      ['node-1', 'node-1 (--data-dir=/a)', 'node-1 (--data-dir=/b)'],
    ],
    [
      'two API servers, one of them on the usual port',
      [
        ['kube-apiserver', '--secure-port=6444'],
        ['kube-apiserver', '--profiling=false'],
      ],
      ['node-1 (--secure-port=6444)', 'node-1 (no --secure-port)'],
    ],
    ['two that are alike', [['kube-proxy'], ['kube-proxy']], ['node-1 (1 of 2)', 'node-1 (2 of 2)']],
  ])('%s have names of their own', (_, running, expected) => {
    expect(names(node('', ...running)).sort()).toEqual([...expected].sort());
  });
});

describe('the manifest of one of two that run', () => {
  const manifest = staticPod('kube-scheduler', ['--kubeconfig=/a', '--profiling=false']);
  const started = (...running: readonly (readonly string[])[]): unknown[] =>
    nodeComponents(node(manifest, ...running.map((args) => ['kube-scheduler', ...args]))).map(({ start }) => [
      start.pid,
      start.by !== undefined,
      start.differs === true,
    ]);

  it.each<[string, readonly (readonly string[])[], readonly unknown[]]>([
    [
      'is that of the one that runs so',
      [['--kubeconfig=/b'], ['--kubeconfig=/a', '--profiling=false']],
      [
        [7, false, false],
        [8, true, false],
      ],
    ],
    [
      'is that of the one that has most of it',
      [['--kubeconfig=/b'], ['--kubeconfig=/a', '--profiling=true']],
      [
        [7, false, false],
        [8, true, true],
      ],
    ],
    ['is that of the only one, whatever it says', [['--kubeconfig=/b']], [[7, true, true]]],
  ])('%s', (_, running, expected) => {
    expect(started(...running)).toEqual(expected);
  });
});
