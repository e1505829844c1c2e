import type { NodeEvidence } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
import { componentArgs } from '../../semantics/node/component-args.ts';

/** Where some part of Kubernetes keeps what is its own, whatever set the node up. */
const ownFolders =
  /^\/(?:etc\/(?:kubernetes|rancher|etcd)|var\/lib\/(?:kubelet|rancher|etcd|k0s|kube-proxy|minikube)|var\/snap\/microk8s|home\/kubernetes|srv\/kubernetes|system\/secrets\/kubernetes)\//;

/**
 * That a place was read and nothing of Kubernetes is there: a wrong mount point must not pass for a node in order.
 * Undefined where something is. What could not be read is a gap of its own, and is not taken for absent.
 */
export function nothingFound(node: NodeEvidence, gaps: readonly Gap[]): Gap | undefined {
  if (gaps.length > 0 || node.processes.length > 0) return undefined;
  if (node.files.some(({ path, type }) => type !== 'directory' && ownFolders.test(path))) return undefined;
  if (componentArgs(node).length > 0) return undefined;
  const isHost = node.from === 'host';
  return {
    code: 'unreadable',
    what: node.at,
    reason: isHost
      ? 'nothing of Kubernetes is on this machine: no process, no manifest, unit or configuration of a component'
      : 'nothing of Kubernetes is there: no manifest, unit or configuration of a component',
    hint: isHost ? 'run it on a node' : 'name the top folder of a node, where its etc and var are',
  };
}
