import { describe, expect, it } from 'vitest';
import {
  exampleObject,
  examplePlugin,
  examplePod,
  examplePolicy,
  networkFactsOf,
  verdictOf,
} from '../../test/network-example.ts';
import { networkEnforcement } from './network-enforcement.ts';
import { networkPolicies } from './network-policies.ts';

const cilium = (spec: string): string => exampleObject('cilium.io/v2', 'CiliumNetworkPolicy', spec);
const calico = (spec: string, name = 'example'): string =>
  exampleObject('projectcalico.org/v3', 'NetworkPolicy', spec, name);
const calicoGlobal = (spec: string): string =>
  `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: hosts}\nspec: ${spec}\n`;

describe('policies of Calico and Cilium', () => {
  const web = examplePod('web');
  const api = examplePod('api');
  const other = examplePod('web', 'other');
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
        examplePolicy('{podSelector: {}, ingress: [{}]}'),
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
      [calico('{order: 10, selector: all(), ingress: [{action: Allow}]}'), examplePolicy('{podSelector: {}}')],
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
      [exampleObject('projectcalico.org/v3', 'StagedNetworkPolicy', '{selector: all(), ingress: [{action: Deny}]}')],
      'shop/api',
      'shop/web:80',
      'allowed',
    ],
    [
      'policies of Cilium for nodes leave the nodes unknown',
      [
        exampleObject(
          'cilium.io/v2',
          'CiliumClusterwideNetworkPolicy',
          '{nodeSelector: {}, ingress: [{fromEntities: [cluster]}]}',
        ),
      ],
      'shop/api',
      'node:22',
      'unknown',
    ],
    [
      'and say nothing of pods',
      [
        exampleObject(
          'cilium.io/v2',
          'CiliumClusterwideNetworkPolicy',
          '{nodeSelector: {}, ingress: [{fromEntities: [cluster]}]}',
        ),
      ],
      'shop/api',
      'shop/web:80',
      'allowed',
    ],
    [
      'policies of Calico before translation of addresses are for host endpoints',
      [calicoGlobal('{preDNAT: true, applyOnForward: true, selector: all(), ingress: [{action: Deny}]}')],
      'internet',
      'node:80',
      'unknown',
    ],
    [
      'as untracked ones are',
      [calicoGlobal('{doNotTrack: true, applyOnForward: true, selector: all(), ingress: [{action: Deny}]}')],
      'shop/web',
      'node:80',
      'unknown',
    ],
    [
      'and pods are not touched',
      [calicoGlobal('{doNotTrack: true, applyOnForward: true, selector: all(), ingress: [{action: Deny}]}')],
      'shop/api',
      'shop/web:80',
      'allowed',
    ],
    [
      'host endpoints may be taken by any policy',
      [exampleObject('projectcalico.org/v3', 'HostEndpoint', '{node: one, interfaceName: "*"}')],
      'shop/api',
      'node:22',
      'unknown',
    ],
    [
      'policies of Antrea are not read',
      [exampleObject('crd.antrea.io/v1beta1', 'NetworkPolicy', '{priority: 5}')],
      'shop/api',
      'shop/web:80',
      'unknown',
    ],
  ])('%s', (_, policies, from, to, wanted) => {
    expect(verdictOf(networkFactsOf(web, api, other, ...policies), from, to)).toBe(wanted);
  });

  it.each([
    ['never', 'allowed', 'not-enforced'],
    ['default', 'allowed', 'enforced'],
    ['always', 'denied', 'enforced'],
  ])('Cilium with enable-policy %s', (mode, wanted, state) => {
    const config = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\ndata: {enable-policy: ${mode}}\n`;
    const all = networkFactsOf(web, api, examplePlugin('quay.io/cilium/cilium:v1.16.1'), config);
    expect([verdictOf(all, 'shop/api', 'shop/web:80'), all.get(networkEnforcement).state]).toEqual([wanted, state]);
  });

  it('count for nothing where another plugin runs', () => {
    const all = networkFactsOf(
      web,
      api,
      examplePlugin('quay.io/calico/node:v3.28.0'),
      cilium('{endpointSelector: {}, ingress: [{}]}'),
    );
    expect(verdictOf(all, 'shop/api', 'shop/web:80')).toBe('allowed');
    expect([...all.get(networkPolicies).foreign.values()]).toEqual([
      'is for Cilium, which does not run here: Calico does',
    ]);
  });
});

describe('ports that a rule of Calico leaves out', () => {
  const facts = networkFactsOf(
    examplePod('web'),
    examplePod('api'),
    calico(
      "{selector: \"app == 'web'\", types: [Ingress], ingress: [{action: Allow, protocol: TCP, destination: {notPorts: [22, '100:200']}}]}",
    ),
  );
  it.each([
    ['21', 'allowed'],
    ['22', 'denied'],
    ['150', 'denied'],
    ['201', 'allowed'],
    ['21/udp', 'denied'],
  ])('are known by number: %s is %s', (port, wanted) => {
    expect(verdictOf(facts, 'shop/api', `shop/web:${port}`)).toBe(wanted);
  });
});
