import type { NodeEvidence } from '../../model/node.ts';
import { hostName } from '../../semantics/node/host-name.ts';

/**
 * Nodes of which no two have one name: copies of a root have the kubelet's certificate of one, and would be reported as
 * one. Those that collide are called as their host is where that tells them apart, else by where they were read too.
 */
export function withDistinctNames(nodes: readonly NodeEvidence[]): readonly NodeEvidence[] {
  const taken = namesIn(nodes.map(({ name }) => name));
  if (taken.size === nodes.length) return nodes;
  const renamed = nodes.map((node) => ({ ...node, name: (taken.get(node.name) ?? 0) > 1 ? byHost(node) : node.name }));
  const after = namesIn(renamed.map(({ name }) => name));
  return renamed.map((node, index) => {
    const own = nodes[index]?.name ?? node.name;
    return (after.get(node.name) ?? 0) > 1 ? { ...node, name: `${own} (${node.at})` } : node;
  });
}

function byHost({ name, files }: NodeEvidence): string {
  return hostName(files) ?? name;
}

function namesIn(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
