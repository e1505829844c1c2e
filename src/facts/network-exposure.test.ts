import { describe, expect, it } from 'vitest';
import { exampleObject, examplePod, examplePolicy, networkFactsOf } from '../../test/network-example.ts';
import { networkReachability } from './network.ts';
import { answerNetwork } from './network-answer.ts';
import { findEndpoint } from './network-endpoints.ts';
import { networkEntries } from './network-exposure.ts';

/** What the ways in to the pod web are: who, by what, and what policies say. */
function ways(...texts: readonly string[]): readonly (readonly string[])[] {
  const entries = networkFactsOf(examplePod('web'), ...texts).get(networkEntries);
  return entries.map(({ from, through, verdict, note = '' }) => [from, through, verdict, note]);
}

const service = (spec: string): string =>
  exampleObject(
    'v1',
    'Service',
    `{${spec}, selector: {app: web}, ports: [{name: www, port: 80, targetPort: http}]}`,
    'web',
  );
const balancer = 'Service web of type LoadBalancer';
const plain = service('type: ClusterIP');
const gateway = (kind: string, spec: string): string =>
  exampleObject('gateway.networking.k8s.io/v1', kind, spec, 'route');

describe('ways in through a load balancer', () => {
  const open = service('type: LoadBalancer');
  it.each([
    ['nothing', '', 'open'],
    ['a default deny', examplePolicy('{podSelector: {}}'), 'blocked'],
    ['the port of the pods', examplePolicy('{podSelector: {}, ingress: [{ports: [{port: 8080}]}]}'), 'open'],
    ['the port of the Service', examplePolicy('{podSelector: {}, ingress: [{ports: [{port: 80}]}]}'), 'blocked'],
    [
      'private addresses',
      examplePolicy('{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}'),
      'depends',
    ],
  ])('with a policy for %s', (_, policy, wanted) => {
    const [first] = ways(open, ...(policy === '' ? [] : [policy]));
    expect(first?.slice(0, 3)).toEqual(['the internet', balancer, wanted]);
  });

  it('are also by the ports of nodes, unless it takes none', () => {
    expect(ways(open).map(([from]) => from)).toEqual(['the internet', 'whoever reaches a node']);
    const none = service('type: LoadBalancer, allocateLoadBalancerNodePorts: false');
    expect(ways(none).map(([from]) => from)).toEqual(['the internet']);
  });

  const office = examplePolicy('{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}');
  const own = 'externalTrafficPolicy: Local, allocateLoadBalancerNodePorts: false';
  it.each([
    ['its source ranges alone', `${own}, loadBalancerSourceRanges: [203.0.113.0/25]`, '203.0.113.0/25', 'open'],
    [
      'ranges that policies keep out',
      `${own}, loadBalancerSourceRanges: [198.51.100.0/24]`,
      '198.51.100.0/24',
      'blocked',
    ],
    ['everybody, of whom policies let some in', own, 'the internet', 'partly'],
    [
      'either address, without externalTrafficPolicy Local',
      'allocateLoadBalancerNodePorts: false, loadBalancerSourceRanges: [203.0.113.0/25]',
      '203.0.113.0/25',
      'depends',
    ],
  ])('for %s', (_, spec, from, wanted) => {
    const [first] = ways(service(`type: LoadBalancer, ${spec}`), office);
    expect(first?.slice(0, 3)).toEqual([from, balancer, wanted]);
  });

  it('without a selector are not known', () => {
    const blind = exampleObject('v1', 'Service', '{type: LoadBalancer, ports: [{port: 80}]}', 'web');
    expect(ways(blind)).toEqual([
      [
        'the internet',
        balancer,
        'depends',
        'it has no selector: where it leads is in EndpointSlices, which are not compared',
      ],
    ]);
  });
});

describe('other ways in', () => {
  it.each<[string, readonly string[], readonly (readonly string[])[]]>([
    ['a Service within the cluster', [plain], []],
    [
      'external addresses',
      [service('externalIPs: [203.0.113.7]')],
      [['whoever reaches 203.0.113.7', 'externalIPs of Service web', 'open']],
    ],
    [
      'an Ingress',
      [
        plain,
        exampleObject(
          'networking.k8s.io/v1',
          'Ingress',
          '{rules: [{http: {paths: [{backend: {service: {name: web, port: {name: www}}}}]}}]}',
          'site',
        ),
      ],
      [['the internet', 'Ingress site, to Service web', 'open']],
    ],
    ...['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'].map(
      (kind): [string, readonly string[], readonly (readonly string[])[]] => [
        `a ${kind}`,
        [plain, gateway(kind, '{rules: [{backendRefs: [{name: web, port: 80}]}]}')],
        [['the internet', `${kind} route, to Service web`, 'open']],
      ],
    ),
    [
      'a route of a mesh',
      [
        plain,
        gateway(
          'HTTPRoute',
          '{parentRefs: [{kind: Service, name: web}], rules: [{backendRefs: [{name: web, port: 80}]}]}',
        ),
      ],
      [],
    ],
    [
      'a Route of OpenShift',
      [
        plain,
        exampleObject('route.openshift.io/v1', 'Route', '{to: {kind: Service, name: web}, port: {targetPort: http}}'),
      ],
      [['the internet', 'Route example, to Service web', 'open']],
    ],
    [
      'a port of the host',
      [examplePod('agent').replace('containerPort: 8080', 'containerPort: 8080, hostPort: 9000')],
      [['whoever reaches a node', 'host ports of Pod agent', 'open']],
    ],
    [
      'a port of the host that only the host reaches',
      [examplePod('agent').replace('containerPort: 8080', 'containerPort: 8080, hostPort: 9000, hostIP: 127.0.0.1')],
      [],
    ],
    [
      'the network of the host',
      [examplePod('agent', 'shop', 'hostNetwork: true, ')],
      [['whoever reaches a node', 'host network of Pod agent', 'open']],
    ],
  ])('%s', (_, texts, wanted) => {
    expect(ways(...texts).map((way) => way.slice(0, 3))).toEqual(wanted);
  });

  it('a route to another namespace, as a ReferenceGrant lets it', () => {
    const route = gateway('HTTPRoute', '{rules: [{backendRefs: [{name: web, namespace: shop, port: 80}]}]}').replace(
      'namespace: shop}\nspec',
      'namespace: edge}\nspec',
    );
    const grant = gateway(
      'ReferenceGrant',
      '{from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}], to: [{group: "", kind: Service}]}',
    );
    expect([ways(plain, route), ways(plain, route, grant)].map(([way]) => way?.slice(2))).toEqual([
      ['depends', 'no ReferenceGrant in shop lets HTTPRoutes of edge lead there'],
      ['open', ''],
    ]);
  });

  it('are shut where what routes to the pods cannot connect to them', () => {
    const controller = examplePod('nginx', 'edge').replace(
      'r/app:1',
      'registry.k8s.io/ingress-nginx/controller:v1.9.0',
    );
    const route = gateway('HTTPRoute', '{rules: [{backendRefs: [{name: web, port: 80}]}]}');
    const from = (namespace: string): string =>
      examplePolicy(
        `{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${namespace}}}}]}]}`,
      );
    const verdict = (...texts: readonly string[]): string | undefined => ways(plain, route, ...texts)[0]?.[2];
    expect([verdict(controller, from('edge')), verdict(controller, from('other')), verdict(from('other'))]).toEqual([
      'open',
      'blocked',
      'depends',
    ]);
  });
});

describe('a port that a Service asks for by name', () => {
  const bare =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: bare, namespace: shop, labels: {app: web}}\nspec: {containers: [{name: app, image: r/app:1}]}\n';
  const lead = service('type: LoadBalancer, allocateLoadBalancerNodePorts: false');

  it('leads to no pod that has none', () => {
    const entries = networkFactsOf(examplePod('web'), bare, lead).get(networkEntries);
    expect(entries.map(({ pods, ports }) => [pods.map(({ name }) => name), ports])).toEqual([
      [['web'], [{ protocol: 'TCP', outer: 80, inner: 8080 }]],
    ]);
    expect(networkFactsOf(bare, lead).get(networkEntries)).toEqual([]);
  });

  it.each([
    [[bare], 'denied', 'shop/bare has no TCP port of the name http, so port 80 does not lead there'],
    [
      [examplePod('web'), bare],
      'allowed',
      'shop/bare has no TCP port of the name http, so port 80 does not lead there',
    ],
  ])('is answered with the reason, case %#', (pods, verdict, note) => {
    const facts = networkFactsOf(...pods, examplePod('client'), lead);
    const [from, to] = ['shop/client', 'service/shop/web'].map((name) => findEndpoint(facts, name));
    if (from === undefined || to === undefined) throw new Error('no such endpoint');
    const asked = { from, to, port: { protocol: 'TCP', port: 80 } } as const;
    const answer = answerNetwork(facts.get(networkReachability), asked);
    expect(answer.verdict).toBe(verdict);
    expect(answer.notes).toContain(note);
  });
});
