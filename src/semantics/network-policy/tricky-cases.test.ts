import { describe, expect, it } from 'vitest';
import { engine, forDb, portsOf, shop, web } from '../../../test/network-engine.ts';
import type { Loose } from '../../../test/network-naive.ts';

describe('the tricky cases', () => {
  const cases: readonly (readonly [string, readonly Loose[], string, string, string])[] = [
    ['no policies', [], 'shop/web', 'shop/db', 'all'],
    ['ingress absent', [forDb({})], 'shop/web', 'shop/db', 'none'],
    ['ingress []', [forDb({ ingress: [] })], 'shop/web', 'shop/db', 'none'],
    ['ingress [{}]', [forDb({ ingress: [{}] })], 'shop/web', 'shop/db', 'all'],
    [
      'types [Egress] with ingress rules: ignored',
      [forDb({ policyTypes: ['Egress'], ingress: [{ from: [web] }] })],
      'shop/bare',
      'shop/db',
      'all',
    ],
    ['egress absent, types unset', [forDb({})], 'shop/db', 'shop/web', 'all'],
    ['egress [] with types unset isolates nothing', [forDb({ egress: [] })], 'shop/db', 'shop/web', 'all'],
    [
      'an egress rule with types unset isolates both',
      [forDb({ egress: [{ to: [web] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    ['types [] are types unset', [forDb({ policyTypes: [], egress: [{ to: [web] }] })], 'shop/db', 'shop/bare', 'none'],
    [
      'NotIn takes a missing key',
      [
        forDb({
          ingress: [
            { from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] } }] },
          ],
        }),
      ],
      'shop/bare',
      'shop/db',
      'all',
    ],
    [
      'In without values takes nobody',
      [
        forDb({
          ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: [] }] } }] }],
        }),
      ],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'an empty podSelector is of the own namespace',
      [forDb({ ingress: [{ from: [{ podSelector: {} }] }] })],
      'other/web',
      'shop/db',
      'none',
    ],
    [
      'both selectors in a peer: AND',
      [forDb({ ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'shop' } }, ...web }] }] })],
      'other/web',
      'shop/db',
      'none',
    ],
    [
      'in two peers: OR',
      [forDb({ ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'other' } } }, web] }] })],
      'other/web',
      'shop/db',
      'all',
    ],
    [
      'namespaceSelector {} and a podSelector',
      [forDb({ ingress: [{ from: [{ namespaceSelector: {}, ...web }] }] })],
      'other/web',
      'shop/db',
      'all',
    ],
    [
      'the name of a namespace, which manifests do not have',
      [
        forDb({
          ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } }] }],
        }),
      ],
      'other/web',
      'shop/db',
      'all',
    ],
    [
      'an exception that another peer allows',
      [
        forDb({
          ingress: [
            {
              from: [
                { ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.0/28'] } },
                { ipBlock: { cidr: '203.0.113.0/30' } },
              ],
            },
          ],
        }),
      ],
      '203.0.113.1',
      'shop/db',
      'all',
    ],
    [
      'an exception',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.0/28'] } }] }] })],
      '203.0.113.1',
      'shop/db',
      'none',
    ],
    [
      'an exception of everything',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.0/24'] } }] }] })],
      '203.0.113.1',
      'shop/db',
      'none',
    ],
    [
      'an IPv6 block',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '2001:db8::/32' } }] }] })],
      '2001:db8::1',
      'shop/db',
      'all',
    ],
    [
      'an IPv6 block takes no IPv4',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '::/0' } }] }] })],
      '203.0.113.1',
      'shop/db',
      'none',
    ],
    [
      'host bits mean their network',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '203.0.113.77/24' } }] }] })],
      '203.0.113.1',
      'shop/db',
      'all',
    ],
    [
      'endPort equal to port',
      [forDb({ ingress: [{ ports: [{ port: 80, endPort: 80 }] }] })],
      'shop/web',
      'shop/db',
      'TCP 80',
    ],
    [
      'endPort with a named port is refused',
      [forDb({ ingress: [{ ports: [{ port: 'http', endPort: 80 }] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'a reversed range is refused',
      [forDb({ ingress: [{ ports: [{ port: 90, endPort: 80 }] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'a named port is of the destination',
      [forDb({ ingress: [{ ports: [{ port: 'http' }] }] })],
      'shop/web',
      'shop/db',
      'TCP 9090',
    ],
    [
      'the same name for UDP',
      [forDb({ ingress: [{ ports: [{ port: 'http', protocol: 'UDP' }] }] })],
      'shop/web',
      'shop/db',
      'UDP 9091',
    ],
    [
      'a named port on egress',
      [forDb({ policyTypes: ['Egress'], egress: [{ ports: [{ port: 'http' }] }] })],
      'shop/db',
      'shop/web',
      'TCP 8080',
    ],
    [
      'a named port to addresses matches nothing',
      [forDb({ policyTypes: ['Egress'], egress: [{ ports: [{ port: 'http' }] }] })],
      'shop/db',
      '203.0.113.1',
      'none',
    ],
    [
      'a protocol without port',
      [forDb({ ingress: [{ ports: [{ protocol: 'UDP' }] }] })],
      'shop/web',
      'shop/db',
      'UDP 1-65535',
    ],
    [
      'SCTP alone isolates TCP too',
      [forDb({ ingress: [{ ports: [{ protocol: 'SCTP', port: 9 }] }] })],
      'shop/web',
      'shop/db',
      'SCTP 9',
    ],
    [
      'a port without protocol is TCP',
      [forDb({ ingress: [{ ports: [{ port: 53 }] }] })],
      'shop/web',
      'shop/db',
      'TCP 53',
    ],
    [
      'a pod on the host network is not selected',
      [{ ...forDb({}), spec: { podSelector: {} } }],
      'shop/web',
      'shop/agent',
      'all',
    ],
    ['and is no peer by its labels', [forDb({ ingress: [{ from: [web] }] })], 'shop/agent', 'shop/db', 'none'],
    [
      'a pod without labels is selected by {}',
      [{ ...forDb({}), spec: { podSelector: {} } }],
      'shop/web',
      'shop/bare',
      'none',
    ],
    [
      'two policies of the same pods, with other types',
      [forDb({ policyTypes: ['Ingress'], ingress: [{ from: [web] }] }), forDb({ policyTypes: ['Egress'] })],
      'shop/web',
      'shop/db',
      'all',
    ],
    [
      'two policies add up',
      [forDb({ ingress: [{ ports: [{ port: 80 }] }] }), forDb({ ingress: [{ from: [web], ports: [{ port: 81 }] }] })],
      'shop/web',
      'shop/db',
      'TCP 80-81',
    ],
    [
      'addresses that are assumed may be in a block',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/16' } }] }] })],
      'shop/web',
      'shop/db',
      'none or all',
    ],
    [
      'a block of public addresses takes no pod',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '203.0.113.0/24' } }] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'a selector that is no object selects nobody for sure',
      [{ ...forDb({}), spec: { podSelector: 'app=db' } }],
      'shop/web',
      'shop/db',
      'none or all',
    ],
    [
      'peers that are no objects allow nobody',
      [forDb({ ingress: [{ from: ['web'] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'a peer list that is no list allows nobody',
      [forDb({ ingress: [{ from: 'web' }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    ['a peer without fields allows nobody', [forDb({ ingress: [{ from: [{}] }] })], 'shop/web', 'shop/db', 'none'],
    [
      'policies of another namespace are about other pods',
      [{ ...forDb({}), metadata: { name: 'deny', namespace: 'other' }, spec: { podSelector: {} } }],
      'shop/web',
      'shop/db',
      'all',
    ],
    [
      'a pod on the host network may have an address in a block',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] })],
      'shop/agent',
      'shop/db',
      'none or all',
    ],
  ];
  it.each(cases)('%s', (_, policies, from, to, wanted) => {
    expect(portsOf(engine({ ...shop, policies: [...policies] }, 'unknown'), from, to)).toBe(wanted);
  });
});
