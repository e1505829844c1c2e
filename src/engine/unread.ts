import type { Gap, Snapshot } from '../model/snapshot.ts';

/** What could not be read and the scan is complete without, of the cluster and of every node. */
export function unreadIn({ cluster, nodes = [] }: Pick<Snapshot, 'cluster' | 'nodes'>): readonly Gap[] {
  return [...(cluster?.unread ?? []), ...nodes.flatMap(({ unread = [] }) => unread)];
}
