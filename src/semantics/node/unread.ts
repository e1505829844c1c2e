import type { FileEvidence } from '../../model/node.ts';

/** The files and folders of the host that are there and could not be read. */
export function unreadFiles(files: readonly FileEvidence[]): readonly FileEvidence[] {
  return files.filter(({ unread, process }) => unread !== undefined && process === undefined);
}

/**
 * Why it cannot be told what is at a path that was not found: a folder on the way to it, or a file there, that was not
 * read. `unread` are those of the node.
 */
export function whyUnread(unread: readonly FileEvidence[], path: string): string | undefined {
  const wall = unread.find((each) => path === each.path || path.startsWith(each.path === '/' ? '/' : `${each.path}/`));
  return wall === undefined ? undefined : reasonOf(wall);
}

/** As `whyUnread`, of all that may be in a folder. */
export function whyUnreadBelow(unread: readonly FileEvidence[], folder: string): string | undefined {
  const hole = unread.find((each) => each.path.startsWith(`${folder}/`));
  return whyUnread(unread, folder) ?? (hole === undefined ? undefined : reasonOf(hole));
}

/** Where it stands what a node runs, whoever set it up. */
const startingPlaces: readonly string[] = [
  '/etc/kubernetes/manifests',
  '/etc/rancher',
  '/var/lib/rancher/k3s/server',
  '/var/lib/rancher/rke2/server',
  '/var/lib/rancher/rke2/agent/pod-manifests',
  '/var/snap/microk8s/current/args',
];

/** Whether a folder holds what starts components, and nothing else of a node. */
export function isStartingPlace(folder: string): boolean {
  return startingPlaces.includes(folder);
}

/** Why it cannot be told which components a node runs; `staticPods` are the folders that its kubelets start pods from. */
export function whyComponentsUnknown(
  unread: readonly FileEvidence[],
  staticPods: readonly string[],
): string | undefined {
  if (unread.length === 0) return undefined;
  for (const place of [...staticPods, ...startingPlaces]) {
    const why = whyUnreadBelow(unread, place);
    if (why !== undefined) return why;
  }
  return undefined;
}

function reasonOf({ path, type, unread }: FileEvidence): string {
  return `${path} could not be ${type === 'directory' ? 'listed' : 'read'} (${unread})`;
}
