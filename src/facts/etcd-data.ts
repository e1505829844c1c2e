import type { EtcdDataEvidence } from '../model/etcd-data.ts';
import { stringsIn } from '../model/json-list.ts';
import type { NodeComponent } from '../model/node-component.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { nodeApiVersion, sourceOf } from '../semantics/node/node-components.ts';
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
    return ({ at, node }) => {
      const own = node === undefined ? [] : (byNode.get(nodeKey(node)) ?? []);
      const pick = (component: string): readonly NodeComponent[] => {
        const here = own.filter((each) => each.component === component);
        return here.length > 0 ? here : all.filter((each) => each.component === component);
      };
      // A host may run two control planes: then those go with the data whose member keeps it, and whose servers ask it.
      const members = narrowed(pick('etcd'), (member) => keepsDataAt(member, at));
      const asked = new Set(members.flatMap(portsOf));
      return { servers: narrowed(pick('kube-apiserver'), (server) => asksPort(server, asked)), members };
    };
  },
);

/** Those that are meant, where there are several and any of them is. */
function narrowed(all: readonly NodeComponent[], isMeant: (each: NodeComponent) => boolean): readonly NodeComponent[] {
  if (all.length < 2) return all;
  const meant = all.filter(isMeant);
  return meant.length > 0 ? meant : all;
}

function keepsDataAt({ config, evidence, onNode }: NodeComponent, at: string): boolean {
  const folder = config.get('data-dir')?.value;
  if (typeof folder !== 'string' || evidence === undefined) return false;
  const path = `${(onNode(folder) ?? folder).replace(/\/+$/, '')}/member/snap/db`;
  return sourceOf(evidence, path).file === at;
}

/** Of one host, the ports tell members apart; members of several nodes share theirs, and so do their servers. */
function portsOf({ config }: NodeComponent): readonly string[] {
  return stringsIn(config.get('listen-client-urls')?.value).flatMap((url) => urlPort(url) ?? []);
}

function asksPort({ config }: NodeComponent, ports: ReadonlySet<string>): boolean {
  return stringsIn(config.get('etcd-servers')?.value).some((url) => ports.has(urlPort(url) ?? ''));
}

function urlPort(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).port : undefined;
}

const concerned: ReadonlySet<string> = new Set(['kube-apiserver', 'etcd']);

function nodeKey({ name, at }: { readonly name: string; readonly at: string }): string {
  return `${name}\n${at}`;
}
