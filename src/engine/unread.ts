import type { Gap } from '../model/snapshot.ts';
import type { Judgement } from './judge.ts';

type Judged = Pick<Judgement, 'snapshot' | 'unknownVersions'>;

/** What could not be read and the scan is complete without, of the cluster and of every node. */
export function unreadIn(judgement: Judged): readonly Gap[] {
  return [...(judgement.snapshot.cluster?.unread ?? []), ...unreadOfNodes(judgement)];
}

/** As `unreadIn`, of nodes and components alone. */
export function unreadOfNodes({ snapshot: { nodes = [] }, unknownVersions }: Judged): readonly Gap[] {
  return [...nodes.flatMap(({ unread = [] }) => unread), ...unknownVersions];
}
