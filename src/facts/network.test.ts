import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { type Facts, factsOf } from './facts.ts';
import { networkPolicies, networkReachability } from './network.ts';
import { answerNetwork } from './network-answer.ts';
import { networkDiff } from './network-diff.ts';
import { findEndpoint, splitPort } from './network-endpoints.ts';
import { networkEntries } from './network-exposure.ts';
import { incomingFlows } from './network-flows.ts';

function facts(...texts: readonly string[]): Facts {
  return factsOf(assembleSnapshot([decodeManifest(texts.join('---\n'), 'x.yaml')], '2026-11-21T00:00:00Z'));
}

const pod = (name: string, namespace = 'shop', more = ''): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}, labels: {app: ${name}}}
spec: {serviceAccountName: ${name}, ${more}containers: [{name: app, image: r/app:1, ports: [{name: http, containerPort: 8080}]}]}
`;
const object = (apiVersion: string, kind: string, spec: string, name = 'example', namespace = 'shop'): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: ${spec}\n`;
const cilium = (spec: string): string => object('cilium.io/v2', 'CiliumNetworkPolicy', spec);
const calico = (spec: string, name = 'example'): string => object('projectcalico.org/v3', 'NetworkPolicy', spec, name);
const plain = (spec: string): string => object('networking.k8s.io/v1', 'NetworkPolicy', spec);

function verdict(all: Facts, from: string, to: string): string {
  const target = splitPort(to);
  const [source, destination] = [findEndpoint(all, from), findEndpoint(all, target?.name ?? '')];
  if (source === undefined || destination === undefined) return 'no such endpoint';
  return answerNetwork(all.get(networkReachability), { from: source, to: destination, port: target?.port }).verdict;
}

describe('policies of Calico and Cilium', () => {
  const web = pod('web');
  const api = pod('api');
  const other = pod('web', 'other');
  it.each<[string, readonly string[], string, string, string]>([
    [
      'Cilium allows by label',
      [
        cilium(
          '{endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEndpoints: [{matchLabels: {"k8s:app": api}}]}]}',
        ),
      ],
      'shop/api',
      'shop/web:80',
      'allowed',
    ],
    [
      'in the namespace of the policy alone',
      [
        cilium(
          '{endpointSelector: {matchLabels: {app: api}}, ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]}',
        ),
      ],
      'other/web',
      'shop/api:80',
      'denied',
    ],
    [
      'unless it names another',
      [
        cilium(
          '{endpointSelector: {matchLabels: {app: api}}, ingress: [{fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": other}}]}]}',
        ),
      ],
      'other/web',
      'shop/api:80',
      'allowed',
    ],
    ['an empty rule isolates', [cilium('{endpointSelector: {}, ingress: [{}]}')], 'shop/api', 'shop/web:80', 'denied'],
    [
      'a denial comes before a NetworkPolicy that allows',
      [
        cilium('{endpointSelector: {}, ingressDeny: [{fromEndpoints: [{}]}]}'),
        plain('{podSelector: {}, ingress: [{}]}'),
      ],
      'shop/api',
      'shop/web:80',
      'denied',
    ],
    [
      'without a default deny it adds nothing',
      [cilium('{endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingress: [{fromEntities: [world]}]}')],
      'shop/api',
      'shop/web:80',
      'allowed',
    ],
    [
      'the world is no pod',
      [cilium('{endpointSelector: {}, ingress: [{fromEntities: [world]}]}')],
      'shop/api',
      'shop/web:80',
      'denied',
    ],
    [
      'and the internet is',
      [cilium('{endpointSelector: {}, ingress: [{fromEntities: [world]}]}')],
      'internet',
      'shop/web:80',
      'allowed',
    ],
    [
      'names of domains are not known',
      [cilium('{endpointSelector: {}, egress: [{toFQDNs: [{matchName: example.com}]}]}')],
      'shop/web',
      '203.0.113.1:443',
      'unknown',
    ],
    [
      'and lead to no pod',
      [cilium('{endpointSelector: {}, egress: [{toFQDNs: [{matchName: example.com}]}]}')],
      'shop/web',
      'shop/api:80',
      'denied',
    ],
    [
      'Calico allows by selector',
      [calico(`{selector: "app == 'web'", ingress: [{action: Allow, source: {selector: "app in {'api', 'x'}"}}]}`)],
      'shop/api',
      'shop/web:80',
      'allowed',
    ],
    [
      'and denies what is left',
      [calico(`{selector: "app == 'web'", ingress: [{action: Allow, source: {selector: "app == 'x'"}}]}`)],
      'shop/api',
      'shop/web:80',
      'denied',
    ],
    [
      'the lower order decides first',
      [
        calico('{order: 2, selector: all(), ingress: [{action: Allow}]}', 'a'),
        calico(
          '{order: 1, selector: all(), ingress: [{action: Deny, protocol: TCP, destination: {ports: [80]}}]}',
          'b',
        ),
      ],
      'shop/api',
      'shop/web:80',
      'denied',
    ],
    [
      'and leaves other ports',
      [
        calico('{order: 2, selector: all(), ingress: [{action: Allow}]}', 'a'),
        calico(
          '{order: 1, selector: all(), ingress: [{action: Deny, protocol: TCP, destination: {ports: ["80:90"]}}]}',
          'b',
        ),
      ],
      'shop/api',
      'shop/web:91',
      'allowed',
    ],
    [
      'before NetworkPolicies, which have order 1000',
      [calico('{order: 10, selector: all(), ingress: [{action: Allow}]}'), plain('{podSelector: {}}')],
      'shop/api',
      'shop/web:80',
      'allowed',
    ],
    [
      'service accounts by name',
      [calico('{selector: all(), ingress: [{action: Allow, source: {serviceAccounts: {names: [api]}}}]}')],
      'shop/api',
      'shop/web:80',
      'allowed',
    ],
    [
      'HTTP is not known',
      [calico('{selector: all(), ingress: [{action: Allow, http: {methods: [GET]}}]}')],
      'shop/api',
      'shop/web:80',
      'unknown',
    ],
    [
      'a selector that is none selects perhaps',
      [calico('{selector: "app = web", ingress: [{action: Deny}]}')],
      'shop/api',
      'shop/web:80',
      'unknown',
    ],
    [
      'a staged policy does nothing',
      [object('projectcalico.org/v3', 'StagedNetworkPolicy', '{selector: all(), ingress: [{action: Deny}]}')],
      'shop/api',
      'shop/web:80',
      'allowed',
    ],
    [
      'policies of Antrea are not read',
      [object('crd.antrea.io/v1beta1', 'NetworkPolicy', '{priority: 5}')],
      'shop/api',
      'shop/web:80',
      'unknown',
    ],
  ])('%s', (_, policies, from, to, wanted) => {
    expect(verdict(facts(web, api, other, ...policies), from, to)).toBe(wanted);
  });

  it('count for nothing where another plugin runs', () => {
    const flannel = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: cni, namespace: kube-system}
spec: {selector: {matchLabels: {k: v}}, template: {metadata: {labels: {k: v}}, spec: {hostNetwork: true, containers: [{name: c, image: "quay.io/calico/node:v3.28.0"}]}}}
`;
    const all = facts(web, api, flannel, cilium('{endpointSelector: {}, ingress: [{}]}'));
    expect(verdict(all, 'shop/api', 'shop/web:80')).toBe('allowed');
    expect(all.get(networkPolicies).foreign.map(({ plugin }) => plugin)).toEqual(['Cilium']);
  });
});

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
    const ended = `${pod('gone')}status: {phase: Succeeded}\n`;
    const none = object(
      'apps/v1',
      'Deployment',
      '{replicas: 0, selector: {}, template: {spec: {containers: []}}}',
      'idle',
    );
    const all = facts(ended, none);
    expect([findEndpoint(all, 'shop/gone'), findEndpoint(all, 'deploy/shop/idle')]).toEqual([undefined, undefined]);
  });
});

describe('ways in', () => {
  const service = object(
    'v1',
    'Service',
    '{type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: http}]}',
    'web',
  );
  it.each([
    ['nothing', '', 'open'],
    ['a default deny', plain('{podSelector: {}}'), 'blocked'],
    ['the port of the pods', plain('{podSelector: {}, ingress: [{ports: [{port: 8080}]}]}'), 'open'],
    ['the port of the Service', plain('{podSelector: {}, ingress: [{ports: [{port: 80}]}]}'), 'blocked'],
    ['private addresses', plain('{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}'), 'depends'],
  ])('%s', (_, policy, wanted) => {
    const entries = facts(pod('web'), service, ...(policy === '' ? [] : [policy])).get(networkEntries);
    expect(entries.map(({ from, verdict: is }) => [from, is])).toContainEqual(['the internet', wanted]);
  });
});

describe('differences', () => {
  it('are of connections, not of text', () => {
    const before = facts(
      pod('web'),
      pod('api'),
      plain('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}, {port: 81}]}]}'),
    );
    const same = facts(
      pod('web'),
      pod('api'),
      plain(
        '{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{ports: [{port: 80, endPort: 81}]}]}',
      ),
    );
    expect(networkDiff(before, same).changes).toEqual([]);
    const closed = facts(
      pod('web'),
      pod('api'),
      plain('{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}'),
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
        const text = [JSON.stringify({ apiVersion, kind, metadata, spec }), pod('web'), pod('api')].join('\n---\n');
        const all = factsOf(assembleSnapshot([decodeManifest(text, 'x.yaml')], '2026-11-21T00:00:00Z'));
        expect(incomingFlows(all, undefined).length).toBeGreaterThan(0);
        all.get(networkEntries);
        networkDiff(all, facts(pod('web')));
      }),
      { numRuns: 300 },
    );
  });
});
