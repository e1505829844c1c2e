import type { NodeEvidence } from '../model/node.ts';
import type { NodeComponent } from '../model/node-component.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { nodeComponents, sourceOf } from '../semantics/node/node-components.ts';
import { toldVersions } from './cluster-version.ts';
import { defineFact } from './facts.ts';

/** A node's evidence, understood. */
export interface NodeReading {
  /** What stands for the node in reports: as the API names it. */
  readonly object: KubeObject;
  readonly components: readonly NodeComponent[];
}

/** Understands a node. Nodes are judged one by one, and only the last is kept: a cluster may have thousands. */
export const readNode = defineFact('read-node', (facts): ((node: NodeEvidence) => NodeReading) => {
  const { ofNode } = facts.get(toldVersions);
  let last: { readonly node: NodeEvidence; readonly reading: NodeReading } | undefined;
  return (node) => {
    if (last?.node === node) return last.reading;
    const source = sourceOf(node, node.from === 'root' ? '/' : node.name);
    const object = { apiVersion: 'v1', kind: 'Node', name: node.name, namespace: undefined, value: {}, source };
    const components = nodeComponents(node, { told: ofNode(node.name) });
    last = { node, reading: { object, components } };
    return last.reading;
  };
});
