import type { Service } from '../../facts/services.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { service } from './examples.ts';
import { serviceControl } from './service-control.ts';

const aws = 'service.beta.kubernetes.io/aws-load-balancer-';

/** Security policies of AWS load balancers that still speak TLS 1.0 or 1.1. Source: their documentation. */
const oldPolicies =
  /^ELBSecurityPolicy-(?:2015-\d\d|2016-08|TLS-1-[01]|FS-2018-06|FS-1-1|TLS13-1-[01]|Sample|20\d\d-\d\d$)/;

/** Ports of pods that by name or number speak HTTP without TLS. */
const plainTargets: ReadonlySet<number | string> = new Set([80, 8080, 8000, 3000, 'http', 'web']);

export default serviceControl({
  id: 'services/load-balancer-tls',
  title: 'Load balancers that stand for HTTPS speak TLS, and none of old',
  severity: 'medium',
  why: 'A port 443 that nothing ends TLS at carries credentials in the open, under a number that people take for safe; and TLS 1.0 and 1.1 were withdrawn (RFC 8996).',
  remedy:
    'Name a certificate for the load balancer by the annotation of your cloud, or end TLS in the pods; use a security policy that begins at TLS 1.2.',
  judge: (service) => {
    if (service.type !== 'LoadBalancer') return notApplicable('it asks for no load balancer');
    return [...oldPolicy(service), ...plainHttps(service), ...unencryptedPorts(service)];
  },
  examples: {
    fail: [
      service('type: LoadBalancer, ports: [{port: 443, targetPort: 8080}]'),
      service('type: LoadBalancer, ports: [{port: 443}]', `${aws}ssl-negotiation-policy: ELBSecurityPolicy-2016-08`),
      service('type: LoadBalancer, ports: [{port: 8883}]', `${aws}ssl-cert: "arn:example", ${aws}ssl-ports: "443"`),
    ],
    pass: [
      service('type: LoadBalancer, ports: [{port: 443, targetPort: 8443}]'),
      service('type: LoadBalancer, ports: [{port: 443, targetPort: 8080}]', `${aws}ssl-cert: "arn:example"`),
      service(
        'type: LoadBalancer, ports: [{port: 443}]',
        `${aws}ssl-negotiation-policy: ELBSecurityPolicy-TLS13-1-2-2021-06`,
      ),
    ],
  },
});

function* oldPolicy({ annotation }: Service): Generator<Failure> {
  const key = `${aws}ssl-negotiation-policy`;
  const policy = annotation(key);
  if (policy === undefined || !oldPolicies.test(policy)) return;
  yield fail(`security policy ${policy} speaks TLS 1.0 or 1.1`, ['metadata', 'annotations', key], { key: 'policy' });
}

/** Annotations by which clouds end TLS at the load balancer. */
const certificateAnnotations = [
  `${aws}ssl-cert`,
  'service.beta.kubernetes.io/do-loadbalancer-certificate-id',
  'service.beta.kubernetes.io/do-loadbalancer-tls-passthrough',
  'service.beta.kubernetes.io/oci-load-balancer-tls-secret',
  'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-cert-id',
  'service.beta.kubernetes.io/linode-loadbalancer-port-443',
  'load-balancer.hetzner.cloud/http-certificates',
  'loadbalancer.openstack.org/default-tls-container-ref',
];

function* plainHttps({ object, ports, annotation }: Service): Generator<Failure> {
  if (certificateAnnotations.some((key) => annotation(key) !== undefined)) return;
  for (const { port, target, path, protocol } of ports) {
    if (port !== 443 || protocol !== 'TCP' || !plainTargets.has(target)) continue;
    const message = `port 443 of ${object.name} leads to port ${target} of the pods, and no certificate is named for the load balancer`;
    yield fail(message, [...path, 'targetPort'], { key: `${port}` });
  }
}

/** With a certificate for some ports alone, the others are as they were. */
function* unencryptedPorts({ ports, annotation }: Service): Generator<Failure> {
  const listed = annotation(`${aws}ssl-ports`);
  if (annotation(`${aws}ssl-cert`) === undefined || listed === undefined || listed.trim() === '*') return;
  const covered = new Set(listed.split(',').map((each) => each.trim()));
  for (const { port, name, path, protocol } of ports) {
    // Port 80 is there for redirects.
    if (protocol !== 'TCP' || port === 80 || covered.has(String(port)) || covered.has(name)) continue;
    yield fail(`port ${port} is not among the ports that the load balancer ends TLS for`, [...path, 'port'], {
      key: `${port}`,
      severity: 'low',
    });
  }
}
