import type { NodeEvidence } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
import { ApiError } from '../cluster/api-error.ts';
import type { Connection } from '../cluster/connect.ts';
import type { ChosenNodes } from './choose-nodes.ts';
import { Collection, type CollectionOptions } from './collection.ts';
import { CollectorApi } from './collector-api.ts';
import { listNodes } from './list-nodes.ts';
import type { CollectorRun } from './manifests.ts';

export interface CollectClusterNodesOptions extends CollectionOptions {
  readonly connect: () => Promise<Connection>;
  /** A label selector; all nodes unless told. */
  readonly selector?: string | undefined;
  /** For one request, in milliseconds. */
  readonly timeoutMs: number;
}

export interface CollectedNodes {
  readonly nodes: readonly NodeEvidence[];
  readonly gaps: readonly Gap[];
  /** Virtual nodes, which have nothing that could be judged. */
  readonly virtual: readonly Gap[];
  /** Set where something of the run may still be in the cluster, and why. */
  readonly leftBehind?: LeftBehind;
}

export interface LeftBehind {
  readonly run: CollectorRun;
  readonly reason: string;
}

/**
 * Reads the nodes of a cluster by a pod on each that lives as long as it reads, and removes all that it made, whatever
 * happens. A node that gives no evidence is a gap, and so is being kept from making pods at all; a run that is interrupted
 * comes back with what it has. Never more than `atOnce` bundles are held. Rejects only where there is no way into the
 * cluster, with what `connect` throws.
 */
export async function collectClusterNodes(options: CollectClusterNodesOptions): Promise<CollectedNodes> {
  const { connect, timeoutMs, selector, signal } = options;
  const api = new CollectorApi({ connect, timeoutMs });
  try {
    let chosen: ChosenNodes;
    try {
      chosen = await listNodes(api, { selector, signal });
    } catch (error) {
      if (signal?.aborted) {
        const reason = 'the scan was interrupted before any node was read';
        return { nodes: [], gaps: [{ code: 'interrupted', what: 'the nodes of the cluster', reason }], virtual: [] };
      }
      if (!(error instanceof ApiError)) throw error;
      const rule = { apiGroups: [''], resources: ['nodes'], verbs: ['list'] };
      const gap = { code: error.gapCode, what: '/api/v1/nodes', reason: error.message };
      return { nodes: [], gaps: [error.status === 403 ? { ...gap, rule } : gap], virtual: [] };
    }
    return await new Collection(api, chosen, options).collect();
  } finally {
    api.close();
  }
}
