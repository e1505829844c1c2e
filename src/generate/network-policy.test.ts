import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { type Facts, factsOf } from '../facts/facts.ts';
import { baselinePolicies, leastPolicies } from './network-policy.ts';
import { observedConnections } from './network-policy-flows.ts';
import { intendedConnections } from './network-policy-intents.ts';
import { provePolicies } from './network-policy-proof.ts';

const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: r/web:1, ports: [{name: http, containerPort: 8080}], env: [{name: API_URL, value: "http://api"}, {name: PAY, value: "https://pay.example.com/v1"}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec: {selector: {matchLabels: {app: api}}, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: r/api:1, ports: [{name: http, containerPort: 9000}]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Pod
metadata: {name: dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: dns, image: r/dns:1, ports: [{containerPort: 5353, protocol: UDP}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {selector: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, targetPort: 5353, protocol: UDP}]}
`;

const facts = (): Facts => factsOf(assembleSnapshot([decodeManifest(text, 'x.yaml')], '2026-11-21T00:00:00Z'));
const options = { namespaces: new Set(['shop']), egress: 'limited' } as const;

describe('what manifests speak of', () => {
  it('is Services that are named, what is published, and hosts outside', () => {
    const wanted = intendedConnections(facts()).map(({ from, to, protocol, port, because }) => [
      from.kind,
      to.kind,
      protocol,
      port,
      because,
    ]);
    expect(wanted).toEqual([
      ['workload', 'workload', 'TCP', 9000, 'Deployment web: env API_URL names api'],
      ['workload', 'internet', 'TCP', 443, 'Deployment web: env PAY names pay.example.com'],
      ['anyone', 'workload', 'TCP', 8080, 'Service web of type LoadBalancer'],
    ]);
  });

  it('works with the policies that are written for it', () => {
    const all = facts();
    const wanted = intendedConnections(all);
    const generated = leastPolicies(all, wanted, options);
    expect(generated.policies.map(({ name }) => name)).toEqual(['default-deny', 'allow-dns', 'allow-api', 'allow-web']);
    expect(generated.notes).toEqual([]);
    const proof = provePolicies(all, generated, wanted);
    expect(proof.failing).toEqual([]);
    expect(proof.diff.changes.every(({ kind }) => kind === 'closed')).toBe(true);
  });
});

describe('a default deny', () => {
  it('lets names be looked up at the ports of the DNS pods', () => {
    const { policies } = baselinePolicies(facts(), options);
    expect(policies[1]?.object).toMatchObject({
      spec: {
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
                podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
              },
            ],
            ports: [
              { protocol: 'UDP', port: 53 },
              { protocol: 'TCP', port: 53 },
              { protocol: 'UDP', port: 5353 },
              { protocol: 'TCP', port: 5353 },
            ],
          },
        ],
      },
    });
  });

  it('may leave egress open', () => {
    const { policies } = baselinePolicies(facts(), { ...options, egress: 'open' });
    expect(policies.map(({ object }) => object['spec'])).toEqual([{ podSelector: {}, policyTypes: ['Ingress'] }]);
  });
});

describe('what was seen', () => {
  const hubble = (more: object): string =>
    JSON.stringify({
      flow: {
        verdict: 'FORWARDED',
        l4: { TCP: { source_port: 40000, destination_port: 9000 } },
        source: { namespace: 'shop', pod_name: 'web-7d4b9c5d6f-x2x9z' },
        destination: {
          namespace: 'shop',
          pod_name: 'api-5c9d8b7f6-abcde',
          workloads: [{ name: 'api', kind: 'Deployment' }],
        },
        IP: { source: '10.0.0.1', destination: '10.0.0.2' },
        ...more,
      },
    });
  const seen = (log: string): unknown => {
    const { wanted, format, passedOver, unreadable, unresolved } = observedConnections(facts(), log);
    return {
      wanted: wanted.map(({ because }) => because),
      format,
      passedOver,
      unreadable,
      unresolved: [...unresolved.keys()],
    };
  };
  const nothing = { passedOver: 0, unreadable: 0, unresolved: [] };
  it.each<[string, string, object]>([
    ['Hubble', hubble({}), { wanted: ['1 flow shop/web to shop/api, TCP 9000'], format: 'Hubble' }],
    ['Hubble, an answer', hubble({ is_reply: true }), { wanted: [], format: 'Hubble', passedOver: 1 }],
    ['Hubble, dropped', hubble({ verdict: 'DROPPED' }), { wanted: [], format: 'Hubble', passedOver: 1 }],
    [
      'Hubble, to the world',
      hubble({ destination: { labels: ['reserved:world'] }, IP: { destination: '93.184.216.34' } }),
      { wanted: ['1 flow shop/web to 93.184.216.34, TCP 9000'], format: 'Hubble' },
    ],
    [
      'Inspektor Gadget, older',
      JSON.stringify([
        {
          pktType: 'OUTGOING',
          namespace: 'shop',
          pod: 'web-1',
          port: 80,
          proto: 'tcp',
          remoteKind: 'svc',
          remoteNamespace: 'shop',
          remoteName: 'api',
        },
      ]),
      { wanted: ['1 flow shop/web to shop/api, TCP 9000'], format: 'Inspektor Gadget' },
    ],
    [
      'Inspektor Gadget, newer',
      JSON.stringify({
        k8s: { namespace: 'shop', podName: 'api-1' },
        egress: 0,
        port: 9000,
        proto: 'TCP',
        endpoint: { addr: '10.9.9.9', k8s: { kind: 'pod', namespace: 'shop', name: 'web-1' } },
      }),
      { wanted: ['1 flow shop/web to shop/api, TCP 9000'], format: 'Inspektor Gadget' },
    ],
    [
      'CSV',
      'from,to,port,protocol\nshop/web,shop/api,9000,tcp\nshop/web,shop/api,9000,TCP\nshop/gone,shop/api,1,tcp\nx\nshop/web,shop/api,1,icmp\n',
      {
        wanted: ['2 flows shop/web to shop/api, TCP 9000'],
        format: 'CSV',
        passedOver: 1,
        unreadable: 1,
        unresolved: ['shop/gone'],
      },
    ],
    ['nothing of the kind', '{"a": 1}\nnull\n{', { wanted: [], format: 'Inspektor Gadget', unreadable: 3 }],
  ])('%s', (_, log, wanted) => {
    expect(seen(log)).toEqual({ ...nothing, ...wanted });
  });

  it('works with the policies that are written for it', () => {
    const all = facts();
    const { wanted } = observedConnections(all, 'from,to,port\nshop/web,shop/api,9000\nshop/api,93.184.216.34,443\n');
    const proof = provePolicies(all, leastPolicies(all, wanted, options), wanted);
    expect([proof.wanted, proof.failing]).toEqual([2, []]);
  });

  it('fails the proof where a policy of the cluster forbids it', () => {
    const deny = `apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: deny}
spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}
`;
    const all = factsOf(assembleSnapshot([decodeManifest(`${text}---\n${deny}`, 'x.yaml')], '2026-11-21T00:00:00Z'));
    const { wanted } = observedConnections(all, 'from,to,port\nshop/web,shop/api,9000\n');
    const { failing } = provePolicies(all, leastPolicies(all, wanted, options), wanted);
    expect(failing.map(({ verdict, connection }) => [verdict, connection.because])).toEqual([
      ['denied', '1 flow shop/web to shop/api, TCP 9000'],
    ]);
  });
});
