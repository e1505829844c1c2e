import { type Component, components } from '../../model/component.ts';
import type { FileEvidence, NodeEvidence, ProcessEvidence } from '../../model/node.ts';
import type { ComponentArgument, ComponentStart } from '../../model/node-component.ts';
import { componentOfCommand, recogniseProcess } from './components.ts';
import { FileTree } from './file-tree.ts';
import { k3sComponents } from './k3s.ts';
import { withOpenshiftConfig } from './openshift-config.ts';
import { onHost, readStaticPod } from './static-pods.ts';
import { resolveUnit, type UnitText } from './units.ts';

/** One component of a node as it is started, with the files as it sees them. */
export interface ComponentArgs {
  readonly component: Component;
  /** Without the program's own name. */
  readonly args: readonly ComponentArgument[];
  readonly env: Readonly<Record<string, string>>;
  readonly start: ComponentStart;
  /** The container image of a static pod, whose tag tells the version. */
  readonly image?: string;
  /** The path on the node for a path as the component sees it; undefined for what is in its image. */
  readonly onNode: (path: string) => string | undefined;
  /** Text of a configuration file by the path that the component would use, credentials redacted. */
  readonly readFile: (path: string) => string | undefined;
  /** Names in a folder, sorted; empty where there is none. */
  readonly listFolder: (path: string) => readonly string[];
}

/**
 * How each component of a node is started: its processes where there are any, else static pod manifests and systemd
 * units, the units only on a node where nothing runs. A process whose manifest or unit says the same is described by
 * that, since there the lines are. In the order of `components`; a component that runs twice is there twice.
 */
export function componentArgs(node: NodeEvidence): readonly ComponentArgs[] {
  const processes = fromProcesses(node);
  const running = new Set(processes.map(({ component }) => component));
  const manifests = fromManifests(node);
  const units = unitArgs(hostFiles(node));
  const found = components.flatMap((component) => {
    const isOf = (each: ComponentArgs): boolean => each.component === component;
    return described(processes.filter(isOf), [...manifests, ...units].filter(isOf));
  });
  const embedded = [...fromK3s(node), ...fromArgumentFiles(node)];
  // A package brings units that nobody starts: where something runs, they say nothing about what does not.
  const onDisk = [...embedded, ...manifests, ...(found.length === 0 && embedded.length === 0 ? units : [])];
  if (found.length === 0 && embedded.length === 0 && !units.some(({ component }) => component === 'kubelet'))
    onDisk.push(...kubeadmKubelet(node));
  for (const each of onDisk) if (!running.has(each.component)) found.push(each);
  return found
    .map((each) => ({ ...each, args: withOpenshiftConfig(each.args, each.readFile) }))
    .sort((a, b) => components.indexOf(a.component) - components.indexOf(b.component));
}

/**
 * What runs, each in the words of the manifest or unit that starts it. Arguments that are not its are believed over it.
 * Of several that run, a file that nothing runs as it says goes to the one that has the most of it, and to no other:
 * the rest is not known to have a file, and may be another control plane's.
 */
function described(started: readonly ComponentArgs[], onDisk: readonly ComponentArgs[]): ComponentArgs[] {
  const files = new Map<ComponentArgs, ComponentArgs>();
  const used = new Set<ComponentArgs>();
  for (const each of started) {
    const equal = onDisk.find((file) => sameWords(file.args, each.args));
    if (equal === undefined) continue;
    files.set(each, equal);
    used.add(equal);
  }
  for (const file of onDisk) {
    if (used.has(file)) continue;
    const left = started.filter((each) => !files.has(each));
    const nearest = mostWords(left, file);
    if (nearest !== undefined) files.set(nearest, file);
  }
  return started.map((each) => inWordsOf(each, files.get(each)));
}

function inWordsOf(started: ComponentArgs, file: ComponentArgs | undefined): ComponentArgs {
  const { by } = file?.start ?? {};
  if (file === undefined || by === undefined) return started;
  const isSame = sameWords(file.args, started.args);
  const start: ComponentStart = { ...started.start, by, ...(!isSame && { differs: true, written: file.args }) };
  const { image } = file;
  return { ...started, start, ...(image !== undefined && { image }), ...(isSame && { args: file.args }) };
}

/** The first of those that have the most arguments of a file. */
function mostWords(started: readonly ComponentArgs[], file: ComponentArgs): ComponentArgs | undefined {
  const words = new Set(file.args.map(({ text }) => text));
  let best: { readonly each: ComponentArgs; readonly count: number } | undefined;
  for (const each of started) {
    const count = each.args.filter(({ text }) => words.has(text)).length;
    if (best === undefined || count > best.count) best = { each, count };
  }
  return best?.each;
}

function sameWords(a: readonly ComponentArgument[], b: readonly ComponentArgument[]): boolean {
  return a.length === b.length && a.every(({ text }, index) => text === b[index]?.text);
}

function fromProcesses(node: NodeEvidence): ComponentArgs[] {
  const found: ComponentArgs[] = [];
  const hostTree = new FileTree(hostFiles(node));
  for (const running of node.processes) {
    const { component, argsAt = 1 } = recogniseProcess(running.exe, running.argv) ?? {};
    if (component === undefined) continue;
    const where = `process ${running.pid} (${component})`;
    found.push({
      component,
      args: running.argv.slice(argsAt).map((text) => ({ text, where })),
      env: running.env,
      start: { pid: running.pid },
      ...readingWith(treeOf(running, node) ?? hostTree, (path) => path),
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

/** k3s runs every component in its own process. */
function fromK3s(node: NodeEvidence): ComponentArgs[] {
  const tree = new FileTree(hostFiles(node));
  return k3sComponents(node, tree).map(({ component, args, file, pid }) => ({
    component,
    args,
    env: {},
    start: { by: { kind: 'unit', file }, ...(pid !== undefined && { pid }) },
    ...readingWith(tree, (path) => path),
  }));
}

const snapArguments = '/var/snap/microk8s/current/args';

/** microk8s runs every component in one process, each with the flags of a file: one a line. */
function fromArgumentFiles(node: NodeEvidence): ComponentArgs[] {
  const tree = new FileTree(hostFiles(node));
  const found: ComponentArgs[] = [];
  for (const component of components) {
    const file = `${snapArguments}/${component}`;
    const text = tree.read(file);
    if (text === undefined) continue;
    const args: ComponentArgument[] = [];
    for (const [index, line] of text.split('\n').entries()) {
      const words = line
        .trim()
        .replaceAll('${SNAP_DATA}', '/var/snap/microk8s/current')
        .replaceAll('${SNAP_COMMON}', '/var/snap/microk8s/common');
      if (!words.startsWith('-')) continue;
      for (const word of words.split(/\s+/))
        args.push({ text: word.replace(/=(["'])(.*)\1$/, '=$2'), where: file, line: index + 1 });
    }
    found.push({
      component,
      args,
      env: {},
      start: { by: { kind: 'unit', file } },
      ...readingWith(tree, (path) => path),
    });
  }
  return found;
}

/** Folders of static pods: the usual ones, and those that the kubelet's own arguments or configuration name. */
function fromManifests(node: NodeEvidence): ComponentArgs[] {
  const tree = new FileTree(hostFiles(node));
  const found: ComponentArgs[] = [];
  for (const { path, text } of hostFiles(node)) {
    if (text === undefined || !text.includes('Pod') || !/^(?:.*\/)[^./][^/]*$/.test(path)) continue;
    for (const { component, args, env, image, list, mounts } of readStaticPod(text, path)) {
      found.push({
        component,
        args,
        env,
        start: { by: { kind: 'static-pod', file: path, ...(list !== undefined && { list }) } },
        ...(image !== undefined && { image }),
        ...readingWith(tree, (inside) => onHost(inside, mounts)),
      });
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
    const texts = unitFiles(tree, `${component}.service`);
    const command = resolveUnit(texts, (path) => tree.read(path));
    const named = command && componentOfCommand(command.words.map(({ text }) => text));
    if (command === undefined || named === undefined) continue;
    found.push({
      component: named.component,
      args: command.words.slice(named.argsAt),
      env: command.env,
      start: { by: { kind: 'unit', file: texts.at(-1)?.path ?? '' } },
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
  const start: ComponentStart = { by: { kind: 'unit', file: kubeadmConfig } };
  return [{ component: 'kubelet', args, env: command.env, start, ...readingWith(tree, (path) => path) }];
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
): Pick<ComponentArgs, 'onNode' | 'readFile' | 'listFolder'> {
  return {
    onNode: toPath,
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
