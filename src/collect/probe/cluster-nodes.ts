import { BlockList, isIP } from 'node:net';
import { BulwarkError } from '../../model/errors.ts';
import { isObject, type JsonObject, own } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { componentsOfObject } from '../../semantics/node/api-components.ts';
import { isPort, portsOfComponent } from '../../semantics/probe/configured-ports.ts';
import { ApiClient } from '../cluster/api-client.ts';
import { type ApiError, unreachableHint } from '../cluster/api-error.ts';
import { list } from '../cluster/list.ts';
import type { NamedHost, NamedPort } from './targets.ts';

export interface ClusterNodesOptions {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const nodes = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', scope: 'cluster' } as const;
const pods = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', scope: 'namespaced' } as const;
const configMaps = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  scope: 'namespaced',
} as const;

export interface ClusterNodes {
  readonly hosts: readonly NamedHost[];
  /** What could not be looked at, and what is therefore not known. */
  readonly notes: readonly string[];
}

/**
 * The addresses of a cluster's nodes, from their status: one a node, internal before external. With each the ports that
 * the cluster names: the kubelet's, and those of the components that run as pods in the host's network. Throws
 * `BulwarkError`.
 */
export async function clusterNodes(options: ClusterNodesOptions): Promise<ClusterNodes> {
  const { connect } = await import('../cluster/connect.ts');
  const { kubeconfig, context, env, timeoutMs, signal } = options;
  const client = await ApiClient.open({
    connect: () => connect({ kubeconfig, context, env, timeoutMs, signal, maxSockets: 1 }),
    timeoutMs,
    connectTimeoutMs: timeoutMs,
    signal,
  });
  try {
    const { objects, error } = await list(client, nodes, { pageSize: 500 });
    if (error !== undefined) {
      const code = error.isTransport ? 'server-unreachable' : 'server-refused';
      throw new BulwarkError(code, `cannot list the nodes: ${error.message}`, unreachableHint(error), { cause: error });
    }
    const system = { namespace: 'kube-system', pageSize: 500 };
    const running = await list(client, pods, system);
    const configured = await list(client, configMaps, system);
    const notes = [
      ...(running.error === undefined ? [] : [unlisted('the pods of kube-system', running.error)]),
      ...(configured.error === undefined ? [] : [unlisted('the ConfigMaps of kube-system', configured.error)]),
    ];
    return hostsOf(objects, { pods: running.objects, configMaps: configured.objects, notes });
  } finally {
    client.close();
  }
}

function unlisted(what: string, { message }: ApiError): string {
  return `${what} could not be listed (${message}): ports that components have for their own may be missing`;
}

export interface ClusterObjects {
  readonly pods: readonly KubeObject[];
  readonly configMaps: readonly KubeObject[];
  readonly notes: readonly string[];
}

/** Hosts with their ports, of what the API server listed. */
export function hostsOf(nodeObjects: readonly KubeObject[], { pods, configMaps, notes }: ClusterObjects): ClusterNodes {
  const byNode = portsOfPods(pods, configMaps);
  const hosts: NamedHost[] = [];
  const more = [...notes];
  for (const { name, value } of nodeObjects) {
    const node = new Reader(value, [], []);
    const host = addressOf(node);
    if (host === undefined) {
      more.push(`node ${name} has no address that could be looked at`);
      continue;
    }
    const kubelet = node.object('status').object('daemonEndpoints').object('kubeletEndpoint').integer('Port');
    const told = kubelet !== undefined && isPort(kubelet);
    const ports = [
      ...(told ? [{ port: kubelet, listener: 'kubelet', origin: `status of node ${name}` } as const] : []),
      ...(byNode.get(name) ?? []),
    ];
    hosts.push({ host, node: name, ...(ports.length > 0 && { ports: ports.slice(0, mostPorts) }) });
  }
  return { hosts, notes: more };
}

/** Of one node; no real one names as many. */
const mostPorts = 40;

function portsOfPods(
  pods: readonly KubeObject[],
  configMaps: readonly KubeObject[],
): ReadonlyMap<string, readonly NamedPort[]> {
  const data = new Map(configMaps.map(({ name, value }) => [name, own(value, 'data')]));
  const configMap = (_: string | undefined, name: string): JsonObject | undefined => {
    const found = data.get(name);
    return isObject(found) ? found : undefined;
  };
  const byNode = new Map<string, NamedPort[]>();
  for (const pod of pods) {
    if (new Reader(pod.value, [], []).object('spec').boolean('hostNetwork') !== true) continue;
    for (const { node, config } of componentsOfObject(pod, { configMap })) {
      const ports = byNode.get(node) ?? [];
      byNode.set(node, ports);
      for (const { port, listener, origin } of portsOfComponent(config)) {
        const which = listener === undefined ? {} : { listener };
        ports.push({ port, ...which, origin: `${origin} of pod ${pod.name}` });
      }
    }
  }
  return byNode;
}

/** Whoever may write the status of a node must not choose targets that are nobody's node. */
const notNodes = new BlockList();
notNodes.addSubnet('169.254.0.0', 16, 'ipv4');
notNodes.addSubnet('127.0.0.0', 8, 'ipv4');
notNodes.addSubnet('fe80::', 10, 'ipv6');
notNodes.addAddress('::1', 'ipv6');
notNodes.addAddress('fd00:ec2::254', 'ipv6');

function addressOf(node: Reader): string | undefined {
  const addresses = node.object('status').objects('addresses');
  for (const type of ['InternalIP', 'ExternalIP']) {
    for (const each of addresses) {
      const address = each.string('address') ?? '';
      const family = isIP(address);
      if (each.string('type') !== type || family === 0) continue;
      if (!notNodes.check(address, family === 4 ? 'ipv4' : 'ipv6')) return address;
    }
  }
  return undefined;
}
