import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { chooseNodes } from './choose-nodes.ts';

const ready = [{ type: 'Ready', status: 'True' }];

/** Where a node ends: `wanted`, or the list and the reason. */
function fate(value: JsonObject): string {
  const { wanted, gaps, virtual } = chooseNodes([{ name: 'n', value }]);
  return [
    ...wanted.map(() => 'wanted'),
    ...gaps.map(({ what, reason }) => `gap ${what}: ${reason}`),
    ...virtual.map(({ what, reason }) => `virtual ${what}: ${reason}`),
  ].join('; ');
}

describe('chooseNodes', () => {
  it.each<[string, JsonObject, string]>([
    ['is ready', { status: { conditions: ready } }, 'wanted'],
    [
      'is cordoned and tainted',
      { spec: { unschedulable: true, taints: [{ key: 'x' }] }, status: { conditions: ready } },
      'wanted',
    ],
    ['has not reported its system', { status: { conditions: ready, nodeInfo: { operatingSystem: '' } } }, 'wanted'],
    [
      'runs Windows, by its label',
      { metadata: { labels: { 'kubernetes.io/os': 'windows' } }, status: { conditions: ready } },
      'gap node n: its system is windows: the collector runs on Linux only',
    ],
    [
      'runs Windows, by its report',
      { status: { conditions: ready, nodeInfo: { operatingSystem: 'windows' } } },
      'gap node n: its system is windows: the collector runs on Linux only',
    ],
    [
      'is down',
      {
        status: {
          conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped' }],
        },
      },
      'gap node n: the node is not ready: NodeStatusUnknown: Kubelet stopped',
    ],
    ['has no conditions', {}, 'gap node n: the node is not ready'],
    [
      'is of Virtual Kubelet, by its taint',
      { spec: { taints: [{ key: 'virtual-kubelet.io/provider' }] }, status: { conditions: ready } },
      'virtual node n: a virtual node: there is no machine of its own',
    ],
    [
      'is of Virtual Kubelet, and down',
      { metadata: { labels: { type: 'virtual-kubelet' } } },
      'virtual node n: a virtual node: there is no machine of its own',
    ],
    [
      'is of Fargate',
      { metadata: { labels: { 'eks.amazonaws.com/compute-type': 'fargate' } }, status: { conditions: ready } },
      'virtual node n: a virtual node: there is no machine of its own',
    ],
    [
      'says what it is in escapes',
      { metadata: { labels: { 'kubernetes.io/os': '\u001b[31mplan9' } }, status: { conditions: ready } },
      'gap node n: its system is [31mplan9: the collector runs on Linux only',
    ],
    [
      'is nonsense',
      { metadata: 3, spec: { taints: 'x' }, status: { conditions: [null, 1] } },
      'gap node n: the node is not ready',
    ],
  ])('one that %s', (_, node, expected) => {
    expect(fate(node)).toBe(expected);
  });
});
