import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { type NetworkPod, type Protocol, protocols } from '../semantics/network-policy/index.ts';
import { defineFact } from './facts.ts';
import { networkPods, unsetNamespace } from './network-pods.ts';

export interface ServicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly nodePort: number | undefined;
  /** A number, or the name of a port of the pods. */
  readonly target: number | string;
}

/** A Service, and the pods that it selects. */
export interface NetworkService {
  readonly object: KubeObject;
  readonly namespace: string;
  readonly type: string;
  readonly ports: readonly ServicePort[];
  readonly pods: readonly NetworkPod[];
}

/** Every Service with a selector. Of others it is not known where they lead. */
export const networkServices = defineFact('network-services', (facts): readonly NetworkService[] => {
  const byLabel = new Map<string, NetworkPod[]>();
  const services = facts.snapshot.objects.filter((object) => groupKind(object) === '/Service');
  if (services.length === 0) return [];
  const keys = new Set(
    services.flatMap((object) =>
      selectorOf(object)
        .slice(0, 1)
        .map(([key]) => key),
    ),
  );
  for (const pod of facts.get(networkPods)) {
    for (const key of keys) {
      const value = pod.labels.get(key);
      if (value === undefined) continue;
      const place = `${pod.namespace}\n${key}\n${value}`;
      const listed = byLabel.get(place);
      if (listed === undefined) byLabel.set(place, [pod]);
      else listed.push(pod);
    }
  }
  return services.flatMap((object): readonly NetworkService[] => {
    const selector = selectorOf(object);
    const [first] = selector;
    if (first === undefined) return [];
    const namespace = object.namespace ?? unsetNamespace;
    const near = byLabel.get(`${namespace}\n${first[0]}\n${first[1]}`) ?? [];
    const type = valueAt(object.value, ['spec', 'type']);
    return [
      {
        object,
        namespace,
        type: typeof type === 'string' ? type : 'ClusterIP',
        ports: portsOf(object),
        pods: near.filter((pod) => selector.every(([key, value]) => pod.labels.get(key) === value)),
      },
    ];
  });
});

function selectorOf(object: KubeObject): readonly (readonly [string, string])[] {
  const selector = valueAt(object.value, ['spec', 'selector']);
  if (!isObject(selector)) return [];
  return Object.entries(selector).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

function portsOf(object: KubeObject): readonly ServicePort[] {
  return objectsIn(valueAt(object.value, ['spec', 'ports'])).flatMap((each: JsonObject): readonly ServicePort[] => {
    const [port, name, nodePort, target] = ['port', 'name', 'nodePort', 'targetPort'].map((key) => own(each, key));
    const protocol = protocols.find((known) => known === (own(each, 'protocol') ?? 'TCP'));
    if (typeof port !== 'number' || protocol === undefined) return [];
    return [
      {
        name: typeof name === 'string' ? name : '',
        protocol,
        port,
        nodePort: typeof nodePort === 'number' ? nodePort : undefined,
        target: typeof target === 'number' || (typeof target === 'string' && target !== '') ? target : port,
      },
    ];
  });
}

/** The ports of a pod that a port of a Service leads to; none where the pod has none of that name. */
export function targetPorts({ target, protocol }: ServicePort, pod: NetworkPod): readonly number[] {
  if (typeof target === 'number') return [target];
  return pod.ports.filter((port) => port.name === target && port.protocol === protocol).map(({ port }) => port);
}
