import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleObject, examplePod, examplePolicy, networkFactsOf } from '../../test/network-example.ts';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { factsOf } from './facts.ts';
import { networkDiff } from './network-diff.ts';
import { findEndpoint, splitPort } from './network-endpoints.ts';
import { networkEntries } from './network-exposure.ts';
import { incomingFlows } from './network-flows.ts';

describe('endpoints', () => {
  it.each([
    ['shop/web', { name: 'shop/web', port: undefined }],
    ['shop/web:http', { name: 'shop/web', port: { protocol: 'TCP', port: 'http' } }],
    ['shop/dns:53/udp', { name: 'shop/dns', port: { protocol: 'UDP', port: 53 } }],
    ['[2001:db8::1]:443', { name: '2001:db8::1', port: { protocol: 'TCP', port: 443 } }],
    ['2001:db8::1', { name: '2001:db8::1', port: undefined }],
    ['shop/web:0', undefined],
    ['shop/web:99999', undefined],
    ['shop/web:80/icmp', undefined],
    ['', undefined],
  ])('%s', (text, wanted) => {
    expect(splitPort(text)).toEqual(wanted);
  });

  it('leaves pods that ended, and workloads that make none, out', () => {
    const ended = `${examplePod('gone')}status: {phase: Succeeded}\n`;
    const none = exampleObject(
      'apps/v1',
      'Deployment',
      '{replicas: 0, selector: {}, template: {spec: {containers: []}}}',
      'idle',
    );
    const all = networkFactsOf(ended, none);
    expect([findEndpoint(all, 'shop/gone'), findEndpoint(all, 'deploy/shop/idle')]).toEqual([undefined, undefined]);
  });
});

describe('differences', () => {
  it('are of connections, not of text', () => {
    const before = networkFactsOf(
      examplePod('web'),
      examplePod('api'),
      examplePolicy('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}, {port: 81}]}]}'),
    );
    const same = networkFactsOf(
      examplePod('web'),
      examplePod('api'),
      examplePolicy(
        '{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{ports: [{port: 80, endPort: 81}]}]}',
      ),
    );
    expect(networkDiff(before, same).changes).toEqual([]);
    const closed = networkFactsOf(
      examplePod('web'),
      examplePod('api'),
      examplePolicy('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}'),
    );
    const { changes, ports } = networkDiff(before, closed);
    expect(changes.map((change) => ({ ...change, ports: ports.ranges(change.ports) }))).toEqual([
      {
        kind: 'closed',
        ports: [{ protocol: 'TCP', from: 81, to: 81 }],
        from: ['nodes', 'shop/api', 'any address outside'],
        to: ['shop/web'],
      },
    ]);
  });
});

describe('any JSON at all', () => {
  const word = fc.constantFrom(
    ...[
      'podSelector',
      'namespaceSelector',
      'matchLabels',
      'matchExpressions',
      'key',
      'operator',
      'values',
      'ipBlock',
      'cidr',
      'except',
    ],
    ...[
      'ingress',
      'egress',
      'from',
      'to',
      'ports',
      'port',
      'endPort',
      'protocol',
      'policyTypes',
      'subject',
      'namespaces',
      'pods',
    ],
    ...[
      'tier',
      'priority',
      'action',
      'networks',
      'selector',
      'source',
      'destination',
      'nets',
      'endpointSelector',
      'fromEndpoints',
    ],
    ...['toPorts', 'toCIDRSet', 'specs', '__proto__', 'constructor'],
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom<unknown>(
        null,
        true,
        0,
        -1,
        70000,
        '',
        '10.0.0.5/24',
        '::/0',
        'In',
        'Allow',
        "app == 'x'",
        '\u001b[31m',
        'TCP',
        '80:9',
      ),
      fc.string(),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.oneof({ weight: 9, arbitrary: word }, fc.string()), tie('tree'), { maxKeys: 5 }),
    ),
  }));
  const kinds = [
    ['networking.k8s.io/v1', 'NetworkPolicy'],
    ['policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy'],
    ['policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy'],
    ['projectcalico.org/v3', 'GlobalNetworkPolicy'],
    ['cilium.io/v2', 'CiliumNetworkPolicy'],
    ['v1', 'Pod'],
    ['v1', 'Service'],
    ['networking.k8s.io/v1', 'Ingress'],
  ] as const;

  it('is read, and stops nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), tree, tree, ([apiVersion, kind], spec, labels) => {
        const metadata = { name: 'x', namespace: 'shop', labels };
        const text = [JSON.stringify({ apiVersion, kind, metadata, spec }), examplePod('web'), examplePod('api')].join(
          '\n---\n',
        );
        const all = factsOf(assembleSnapshot([decodeManifest(text, 'x.yaml')], '2026-11-21T00:00:00Z'));
        expect(incomingFlows(all).length).toBeGreaterThan(0);
        all.get(networkEntries);
        networkDiff(all, networkFactsOf(examplePod('web')));
      }),
      { numRuns: 300 },
    );
  });
});
