import { Reader } from '../../model/reader.ts';
import type { Gap, KubeObject } from '../../model/snapshot.ts';
import { plainText } from '../cluster/plain-text.ts';

export type NodeObject = Pick<KubeObject, 'name' | 'value'>;

export interface ChosenNodes {
  /** Names of the nodes that get a collector. */
  readonly wanted: readonly string[];
  /** Those that cannot have one now, or for whose system there is none. */
  readonly gaps: readonly Gap[];
  /** Those that are no machines with a kubelet that could be judged: nothing is missing without them. */
  readonly virtual: readonly Gap[];
}

/** Taints and labels of what only looks like a node: Virtual Kubelet's own, and Fargate's. */
const virtualTaint = 'virtual-kubelet.io/provider';

export function nodeGap(node: string, { code, reason, hint }: Omit<Gap, 'what'>): Gap {
  return { code, what: `node ${node}`, reason, ...(hint !== undefined && { hint }) };
}

/** Sorts the Node objects of a cluster by whether a collector can run there. */
export function chooseNodes(nodes: readonly NodeObject[]): ChosenNodes {
  const wanted: string[] = [];
  const gaps: Gap[] = [];
  const virtual: Gap[] = [];
  for (const { name, value } of nodes) {
    const node = new Reader(value, [], []);
    const labels = node.object('metadata').stringMap('labels');
    const isVirtual =
      labels.get('type') === 'virtual-kubelet' ||
      labels.get('eks.amazonaws.com/compute-type') === 'fargate' ||
      node
        .object('spec')
        .objects('taints')
        .some((taint) => taint.string('key') === virtualTaint);
    // A kubelet that has not reported yet leaves both empty.
    const system =
      labels.get('kubernetes.io/os') || node.object('status').object('nodeInfo').string('operatingSystem') || 'linux';
    const unready = notReady(node);
    if (isVirtual) {
      virtual.push(nodeGap(name, { code: 'unavailable', reason: 'a virtual node: there is no machine of its own' }));
    } else if (system !== 'linux') {
      const reason = `its system is ${plainText(system, 40)}: the collector runs on Linux only`;
      gaps.push(nodeGap(name, { code: 'unavailable', reason }));
    } else if (unready !== undefined) {
      gaps.push(nodeGap(name, { code: 'unavailable', reason: unready, hint: byHand }));
    } else wanted.push(name);
  }
  return { wanted, gaps, virtual };
}

/** What can be done for a node that no collector reaches. */
export const byHand = 'run what `bulwark node script` prints on the node, and judge its file with --node-bundle';

function notReady(node: Reader): string | undefined {
  const ready = node
    .object('status')
    .objects('conditions')
    .find((condition) => condition.string('type') === 'Ready');
  if (ready?.string('status') === 'True') return undefined;
  const details = [ready?.string('reason'), ready?.string('message')].filter((text) => text);
  return plainText(`the node is not ready${details.length === 0 ? '' : `: ${details.join(': ')}`}`);
}
