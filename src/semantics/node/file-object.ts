import type { FileEvidence, NodeEvidence } from '../../model/node.ts';
import type { KubeObject, Region } from '../../model/snapshot.ts';
import { nodeApiVersion, sourceOf } from './node-components.ts';

/**
 * What stands in reports for a file of a node: `File node-1:/etc/kubernetes/admin.conf`. A file that only a process's
 * own mount namespace has is named with that process.
 */
export function fileObject(
  node: NodeEvidence,
  file: Pick<FileEvidence, 'path' | 'process'>,
  region?: Region,
): KubeObject {
  const inside = file.process === undefined ? '' : ` (in process ${file.process})`;
  return {
    apiVersion: nodeApiVersion,
    kind: 'File',
    name: `${node.name}:${file.path}${inside}`,
    namespace: undefined,
    value: {},
    source: sourceOf(node, file.path + inside, region),
  };
}
