import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import type { AnyControl } from '../control.ts';
import endpointAddresses from './endpoint-addresses.ts';
import { deployment, service } from './examples.ts';
import loadBalancerOpen from './load-balancer-open.ts';
import loadBalancerTls from './load-balancer-tls.ts';
import nodePort from './node-port.ts';
import { addressText } from './reserved-address.ts';
import sensitiveInterface from './sensitive-interface.ts';
import ssh from './ssh.ts';

const found = (control: AnyControl, text: string) =>
  judgeExample(control, text).map(({ severity, message }) => `${severity}: ${message}`);

describe('a load balancer', () => {
  it.each<[annotations: string, spec: string, isOpen: boolean]>([
    ['', '', true],
    ['service.beta.kubernetes.io/aws-load-balancer-scheme: internal', '', false],
    ['service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing', '', true],
    ['service.beta.kubernetes.io/azure-load-balancer-internal: "false"', '', true],
    ['networking.gke.io/load-balancer-type: Internal', '', false],
    ['service.beta.kubernetes.io/openstack-internal-load-balancer: "true"', '', false],
    ['service.beta.kubernetes.io/load-balancer-source-ranges: "203.0.113.0/24, 198.51.100.0/24"', '', false],
    ['service.beta.kubernetes.io/load-balancer-source-ranges: "0.0.0.0/0"', '', true],
    ['', 'loadBalancerSourceRanges: ["203.0.113.0/24"]', false],
    ['', 'loadBalancerSourceRanges: ["203.0.113.0/24", "::/0"]', true],
    ['', 'loadBalancerClass: tailscale', false],
    ['', 'loadBalancerClass: service.k8s.aws/nlb', true],
  ])('%s %s: %s', (annotations, spec, isOpen) => {
    const text = service(`type: LoadBalancer, ports: [{port: 8000}]${spec === '' ? '' : `, ${spec}`}`, annotations);
    expect(judgeExample(loadBalancerOpen, text).length).toBe(isOpen ? 1 : 0);
  });

  it.each<[ports: string, finding: string]>([
    ['{port: 443}', 'low: anyone who reaches the load balancer of web reaches port 443'],
    ['{port: 80}, {port: 443}', 'low: anyone who reaches the load balancer of web reaches port 80 and 443'],
    ['{port: 80, targetPort: 5432}', 'low: anyone who reaches the load balancer of web reaches port 80'],
    [
      '{port: 15432, targetPort: 5432}',
      'high: anyone who reaches the load balancer of web reaches port 15432 (PostgreSQL)',
    ],
    ['{port: 22}, {port: 443}', 'high: anyone who reaches the load balancer of web reaches port 22 (SSH)'],
    ['{port: 53, protocol: UDP}', 'medium: anyone who reaches the load balancer of web reaches port 53'],
    [
      '{port: 1}, {port: 2}, {port: 3}, {port: 4}',
      'medium: anyone who reaches the load balancer of web reaches port 1 and 3 more',
    ],
  ])('with %s is graded by what it opens', (ports, finding) => {
    expect(found(loadBalancerOpen, service(`type: LoadBalancer, ports: [${ports}]`))).toEqual([finding]);
  });

  it('that opens SSH is one finding', () => {
    const text = service('type: LoadBalancer, ports: [{port: 22}]');
    const { findings } = judgeText([loadBalancerOpen, nodePort, ssh], text);
    expect(findings.map(({ control }) => control.id)).toEqual(['services/load-balancer-open']);
  });

  it.each<[policy: string, isOld: boolean]>([
    ['ELBSecurityPolicy-2016-08', true],
    ['ELBSecurityPolicy-TLS-1-1-2017-01', true],
    ['ELBSecurityPolicy-FS-1-1-2019-08', true],
    ['ELBSecurityPolicy-TLS13-1-0-2021-06', true],
    ['ELBSecurityPolicy-TLS-1-2-2017-01', false],
    ['ELBSecurityPolicy-FS-1-2-Res-2020-10', false],
    ['ELBSecurityPolicy-TLS13-1-2-Res-2021-06', false],
  ])('with policy %s speaks old versions of TLS: %s', (policy, isOld) => {
    const annotation = `service.beta.kubernetes.io/aws-load-balancer-ssl-negotiation-policy: ${policy}`;
    const text = service('type: LoadBalancer, ports: [{port: 8443}]', annotation);
    expect(judgeExample(loadBalancerTls, text).length).toBe(isOld ? 1 : 0);
  });
});

describe('an interface that administers something', () => {
  const argo = deployment('quay.io/argoproj/argocd:v3.1.0');
  const prometheus = deployment('mirror.example/prometheus/prometheus:v3.0.0');
  it.each<[what: string, text: string, findings: readonly string[]]>([
    [
      'by a load balancer',
      `${prometheus}---\n${service('type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]')}`,
      [
        'high: Prometheus is reached from outside through Service web of type LoadBalancer, and Prometheus asks nobody who they are',
      ],
    ],
    [
      'by a node port, and with a login',
      `${argo}---\n${service('type: NodePort, selector: {app: web}, ports: [{port: 80}]')}`,
      ['medium: Argo CD is reached from outside through Service web of type NodePort'],
    ],
    [
      'by other pods',
      `${prometheus}---\n${service('type: LoadBalancer, selector: {app: api}, ports: [{port: 80}]')}`,
      [],
    ],
    ['inside', `${prometheus}---\n${service('selector: {app: web}, ports: [{port: 80}]')}`, []],
    [
      'whose name is a part of another',
      `${deployment('registry.example/shop/prometheus-docs:1')}---\n${service('type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]')}`,
      [],
    ],
  ])('%s', (_, text, findings) => {
    expect(found(sensitiveInterface, text)).toEqual(findings);
  });
});

describe('addresses of endpoints', () => {
  it.each<[address: string, says: string | undefined]>([
    ['127.0.0.1', 'a loopback address'],
    ['::1', 'a loopback address'],
    ['0:0:0:0:0:0:0:1', 'a loopback address'],
    ['169.254.169.254', 'a link-local address'],
    ['fe80::1', 'a link-local address'],
    ['0.0.0.0', 'no address at all'],
    ['224.0.0.1', 'a multicast address'],
    ['10.127.0.1', undefined],
    ['fd00::1', undefined],
    ['2001:db8::1', undefined],
  ])('%s is %s', (address, says) => {
    expect(addressText(address)).toBe(says);
  });

  it('are told with their place', () => {
    const text =
      'apiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\nsubsets: [{addresses: [{ip: 10.0.0.1}, {ip: 127.0.0.1}]}]\n';
    expect(judgeExample(endpointAddresses, text)).toMatchObject([
      { message: 'an endpoint is 127.0.0.1, a loopback address', place: 'subsets[0].addresses[1].ip' },
    ]);
  });
});
