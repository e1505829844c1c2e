import { describe, expect, it } from 'vitest';
import { exampleObject, examplePod, networkFactsOf } from '../../test/network-example.ts';
import type { JsonObject } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import { baselinePolicies, leastPolicies } from './network-policy.ts';
import { observedConnections } from './network-policy-flows.ts';
import { intendedConnections } from './network-policy-intents.ts';
import { platformConnections } from './network-policy-platform.ts';
import { provePolicies } from './network-policy-proof.ts';

const options = { namespaces: new Set(['shop']), egress: 'limited' } as const;
const [web, api] = [examplePod('web'), examplePod('api')];
const csv = (...rows: readonly string[]): string => `from,to,port,protocol\n${rows.join('\n')}\n`;

/** Policies from a log, by name. */
function written(log: string, ...texts: readonly string[]) {
  const facts = networkFactsOf(...texts);
  const { wanted } = observedConnections(facts, log);
  const generated = leastPolicies(facts, wanted, options);
  const specs = new Map(generated.policies.map(({ name, object }) => [name, object['spec'] as JsonObject]));
  return { ...generated, specs, proof: provePolicies(facts, generated, wanted) };
}

describe('what is written', () => {
  it('is the same for flows and objects in any order', () => {
    const rows = [
      'shop/web,shop/api,80',
      'shop/web,203.0.113.9,443',
      'shop/web,203.0.113.8,443',
      'shop/api,shop/web,81',
    ];
    const first = written(csv(...rows), web, api);
    const second = written(csv(...rows.toReversed()), api, web);
    expect(JSON.stringify(second.policies)).toBe(JSON.stringify(first.policies));
    expect(first.proof.failing).toEqual([]);
  });

  it('joins addresses, exactly as long as they are few', () => {
    const { specs, notes } = written(csv('shop/web,203.0.113.8,443', 'shop/web,203.0.113.9,443'), web);
    expect(valueAt(specs.get('allow-pod-web'), ['egress', 0, 'to'])).toEqual([{ ipBlock: { cidr: '203.0.113.8/31' } }]);
    expect(notes.filter((note) => note.includes('widened'))).toEqual([]);
  });

  it('widens many addresses to their networks, and says so', () => {
    const rows = Array.from({ length: 40 }, (_, at) => `shop/web,203.0.113.${at * 2},443`);
    const { specs, notes, proof } = written(csv(...rows, 'shop/web,2001:db8::1,443'), web);
    expect(valueAt(specs.get('allow-pod-web'), ['egress', 0, 'to'])).toEqual([
      { ipBlock: { cidr: '203.0.113.0/24' } },
      { ipBlock: { cidr: '2001:db8::/64' } },
    ]);
    expect(notes).toContain('Pod shop/web: 41 addresses are widened to 2 networks');
    expect(proof.failing).toEqual([]);
  });

  it('names pods on the host network by address, and says where that is not known', () => {
    const agent = examplePod('agent', 'other', 'hostNetwork: true, ');
    const live = `${agent}status: {phase: Running, podIP: 192.168.7.4}\n`;
    const log = csv('other/agent,shop/web,9100');
    const known = written(log, web, live);
    expect(valueAt(known.specs.get('allow-pod-web'), ['ingress', 0, 'from'])).toEqual([
      { ipBlock: { cidr: '192.168.7.4/32' } },
    ]);
    expect(written(log, web, agent).notes).toContain(
      'Pod other/agent is on the host network, where policies know it by the addresses of its nodes; those are not in the evidence, and no rule is written for it',
    );
  });

  it('selects by labels that last, and warns where they select more', () => {
    const labels = 'labels: {app: web, pod-template-hash: abc}';
    const other = examplePod('copy').replace('labels: {app: copy}', 'labels: {app: web}');
    const { specs, notes } = written(
      csv('shop/api,shop/web,80'),
      web.replace('labels: {app: web}', labels),
      api,
      other,
    );
    expect(valueAt(specs.get('allow-pod-web'), ['podSelector'])).toEqual({ matchLabels: { app: 'web' } });
    expect(notes).toContain('the labels of Pod shop/web select copy too: give it labels of its own');
  });

  it('says which policies of people it replaces', () => {
    const own = exampleObject('networking.k8s.io/v1', 'NetworkPolicy', '{podSelector: {}}', 'default-deny');
    const note = 'NetworkPolicy shop/default-deny is there already and is replaced when this is applied';
    expect(baselinePolicies(networkFactsOf(web, own), options).notes).toContain(note);
    const ours = own.replace('namespace: shop}', 'namespace: shop, labels: {app.kubernetes.io/managed-by: bulwark}}');
    expect(baselinePolicies(networkFactsOf(web, ours), options).notes).not.toContain(note);
  });

  it('resolves addresses of Services to the pods behind them', () => {
    const service = exampleObject(
      'v1',
      'Service',
      '{clusterIP: 10.96.0.9, selector: {app: api}, ports: [{port: 80, targetPort: http}]}',
      'api',
    );
    const { wanted } = observedConnections(networkFactsOf(web, api, service), csv('shop/web,10.96.0.9,80'));
    expect(wanted.map(({ because }) => because)).toEqual(['1 flow shop/web to shop/api, TCP 8080']);
  });

  it('tells over how long flows were seen', () => {
    const log =
      'time,from,to,port\n2026-11-20T10:00:00Z,shop/web,shop/api,80\n2026-11-21T10:00:00Z,shop/web,shop/api,80\n';
    expect(observedConnections(networkFactsOf(web, api), log).span).toEqual({
      first: '2026-11-20T10:00:00.000Z',
      last: '2026-11-21T10:00:00.000Z',
    });
  });
});

describe('the way to DNS', () => {
  const dns = (more: string): string =>
    `${examplePod('dns', 'kube-system', more)}status: {podIP: 192.168.7.4}\n---\n${exampleObject('v1', 'Service', '{selector: {app: dns}, ports: [{port: 53, protocol: UDP}]}', 'kube-dns').replace('namespace: shop', 'namespace: kube-system')}`;
  const cache = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec: {selector: {}, template: {metadata: {labels: {a: b}}, spec: {hostNetwork: true, containers: [{name: c, image: r/c:1, args: [-localip, "169.254.20.10,10.96.0.10"]}]}}}
`;
  it.each([
    [
      'its pods, by the labels that the Service selects',
      [dns('')],
      [
        [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
            podSelector: { matchLabels: { app: 'dns' } },
          },
        ],
      ],
    ],
    [
      'its pods on the host network, by address',
      [dns('hostNetwork: true, ')],
      [[{ ipBlock: { cidr: '192.168.7.4/32' } }]],
    ],
    [
      'the cache of each node',
      [cache],
      [[{ ipBlock: { cidr: '10.96.0.10/32' } }, { ipBlock: { cidr: '169.254.20.10/32' } }]],
    ],
  ])('is to %s', (_, texts, wanted) => {
    const { policies } = baselinePolicies(networkFactsOf(web, ...texts), options);
    const rules = valueAt(policies[1]?.object['spec'], ['egress']) as readonly JsonObject[];
    expect(rules.map(({ to }) => to)).toEqual(wanted);
  });
});

describe('what the platform needs', () => {
  const service = exampleObject(
    'v1',
    'Service',
    '{selector: {app: api}, ports: [{name: tls, port: 443, targetPort: http}]}',
    'api',
  );
  const client = '{service: {namespace: shop, name: api}}';
  const hook = `apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: hook}\nwebhooks: [{name: a, clientConfig: ${client}}]\n`;
  const conversion = `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: crd}\nspec: {conversion: {webhook: {clientConfig: ${client}}}}\n`;
  const aggregated = `apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.x}\nspec: {service: {namespace: shop, name: api}}\n`;
  const monitor = exampleObject(
    'monitoring.coreos.com/v1',
    'ServiceMonitor',
    '{selector: {matchLabels: {}}, endpoints: [{port: tls}]}',
    'm',
  );
  const podMonitor = exampleObject(
    'monitoring.coreos.com/v1',
    'PodMonitor',
    '{selector: {matchLabels: {app: api}}, podMetricsEndpoints: [{port: http}]}',
    'm',
  );
  const prometheus = examplePod('prometheus', 'monitoring').replace(
    'labels: {app: prometheus}',
    'labels: {app.kubernetes.io/name: prometheus}',
  );
  const reasons = (...texts: readonly string[]) => {
    const { wanted, notes } = platformConnections(networkFactsOf(api, ...texts), { apiServer: [] });
    return { wanted: wanted.map(({ from, port, because }) => [from.kind, port, because]), notes };
  };
  it.each<[string, readonly string[], readonly unknown[]]>([
    [
      'webhooks',
      [service, hook],
      ['anyone', 8080, 'the API server calls ValidatingWebhookConfiguration hook, from wherever it runs'],
    ],
    [
      'conversions',
      [service, conversion],
      ['anyone', 8080, 'the API server calls CustomResourceDefinition crd, from wherever it runs'],
    ],
    [
      'aggregated APIs',
      [service, aggregated],
      ['anyone', 8080, 'the API server calls APIService v1.x, from wherever it runs'],
    ],
    ['Services that Prometheus asks', [service, monitor, prometheus], ['workload', 8080, 'ServiceMonitor m']],
    ['pods that Prometheus asks', [podMonitor, prometheus], ['workload', 8080, 'PodMonitor m']],
  ])('is a way in to %s', (_, texts, wanted) => {
    expect(reasons(...texts)).toEqual({ wanted: [wanted], notes: [] });
  });

  it('cannot be written for a Prometheus that is not there', () => {
    expect(reasons(service, monitor).notes).toEqual([
      'Prometheus is not in the evidence: no rule lets it ask what 1 monitors name',
    ]);
  });

  const binding = `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: api, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: api, namespace: shop}]
`;
  const endpoints =
    'apiVersion: v1\nkind: Endpoints\nmetadata: {name: kubernetes, namespace: default}\nsubsets: [{addresses: [{ip: 172.18.0.2}], ports: [{port: 6443}]}]\n';
  const slice =
    'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: kubernetes, namespace: default}\nendpoints: [{addresses: [172.18.0.2]}]\nports: [{port: 6443}]\n';
  it.each([
    ['its Endpoints', endpoints],
    ['its EndpointSlice', slice],
  ])('is the way to the API server for pods with rights, by %s', (_, evidence) => {
    const { wanted } = platformConnections(networkFactsOf(api, web, binding, evidence), { apiServer: [] });
    expect(wanted.map(({ to, port, because }) => [to, port, because])).toEqual([
      [{ kind: 'address', address: '172.18.0.2' }, 6443, 'service account api has rights at the API server'],
    ]);
  });

  it('names who would be cut off where the API server is not known', () => {
    const [note] = platformConnections(networkFactsOf(api, binding), { apiServer: [] }).notes;
    expect(note).toMatch(/^shop\/api has rights at the API server, whose address is not in the evidence/);
    expect(
      platformConnections(networkFactsOf(api, binding), { apiServer: [{ address: '10.0.0.1', port: 443 }] }).notes,
    ).toEqual([]);
  });
});

describe('policies that are there', () => {
  it('keep what they let pass by name, when the other direction is limited', () => {
    const policy = exampleObject(
      'networking.k8s.io/v1',
      'NetworkPolicy',
      '{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 8080}]}]}',
      'api',
    );
    const facts = networkFactsOf(web, api, policy);
    const wanted = intendedConnections(facts);
    expect(wanted.map(({ because }) => because)).toEqual(['NetworkPolicy api lets it pass']);
    expect(provePolicies(facts, leastPolicies(facts, wanted, options), wanted).failing).toEqual([]);
  });
});
