import { isObject, type JsonObject, own } from '../model/json.ts';
import { stringsIn } from '../model/json-list.ts';
import { type Path, valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { entriesOf } from './routes.ts';

/** A Service, as controls ask about it. API defaulting is applied. */
export interface Service {
  readonly object: KubeObject;
  readonly spec: JsonObject;
  readonly type: string;
  readonly ports: readonly PublishedPort[];
  readonly annotation: (key: string) => string | undefined;
}

export interface PublishedPort {
  readonly path: Path;
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  /** A number, or the name of a port of the pods. */
  readonly target: number | string;
}

/** Reads a Service; undefined for any other object. */
export function readService(object: KubeObject): Service | undefined {
  if (groupKind(object) !== '/Service') return undefined;
  const given = own(object.value, 'spec');
  const spec = isObject(given) ? given : {};
  const type = own(spec, 'type');
  const annotations = valueAt(object.value, ['metadata', 'annotations']);
  return {
    object,
    spec,
    type: typeof type === 'string' && type !== '' ? type : 'ClusterIP',
    ports: [...portsOf(spec)],
    annotation: (key) => {
      const value = isObject(annotations) ? own(annotations, key) : undefined;
      return typeof value === 'string' ? value : undefined;
    },
  };
}

function* portsOf(spec: JsonObject): Generator<PublishedPort> {
  for (const [index, each] of entriesOf(own(spec, 'ports'))) {
    const [port, name, protocol, target] = ['port', 'name', 'protocol', 'targetPort'].map((key) => own(each, key));
    if (typeof port !== 'number') continue;
    const isTarget = typeof target === 'number' || (typeof target === 'string' && target !== '');
    yield {
      path: ['spec', 'ports', index],
      name: typeof name === 'string' ? name : '',
      protocol: typeof protocol === 'string' ? protocol : 'TCP',
      port,
      target: isTarget ? target : port,
    };
  }
}

/** Load balancers that the clouds keep to private networks. Sources: the documentation of each cloud's controller. */
const internalAnnotations: ReadonlyMap<string, readonly string[]> = new Map([
  ['service.beta.kubernetes.io/aws-load-balancer-internal', ['true', '0.0.0.0/0']],
  ['service.beta.kubernetes.io/aws-load-balancer-scheme', ['internal']],
  ['service.beta.kubernetes.io/azure-load-balancer-internal', ['true']],
  ['networking.gke.io/load-balancer-type', ['Internal']],
  ['cloud.google.com/load-balancer-type', ['Internal', 'internal']],
  ['service.beta.kubernetes.io/openstack-internal-load-balancer', ['true']],
  ['service.beta.kubernetes.io/oci-load-balancer-internal', ['true']],
  ['oci-network-load-balancer.oraclecloud.com/internal', ['true']],
  ['service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type', ['intranet']],
  ['service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type', ['private']],
  ['service.beta.kubernetes.io/do-loadbalancer-network', ['INTERNAL']],
  ['load-balancer.hetzner.cloud/disable-public-network', ['true']],
]);

/** Classes of load balancers that only a private network reaches. */
const internalClasses: ReadonlySet<string> = new Set(['tailscale']);

/** Whether the load balancer of a Service is kept to private networks by what the object asks of its cloud. */
export function isInternal({ spec, annotation }: Service): boolean {
  for (const [key, values] of internalAnnotations) {
    const given = annotation(key);
    if (given !== undefined && values.includes(given)) return true;
  }
  const cls = own(spec, 'loadBalancerClass');
  return typeof cls === 'string' && internalClasses.has(cls);
}

const rangeAnnotations = [
  'service.beta.kubernetes.io/load-balancer-source-ranges',
  'service.beta.kubernetes.io/azure-allowed-ip-ranges',
];

/** Who may connect to the load balancer, as CIDR ranges; empty where everybody may. */
export function sourceRanges({ spec, annotation }: Service): readonly string[] {
  const ranges = [...stringsIn(own(spec, 'loadBalancerSourceRanges'))];
  if (ranges.length === 0) {
    for (const key of rangeAnnotations) {
      const text = annotation(key) ?? '';
      ranges.push(...text.split(',').map((range) => range.trim()));
    }
  }
  const given = ranges.filter((range) => range !== '');
  return given.some((range) => range.trim().endsWith('/0')) ? [] : given;
}
