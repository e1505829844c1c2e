import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Collected } from '../collect/snapshot.ts';
import { BulwarkError } from '../model/errors.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { addCollectorOptions, type ClusterNodesFlags, refuseLoneCollectorOptions } from './cluster-nodes.ts';
import { seconds } from './option-values.ts';
import { clusterProgress } from './progress.ts';
import type { EtcdFlags } from './read-etcd.ts';
import type { Terminal } from './terminal.ts';

/** Where the evidence comes from: the options that scan and guide share. */
export interface EvidenceFlags extends EtcdFlags, ClusterNodesFlags {
  readonly render: boolean;
  readonly cluster?: true;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: readonly string[];
  readonly kubeletConfig?: true;
  readonly timeout: number;
  readonly from?: string;
  readonly node?: true;
  readonly root?: readonly string[];
  readonly nodeBundle?: readonly string[];
  readonly kubeconfigs?: true;
  readonly now?: string;
}

export function addEvidenceOptions(command: Command): Command {
  // By a name of its own: --no-etcd leaves out the nodes' databases, and not the files that are named.
  const etcd = new Option('--etcd <file|url>', 'judge an etcd snapshot, database file or live member (repeatable)');
  etcd.attributeName = () => 'etcdSources';
  command
    .optionsGroup('Evidence:')
    .option('--no-render', 'count charts and kustomizations as unrendered instead of running helm and kustomize')
    .option('--cluster', 'read the cluster of the current context, besides any paths')
    .option('--kubeconfig <file>', 'kubeconfig to use instead of KUBECONFIG or ~/.kube/config')
    .option('--context <name>', 'context to use instead of the current one')
    .option('-n, --namespace <name>', 'read only this namespace of the cluster (repeatable)', repeatable, [])
    .option('--kubelet-config', 'ask every kubelet of the cluster for its configuration (needs get of nodes/proxy)')
    .option('--timeout <seconds>', 'longest wait for one answer of the API server', seconds, 30)
    .option('--node', 'judge this machine as a node: its components, files and accounts')
    .option('--root <dir>', 'judge the root of a node that is mounted or unpacked here (repeatable)', repeatable)
    .option('--node-bundle <file>', 'judge what "bulwark node script" collected on a node (repeatable)', repeatable)
    .option('--nodes', 'judge every node of the cluster, by a pod on each that reads, and is removed again')
    .option('--kubeconfigs', 'judge the kubeconfigs of this user: KUBECONFIG, ~/.kube, and what they name')
    .addOption(etcd.argParser(repeatable))
    .option('--etcd-cacert <file>', 'authority of a live etcd')
    .option('--etcd-cert <file>', 'client certificate for a live etcd')
    .option('--etcd-key <file>', 'its key')
    .option('--etcd-servername <name>', 'name in the certificate of a live etcd, where the URL has another')
    .option('--no-etcd', 'with --node and --root: leave out the etcd databases of the nodes')
    .option('--from <file>', 'judge a snapshot that was saved before')
    .option('--now <time>', 'judge as of this time (RFC 3339) instead of when the evidence was taken');
  return addCollectorOptions(command).optionsGroup('Evidence:');
}

/** Whether the flags name any evidence besides paths. */
export function namesEvidence(flags: EvidenceFlags): boolean {
  return namesFresh(flags) || flags.from !== undefined;
}

/** Whether the flags name evidence that is still to be read. */
function namesFresh(flags: EvidenceFlags): boolean {
  return clusterAsked(flags) || nodeAsked(flags) || etcdAsked(flags) || flags.kubeconfigs === true;
}

/** Reads what the paths and flags name. Without any, the cluster of the current context. */
export async function takeSnapshot(
  paths: readonly string[],
  flags: EvidenceFlags,
  terminal: Terminal,
): Promise<Snapshot> {
  const snapshot =
    flags.from === undefined ? await collect(paths, flags, terminal) : await saved(paths, flags, terminal);
  return flags.now === undefined ? snapshot : { ...snapshot, takenAt: parseTime(flags.now) };
}

async function saved(paths: readonly string[], flags: EvidenceFlags, terminal: Terminal): Promise<Snapshot> {
  if (paths.length > 0 || namesFresh(flags)) {
    throw new BulwarkError(
      'usage',
      '--from judges a saved snapshot by itself',
      'leave out the paths, --cluster, --node, --etcd and --kubeconfigs',
    );
  }
  const { readSnapshot } = await import('../collect/snapshot-file.ts');
  return readSnapshot(resolve(terminal.cwd, flags.from ?? ''));
}

async function collect(paths: readonly string[], flags: EvidenceFlags, terminal: Terminal): Promise<Snapshot> {
  if (flags.namespace.length > 0 && paths.length > 0 && !clusterAsked(flags)) {
    throw new BulwarkError(
      'usage',
      '--namespace limits what is read of a cluster, not of files',
      'leave it out, or add --cluster',
    );
  }
  refuseLoneCollectorOptions(flags);
  const { assembleSnapshot } = await import('../collect/snapshot.ts');
  const takenAt = terminal.now().toISOString();
  const parts: Collected[] = [];
  if (paths.length > 0) {
    const { collectManifests } = await import('../collect/manifests/collect.ts');
    parts.push(
      await collectManifests({
        paths,
        cwd: terminal.cwd,
        stdin: terminal.stdin,
        render: { mode: flags.render ? 'auto' : 'never' },
      }),
    );
  }
  if (nodeAsked(flags)) {
    const { readNodes } = await import('./read-nodes.ts');
    parts.push(await readNodes(flags, terminal));
  }
  if (nodeAsked(flags) || etcdAsked(flags)) {
    const { readEtcd } = await import('./read-etcd.ts');
    const nodes = parts.flatMap((part) => part.nodes ?? []);
    parts.push(await readEtcd(flags, terminal, nodes));
  }
  if (flags.kubeconfigs === true) parts.push(await readKubeconfigs(terminal));
  if (clusterAsked(flags) || (paths.length === 0 && !namesEvidence(flags))) {
    const collected = await readCluster(flags, terminal);
    // Of several parts, the first that tells of the cluster counts.
    if (flags.nodes === true) {
      const { readClusterNodes } = await import('./read-cluster-nodes.ts');
      parts.push(await readClusterNodes(flags, terminal, collected));
    }
    parts.push(collected);
  }
  return assembleSnapshot(parts, takenAt);
}

async function readCluster(flags: EvidenceFlags, terminal: Terminal): Promise<Collected> {
  const { collectCluster } = await import('../collect/cluster/collect.ts');
  const progress = clusterProgress(terminal);
  try {
    return await collectCluster({
      ...(flags.kubeconfig !== undefined && { kubeconfig: resolve(terminal.cwd, flags.kubeconfig) }),
      ...(flags.context !== undefined && { context: flags.context }),
      ...(flags.namespace.length > 0 && { namespaces: flags.namespace }),
      ...(flags.kubeletConfig === true && { kubelets: 'asked' }),
      timeoutMs: flags.timeout * 1000,
      onProgress: progress.show,
    });
  } finally {
    progress.end();
  }
}

/** The kubeconfigs of the user: those that kubectl finds, or one file alone. */
export async function readKubeconfigs(terminal: Terminal, only?: string): Promise<Collected> {
  const [{ collectKubeconfigs }, { homedir, userInfo }] = await Promise.all([
    import('../collect/kubeconfig/collect.ts'),
    import('node:os'),
  ]);
  const uid = process.platform === 'win32' ? -1 : userInfo().uid;
  const collected = collectKubeconfigs({
    env: terminal.env,
    home: terminal.env['HOME'] || homedir(),
    cwd: terminal.cwd,
    ...(uid >= 0 && { uid }),
    ...(only !== undefined && { only }),
  });
  return { objects: [], inputs: [], ...collected };
}

function nodeAsked(flags: EvidenceFlags): boolean {
  return flags.node === true || flags.root !== undefined || flags.nodeBundle !== undefined;
}

/** Whether an etcd is named, or something that only goes with one. */
function etcdAsked(flags: EvidenceFlags): boolean {
  const { etcdSources, etcdCacert, etcdCert, etcdKey, etcdServername } = flags;
  return [etcdSources, etcdCacert, etcdCert, etcdKey, etcdServername].some((flag) => flag !== undefined);
}

function clusterAsked(flags: EvidenceFlags): boolean {
  return (
    flags.cluster === true ||
    flags.nodes === true ||
    flags.kubeletConfig === true ||
    flags.context !== undefined ||
    flags.kubeconfig !== undefined
  );
}

/** An option that may be given several times. */
export function repeatable(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** A time of the command line, as RFC 3339. Throws `usage`. */
export function parseTime(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new BulwarkError('usage', `--now ${text} is no time`, 'write it as 2026-11-21 or 2026-11-21T12:00:00Z');
  }
  return time.toISOString();
}
