import { Reader } from '../../model/reader.ts';
import { type ChosenNodes, chooseNodes, type NodeObject } from './choose-nodes.ts';
import type { CollectorApi } from './collector-api.ts';

export interface ListNodesOptions {
  /** A label selector; all nodes unless told. */
  readonly selector?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The nodes of the cluster, a page at a time, sorted by what can be done with them. Rejects with `ApiError`. */
export async function listNodes(api: CollectorApi, { selector, signal }: ListNodesOptions): Promise<ChosenNodes> {
  const nodes: NodeObject[] = [];
  for (let token = ''; ; ) {
    const query = new URLSearchParams({ limit: '500' });
    if (selector !== undefined) query.set('labelSelector', selector);
    if (token !== '') query.set('continue', token);
    const list = new Reader(await api.get(`/api/v1/nodes?${query}`, { signal }), [], []);
    for (const { raw } of list.objects('items')) {
      const name = new Reader(raw, [], []).object('metadata').string('name');
      if (name !== undefined) nodes.push({ name, value: raw });
    }
    const next = list.object('metadata').string('continue') ?? '';
    if (next === '' || next === token) return chooseNodes(nodes);
    token = next;
  }
}
