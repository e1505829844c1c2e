import type { EtcdDataEvidence } from '../model/etcd-data.ts';
import type { NodeComponent } from '../model/node-component.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { nodeApiVersion } from '../semantics/node/node-components.ts';
import { apiComponents } from './api-components.ts';
import { defineFact } from './facts.ts';
import { readNode } from './nodes.ts';

/** What stands for an etcd's data in reports: the node whose database it is, else the file or endpoint. */
export function etcdDataObject({ at, node, file }: EtcdDataEvidence): KubeObject {
  const nowhere = { locate: () => undefined, toJSON: () => null };
  return {
    apiVersion: nodeApiVersion,
    kind: 'EtcdData',
    name: node?.name ?? at,
    namespace: undefined,
    value: {},
    source: { file: at, document: 0, base: [], ...(file !== undefined && { positions: nowhere }) },
  };
}

/** What is known of the cluster that some data of etcd belongs to. */
export interface EtcdSurroundings {
  /** The API servers that read and write the data. */
  readonly servers: readonly NodeComponent[];
  /** The etcd that serves it. */
  readonly members: readonly NodeComponent[];
}

/**
 * The API servers and members that go with data of an etcd: those of its own node where there are any, else all that
 * are known, since a scan is of one cluster.
 */
export const etcdSurroundings = defineFact(
  'etcd-surroundings',
  (facts): ((data: EtcdDataEvidence) => EtcdSurroundings) => {
    const byNode = new Map<string, NodeComponent[]>();
    const all: NodeComponent[] = [];
    for (const node of facts.snapshot.nodes ?? []) {
      const found = facts
        .get(readNode)(node)
        .components.filter(({ component }) => concerned.has(component));
      if (found.length === 0) continue;
      byNode.set(nodeKey(node), found);
      all.push(...found);
    }
    all.push(...facts.get(apiComponents).filter(({ component }) => concerned.has(component)));
    return ({ node }) => {
      const own = node === undefined ? [] : (byNode.get(nodeKey(node)) ?? []);
      const pick = (component: string): readonly NodeComponent[] => {
        const here = own.filter((each) => each.component === component);
        return here.length > 0 ? here : all.filter((each) => each.component === component);
      };
      return { servers: pick('kube-apiserver'), members: pick('etcd') };
    };
  },
);

const concerned: ReadonlySet<string> = new Set(['kube-apiserver', 'etcd']);

function nodeKey({ name, at }: { readonly name: string; readonly at: string }): string {
  return `${name}\n${at}`;
}
