import { expect, it } from 'vitest';
import { nodeExample } from '../../../test/node-example.ts';
import { kubeletConfig, staticPod, unit } from '../../controls/node-examples.ts';
import type { NodeEvidence } from '../../model/node.ts';
import { nothingFound } from './nothing-found.ts';

const bare = '# file: /etc/passwd\nroot:x:0:0::/root:\n';

function nodeOf(text: string, from: NodeEvidence['from'] = 'root'): NodeEvidence {
  const node = nodeExample(text);
  if (node === undefined) throw new Error('no node');
  return { ...node, from, at: '/mnt' };
}

it.each([
  ['a root without anything', 'root', /^nothing of Kubernetes is there: /],
  ['a machine without anything', 'host', /^nothing of Kubernetes is on this machine: /],
] as const)('%s is a gap', (_, from, reason) => {
  expect(nothingFound(nodeOf(bare, from), [])).toMatchObject({ code: 'unreadable', what: '/mnt' });
  expect(nothingFound(nodeOf(bare, from), [])?.reason).toMatch(reason);
});

it.each([
  ['a manifest', staticPod('kube-scheduler', [])],
  ['a unit', unit('kube-proxy', [])],
  ['a configuration', kubeletConfig()],
  ['a key alone', '# file: /etc/kubernetes/pki/ca.key holds private-key\n'],
  ['the data of k3s', '# file: /var/lib/rancher/k3s/server/token holds token\n'],
])('%s is enough', (_, text) => {
  expect(nothingFound(nodeOf(bare + text), [])).toBeUndefined();
});

it('does not take for absent what could not be read', () => {
  const denied = { code: 'unreadable', what: '/etc/kubernetes', reason: 'permission denied' } as const;
  expect(nothingFound(nodeOf(bare), [denied])).toBeUndefined();
});
