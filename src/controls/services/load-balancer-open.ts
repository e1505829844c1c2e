import { sensitivePort } from '../../facts/sensitive-ports.ts';
import { isInternal, type PublishedPort, sourceRanges } from '../../facts/services.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { service } from './examples.ts';
import { serviceControl } from './service-control.ts';

/** Ports that are there for everybody: those of the web. */
const webPorts: ReadonlySet<number> = new Set([80, 443]);

export default serviceControl({
  id: 'services/load-balancer-open',
  title: 'Load balancers take connections from chosen networks',
  severity: 'medium',
  why: 'A Service of type LoadBalancer gets a public address in most clouds: what was meant for a few is then tried by everybody.',
  remedy:
    'List the networks of its users in loadBalancerSourceRanges, ask the cloud for an internal load balancer, or publish web pages through an Ingress or Gateway.',
  // That tells who answers there, and has the same cause.
  coveredBy: ['services/sensitive-interface'],
  judge: (service) => {
    const { object, type, ports } = service;
    if (type !== 'LoadBalancer') return notApplicable('it asks for no load balancer');
    if (isInternal(service) || sourceRanges(service).length > 0) return pass;
    const at = ['spec', 'loadBalancerSourceRanges'];
    const grave = ports.map(sensitiveText).find((text) => text !== undefined);
    const message = (what: string): string => `anyone who reaches the load balancer of ${object.name} reaches ${what}`;
    if (grave !== undefined) return fail(message(grave), at, { severity: 'high' });
    const isWeb = ports.every(({ port }) => webPorts.has(port));
    return fail(message(portsText(ports)), at, isWeb ? { severity: 'low' } : {});
  },
  examples: {
    fail: [
      service('type: LoadBalancer, ports: [{port: 8000}]'),
      service('type: LoadBalancer, ports: [{port: 80}], loadBalancerSourceRanges: [0.0.0.0/0]'),
      service('type: LoadBalancer, ports: [{port: 5432}]'),
    ],
    pass: [
      service('type: LoadBalancer, ports: [{port: 80}], loadBalancerSourceRanges: [203.0.113.0/24]'),
      service(
        'type: LoadBalancer, ports: [{port: 80}]',
        'service.beta.kubernetes.io/azure-load-balancer-internal: "true"',
      ),
      `${service('type: ClusterIP, ports: [{port: 80}]')}---\n${service('type: LoadBalancer, loadBalancerClass: tailscale')}`,
    ],
  },
});

/** The port of the Service, or that of the pods, where usually something answers that few should reach. */
function sensitiveText({ port, target, protocol }: PublishedPort): string | undefined {
  if (protocol !== 'TCP') return undefined;
  const atTarget = typeof target === 'number' ? sensitivePort(target) : undefined;
  const name = sensitivePort(port) ?? (webPorts.has(port) ? undefined : atTarget);
  return name === undefined ? undefined : `port ${port} (${name})`;
}

function portsText(ports: readonly PublishedPort[]): string {
  const [first, ...more] = ports;
  if (first === undefined) return 'its pods';
  return more.length > 2
    ? `port ${first.port} and ${more.length} more`
    : `port ${ports.map(({ port }) => port).join(' and ')}`;
}
