import { describe, expect, it } from 'vitest';
import { cluster, engine, forDb, portsOf, shop, web } from '../../../test/network-engine.ts';
import type { Loose } from '../../../test/network-naive.ts';

describe('the tiers of the cluster', () => {
  const cases: readonly (readonly [string, readonly Loose[], string, string, string])[] = [
    [
      'Pass, no NetworkPolicy, then a baseline that denies',
      [
        cluster({ ingress: [{ action: 'Pass', from: [{ namespaces: {} }] }] }),
        cluster({ tier: 'Baseline', ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }, 'base'),
      ],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'Accept before a NetworkPolicy that denies',
      [cluster({ ingress: [{ action: 'Accept', from: [{ namespaces: {} }] }] }), forDb({})],
      'shop/web',
      'shop/db',
      'all',
    ],
    [
      'Accept of one side is not enough',
      [cluster({ egress: [{ action: 'Accept', to: [{ namespaces: {} }] }] }), forDb({})],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'a NetworkPolicy is final: no baseline after it',
      [
        forDb({ ingress: [{ from: [web] }] }),
        cluster({ tier: 'Baseline', ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }),
      ],
      'shop/web',
      'shop/db',
      'all',
    ],
    [
      'equal priorities that disagree are not known',
      [
        cluster({ ingress: [{ action: 'Accept', from: [{ namespaces: {} }] }] }, 'a'),
        cluster({ ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }, 'b'),
      ],
      'shop/web',
      'shop/db',
      'none or all',
    ],
    [
      'equal priorities that agree are',
      [
        cluster({ ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }, 'a'),
        cluster({ ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }, 'b'),
      ],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'networks of 0.0.0.0/0 take pods too',
      [cluster({ egress: [{ action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'an unknown peer: Accept takes nothing',
      [
        cluster({ ingress: [{ action: 'Accept', from: [{ tenants: {} }] }] }),
        cluster({ tier: 'Baseline', ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }, 'base'),
      ],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'an unknown peer: Deny takes everything',
      [cluster({ ingress: [{ action: 'Deny', from: [{ tenants: {} }] }] })],
      '203.0.113.1',
      'shop/db',
      'none',
    ],
    [
      'an unknown peer: Pass denies everything',
      [cluster({ ingress: [{ action: 'Pass', from: [{ tenants: {} }] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'names of domains are not known',
      [
        cluster({
          egress: [
            { action: 'Accept', to: [{ domainNames: ['example.com'] }] },
            { action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] },
          ],
        }),
      ],
      'shop/web',
      '203.0.113.1',
      'none or all',
    ],
    [
      'a cluster policy does not select the host network',
      [cluster({ ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] })],
      'shop/web',
      'shop/agent',
      'all',
    ],
  ];
  it.each(cases)('%s', (_, policies, from, to, wanted) => {
    expect(portsOf(engine({ ...shop, policies: [...policies] }, 'unknown'), from, to)).toBe(wanted);
  });

  it('asks of a pod with two addresses for one that is allowed, and for both that are denied', () => {
    const dual = {
      ...shop,
      pods: shop.pods.map((pod) => (pod.name === 'db' ? { ...pod, ip: '10.0.0.1,fd00::1' } : pod)),
    };
    const toFour = {
      ...forDb({}),
      spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] },
    };
    expect(portsOf(engine({ ...dual, policies: [toFour] }), 'shop/web', 'shop/db')).toBe('all');
    const deny = cluster({ egress: [{ action: 'Deny', to: [{ networks: ['10.0.0.0/8'] }] }] });
    expect(portsOf(engine({ ...dual, policies: [deny] }), 'shop/web', 'shop/db')).toBe('none or all');
  });
});
