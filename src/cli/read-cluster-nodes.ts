import { resolve } from 'node:path';
import type { CollectionPlan } from '../collect/cluster-nodes/collection.ts';
import { shellWord } from '../collect/manifests/shell-word.ts';
import type { Collected } from '../collect/snapshot.ts';
import type { ClusterInfo } from '../model/snapshot.ts';
import type { ClusterNodesFlags } from './cluster-nodes.ts';
import type { EvidenceFlags } from './evidence.ts';
import { type Interrupts, processInterrupts, watchInterrupts } from './interrupts.ts';
import { nodesProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

type Flags = ClusterNodesFlags & Pick<EvidenceFlags, 'kubeconfig' | 'context' | 'timeout'>;

/**
 * The nodes of the cluster that `cluster` was read of, through a collector pod on each. Says what it creates before it
 * does, and what to delete where it could not clean up. The first interrupt ends the collecting, and what was read is
 * judged; the second ends the process.
 */
export async function readClusterNodes(
  flags: Flags,
  terminal: Terminal,
  { cluster, interrupts = processInterrupts }: { readonly cluster?: ClusterInfo; readonly interrupts?: Interrupts },
): Promise<Collected> {
  const [{ collectClusterNodes }, { connect }] = await Promise.all([
    import('../collect/cluster-nodes/collect.ts'),
    import('../collect/cluster/connect.ts'),
  ]);
  const atOnce = flags.nodesAtOnce ?? 10;
  const timeoutMs = flags.timeout * 1000;
  const progress = nodesProgress(terminal);
  let plan: CollectionPlan | undefined;
  const watched = watchInterrupts(interrupts, {
    first: () => {
      progress.end();
      terminal.err(
        'bulwark: interrupted: removing the collectors; what was read is judged. Once more quits at once.\n',
      );
    },
    second: () => {
      if (plan !== undefined) terminal.err(leftovers(plan.run, flags));
    },
  });
  try {
    const collected = await collectClusterNodes({
      connect: () =>
        connect({
          ...(flags.kubeconfig !== undefined && { kubeconfig: resolve(terminal.cwd, flags.kubeconfig) }),
          context: flags.context,
          env: terminal.env,
          timeoutMs,
          maxSockets: atOnce + 4,
        }),
      selector: flags.nodeSelector,
      namespace: flags.collectorNamespace,
      image: flags.collectorImage,
      minor: minorOf(cluster),
      atOnce,
      ...(flags.nodeTimeout !== undefined && { nodeTimeoutMs: flags.nodeTimeout * 1000 }),
      timeoutMs,
      signal: watched.signal,
      onPlan: (made) => {
        plan = made;
        terminal.err(planText(made));
      },
      onProgress: progress.show,
    });
    progress.end();
    const { leftBehind } = collected;
    if (leftBehind !== undefined) {
      terminal.err(`bulwark: the collectors could not all be removed: ${leftBehind.reason}\n`);
      terminal.err(leftovers(leftBehind.run, flags));
    }
    return {
      objects: [],
      inputs: [],
      gaps: collected.gaps,
      nodes: collected.nodes,
      ...(cluster !== undefined &&
        collected.virtual.length > 0 && {
          cluster: { ...cluster, unread: [...(cluster.unread ?? []), ...collected.virtual] },
        }),
    };
  } finally {
    progress.end();
    watched.stop();
  }
}

function minorOf(cluster: ClusterInfo | undefined): number | undefined {
  const [, minor] = /^v1\.(\d{1,3})\b/.exec(cluster?.version ?? '') ?? [];
  return minor === undefined ? undefined : Number(minor);
}

/** The objects that `--nodes` would create, as YAML. Reads and changes nothing. */
export async function collectorYaml(flags: ClusterNodesFlags, terminal: Terminal): Promise<string> {
  const [{ planRun }, { collectorManifests }] = await Promise.all([
    import('../collect/cluster-nodes/collection.ts'),
    import('../collect/cluster-nodes/manifests.ts'),
  ]);
  const { run } = planRun(1, {
    namespace: flags.collectorNamespace,
    image: flags.collectorImage,
    ...(flags.nodeTimeout !== undefined && { nodeTimeoutMs: flags.nodeTimeout * 1000 }),
    now: () => terminal.now().getTime(),
  });
  return collectorManifests({ ...run, id: 'example' });
}

function planText({ run, nodes, atOnce }: CollectionPlan): string {
  const pods = nodes === 1 ? 'a collector pod on 1 node' : `a collector pod on each of ${nodes} nodes`;
  const pace = nodes > atOnce ? `, ${atOnce} at a time` : '';
  return (
    `bulwark: creating ${pods}${pace} (image ${run.image}), and a ConfigMap with its script,\n` +
    `  in namespace ${run.namespace}, as run ${run.id}; all is removed afterwards\n`
  );
}

function leftovers(run: CollectionPlan['run'], { kubeconfig, context }: Flags): string {
  const kubectl = [
    'kubectl',
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', shellWord(kubeconfig)]),
    ...(context === undefined ? [] : ['--context', shellWord(context)]),
  ].join(' ');
  return (
    'bulwark: what is left of this run is removed by the next, or by\n' +
    `  ${kubectl} --namespace ${run.namespace} delete pods,configmaps --selector app.kubernetes.io/instance=${run.id}\n` +
    `  ${kubectl} delete namespaces --selector app.kubernetes.io/name=bulwark-collector\n`
  );
}
