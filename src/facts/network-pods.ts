import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { Pod } from '../model/pod.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { addressOf, type NamedPort, type NetworkPod, protocols } from '../semantics/network-policy/index.ts';
import { defineFact } from './facts.ts';
import { rootOwner } from './owners.ts';
import { isWorkload, workloadOf } from './workloads.ts';

/** The namespace of manifests that leave it to whoever applies them. */
export const unsetNamespace = 'default';

/**
 * Every pod that runs, and for workloads that show none the pods that they would make. Pods that ended have no network
 * any more and are left out, as are workloads that make no pods now.
 */
export const networkPods = defineFact('network-pods', (facts): readonly NetworkPod[] => {
  const rootOf = facts.get(rootOwner);
  const isTemplate = facts.get(isWorkload);
  const read = facts.get(workloadOf);
  const pods: NetworkPod[] = [];
  const shown = new Set<KubeObject>();
  const workloads: KubeObject[] = [];
  for (const object of facts.snapshot.objects) {
    if (object.kind === 'Pod' && object.apiVersion === 'v1') {
      const owner = rootOf(object);
      shown.add(owner);
      const phase = valueAt(object.value, ['status', 'phase']);
      if (phase !== 'Succeeded' && phase !== 'Failed') pods.push(livePod(object, owner));
    } else if (isTemplate(object) && rootOf(object) === object && makesPods(object)) workloads.push(object);
  }
  for (const object of workloads) {
    if (shown.has(object)) continue;
    for (const { name, pod } of read(object)?.templates ?? []) pods.push(templatePod(object, name, pod));
  }
  return pods;
});

function makesPods(object: KubeObject): boolean {
  if (object.kind === 'PodTemplate') return false;
  const { value } = object;
  if (valueAt(value, ['spec', 'replicas']) === 0 || valueAt(value, ['spec', 'suspend']) === true) return false;
  return valueAt(value, ['status', 'completionTime']) === undefined;
}

function livePod(object: KubeObject, owner: KubeObject): NetworkPod {
  const spec = own(object.value, 'spec');
  const fields: JsonObject = isObject(spec) ? spec : {};
  const node = own(fields, 'nodeName');
  const account = own(fields, 'serviceAccountName');
  return {
    name: object.name,
    namespace: object.namespace ?? unsetNamespace,
    object,
    owner,
    labels: labelsOf(valueAt(object.value, ['metadata', 'labels'])),
    serviceAccount: typeof account === 'string' && account !== '' ? account : 'default',
    hostNetwork: own(fields, 'hostNetwork') === true,
    addresses: addressesOf(object),
    node: typeof node === 'string' && node !== '' ? node : undefined,
    ports: [
      ...objectsIn(own(fields, 'containers')),
      ...objectsIn(own(fields, 'initContainers')).filter(isSidecar),
    ].flatMap(portsOf),
  };
}

function isSidecar(container: JsonObject): boolean {
  return own(container, 'restartPolicy') === 'Always';
}

function portsOf(container: JsonObject): readonly NamedPort[] {
  return objectsIn(own(container, 'ports')).flatMap((port): readonly NamedPort[] => {
    const [name, number] = [own(port, 'name'), own(port, 'containerPort')];
    const protocol = protocols.find((each) => each === (own(port, 'protocol') ?? 'TCP'));
    if (protocol === undefined || typeof number !== 'number') return [];
    const named = { name: typeof name === 'string' ? name : '', protocol, port: number };
    const host = own(port, 'hostPort');
    if (typeof host !== 'number' || host <= 0) return [named];
    // On a loopback address it is for the node alone.
    const isOpen = !/^(?:127\.|::1$)/.test(String(own(port, 'hostIP') ?? ''));
    return [isOpen ? { ...named, hostPort: host } : named];
  });
}

export function labelsOf(value: unknown): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return labels;
  for (const [key, text] of Object.entries(value)) if (typeof text === 'string') labels.set(key, text);
  return labels;
}

function addressesOf(object: KubeObject): readonly bigint[] {
  const listed = objectsIn(valueAt(object.value, ['status', 'podIPs'])).map((each) => own(each, 'ip'));
  const texts = listed.length > 0 ? listed : [valueAt(object.value, ['status', 'podIP'])];
  return texts.flatMap((text) => {
    const place = typeof text === 'string' ? addressOf(text) : undefined;
    return place === undefined ? [] : [place];
  });
}

function templatePod(object: KubeObject, template: string, pod: Pod): NetworkPod {
  const labels = new Map(pod.labels);
  // The Job controller gives them to every pod; those of other controllers differ from pod to pod.
  if (object.kind === 'Job') {
    labels.set('job-name', object.name);
    labels.set('batch.kubernetes.io/job-name', object.name);
  }
  const containers = pod.containers.filter(({ role }) => role === 'container' || role === 'sidecar');
  return {
    name: template === '' ? object.name : `${object.name} (${template})`,
    namespace: object.namespace ?? unsetNamespace,
    object,
    owner: object,
    labels,
    serviceAccount: pod.serviceAccountName,
    hostNetwork: pod.hostNetwork,
    addresses: [],
    node: undefined,
    ports: containers.flatMap(({ raw }) => portsOf(raw)),
  };
}
