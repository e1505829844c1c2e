import { BlockList, isIP } from 'node:net';
import { BulwarkError } from '../../model/errors.ts';
import { Reader } from '../../model/reader.ts';
import { ApiClient } from '../cluster/api-client.ts';
import { unreachableHint } from '../cluster/api-error.ts';
import { list } from '../cluster/list.ts';
import type { NamedHost } from './targets.ts';

export interface ClusterNodesOptions {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const nodes = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', scope: 'cluster' } as const;

export interface ClusterNodes {
  readonly hosts: readonly NamedHost[];
  /** Names of the nodes that have no address to look at. */
  readonly withoutAddress: readonly string[];
}

/** The addresses of a cluster's nodes, from their status: one a node, internal before external. Throws `BulwarkError`. */
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
    const hosts: NamedHost[] = [];
    const withoutAddress: string[] = [];
    for (const { name, value } of objects) {
      const host = addressOf(new Reader(value, [], []));
      if (host === undefined) withoutAddress.push(name);
      else hosts.push({ host, node: name });
    }
    return { hosts, withoutAddress };
  } finally {
    client.close();
  }
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
