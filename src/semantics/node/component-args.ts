import { type Component, components } from '../../model/component.ts';
import type { FileEvidence, NodeEvidence, ProcessEvidence } from '../../model/node.ts';
import { componentOfCommand, recogniseProcess } from './components.ts';
import { FileTree } from './file-tree.ts';
import { onHost, readStaticPod } from './static-pods.ts';
import { resolveUnit, type UnitText } from './units.ts';

export interface ComponentArgument {
  readonly text: string;
  /** The manifest, unit or variable file, or `process 12 (kube-apiserver)`. */
  readonly where: string;
  readonly line?: number;
}

/** One component of a node as it is started, with the files as it sees them. */
export interface ComponentArgs {
  readonly component: Component;
  /** Without the program's own name. */
  readonly args: readonly ComponentArgument[];
  readonly env: Readonly<Record<string, string>>;
  /** Text of a configuration file by the path that the component would use, credentials redacted. */
  readonly readFile: (path: string) => string | undefined;
  /** Names in a folder, sorted; empty where there is none. */
  readonly listFolder: (path: string) => readonly string[];
}

/**
 * How each component of a node is started: its processes where there are any, else static pod manifests and systemd
 * units, the units only on a node where nothing runs. In the order of `components`; a component that runs twice is there twice.
 */
export function componentArgs(node: NodeEvidence): readonly ComponentArgs[] {
  const found = fromProcesses(node);
  const running = new Set(found.map(({ component }) => component));
  // A package brings units that nobody starts: where something runs, they say nothing about what does not.
  const units = found.length === 0 ? unitArgs(hostFiles(node)) : [];
  const onDisk = [...fromManifests(node), ...units];
  if (found.length === 0 && !units.some(({ component }) => component === 'kubelet'))
    onDisk.push(...kubeadmKubelet(node));
  for (const each of onDisk) if (!running.has(each.component)) found.push(each);
  return found.sort((a, b) => components.indexOf(a.component) - components.indexOf(b.component));
}

function fromProcesses(node: NodeEvidence): ComponentArgs[] {
  const found: ComponentArgs[] = [];
  const hostTree = new FileTree(hostFiles(node));
  for (const process of node.processes) {
    const { component, argsAt = 1 } = recogniseProcess(process.exe, process.argv) ?? {};
    if (component === undefined) continue;
    const where = `process ${process.pid} (${component})`;
    found.push({
      component,
      args: process.argv.slice(argsAt).map((text) => ({ text, where })),
      env: process.env,
      ...readingWith(treeOf(process, node) ?? hostTree, (path) => path),
    });
  }
  return found;
}

function treeOf({ pid }: ProcessEvidence, node: NodeEvidence): FileTree | undefined {
  const files = node.files.filter((file) => file.process === pid);
  return files.length === 0 ? undefined : new FileTree(files);
}

function hostFiles(node: NodeEvidence): FileEvidence[] {
  return node.files.filter((file) => file.process === undefined);
}

/** Folders of static pods: the usual ones, and those that the kubelet's own arguments or configuration name. */
function fromManifests(node: NodeEvidence): ComponentArgs[] {
  const tree = new FileTree(hostFiles(node));
  const found: ComponentArgs[] = [];
  for (const { path, text } of hostFiles(node)) {
    if (text === undefined || !text.includes('Pod') || !/^(?:.*\/)[^./][^/]*$/.test(path)) continue;
    for (const { component, args, env, mounts } of readStaticPod(text, path)) {
      found.push({ component, args, env, ...readingWith(tree, (inside) => onHost(inside, mounts)) });
    }
  }
  return found;
}

/** systemd.unit(5): the first folder that has the unit counts, and of drop-ins with one name the first, too. */
const unitFolders = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

/** The components that systemd units start, as far as `files` of the host tell. */
export function unitArgs(files: readonly FileEvidence[]): ComponentArgs[] {
  const tree = new FileTree(files);
  const found: ComponentArgs[] = [];
  for (const component of components) {
    const command = resolveUnit(unitFiles(tree, `${component}.service`), (path) => tree.read(path));
    const named = command && componentOfCommand(command.words.map(({ text }) => text));
    if (command === undefined || named === undefined) continue;
    found.push({
      component: named.component,
      args: command.words.slice(named.argsAt),
      env: command.env,
      ...readingWith(tree, (path) => path),
    });
  }
  return found;
}

const kubeadmConfig = '/var/lib/kubelet/config.yaml';
const kubeadmFlags = '/var/lib/kubelet/kubeadm-flags.env';

/** kubeadm's drop-in for the kubelet, as its packages install it, where the node's root came without the unit. */
const kubeadmUnit = `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=${kubeadmConfig}"
EnvironmentFile=-${kubeadmFlags}
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS
`;

function kubeadmKubelet(node: NodeEvidence): ComponentArgs[] {
  const tree = new FileTree(hostFiles(node));
  if (!tree.has(kubeadmConfig) || !tree.has(kubeadmFlags)) return [];
  const files = [{ path: "kubeadm's unit for the kubelet (assumed)", text: kubeadmUnit }];
  const command = resolveUnit(files, (path) => tree.read(path));
  if (command === undefined) return [];
  const args = command.words.slice(1);
  return [{ component: 'kubelet', args, env: command.env, ...readingWith(tree, (path) => path) }];
}

function unitFiles(tree: FileTree, unit: string): UnitText[] {
  const main = unitFolders.map((folder) => `${folder}/${unit}`).find((path) => tree.has(path));
  const dropIns = new Map<string, string>();
  for (const folder of unitFolders) {
    for (const name of tree.list(`${folder}/${unit}.d`)) {
      const path = `${folder}/${unit}.d/${name}`;
      if (name.endsWith('.conf') && !dropIns.has(name) && tree.has(path)) dropIns.set(name, path);
    }
  }
  const ordered = [...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  const files = main === undefined ? ordered : [main, ...ordered];
  return files.map((path) => ({ path, text: tree.read(path) ?? '' }));
}

function readingWith(
  tree: FileTree,
  toPath: (path: string) => string | undefined,
): Pick<ComponentArgs, 'readFile' | 'listFolder'> {
  return {
    readFile: (path) => {
      const place = toPath(path);
      return place === undefined ? undefined : tree.read(place);
    },
    listFolder: (path) => {
      const place = toPath(path);
      return place === undefined ? [] : tree.list(place);
    },
  };
}
