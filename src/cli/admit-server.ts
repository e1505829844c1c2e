import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SnapshotView } from '../admission/snapshot-view.ts';
import { listOf } from '../controls/kube-apiserver/server-control.ts';
import { apiComponents } from '../facts/api-components.ts';
import { serverVersion } from '../facts/cluster-version.ts';
import { type Facts, factsOf } from '../facts/facts.ts';
import { readNode } from '../facts/nodes.ts';
import { BulwarkError } from '../model/errors.ts';
import type { NodeComponent } from '../model/node-component.ts';
import type { KubeObject, Snapshot } from '../model/snapshot.ts';
import { visible } from '../report/visible.ts';
import { readPodSecurityConfiguration } from '../semantics/pod-security/admission-configuration.ts';
import { type PodSecurityConfiguration, pluginConfiguration } from '../semantics/pod-security/index.ts';
import { parseYaml, YamlError } from '../yaml/parse.ts';
import type { AdmitFlags } from './admit.ts';
import { takeSnapshot } from './evidence.ts';
import { readRbacSide } from './rbac-evidence.ts';
import type { Terminal } from './terminal.ts';

/** The server whose admission is imitated. */
export interface SimulatedServer {
  /** What is known of its cluster; undefined where nothing was named. */
  readonly snapshot: Snapshot | undefined;
  readonly minor: number | undefined;
  /** As its flags tell; undefined where nobody knows. */
  readonly podSecurityPolicy: 'on' | 'off' | undefined;
  readonly podSecurity: PodSecurityConfiguration;
}

/** Reads what the flags name. Throws `usage` for a configuration that cannot be read. */
export async function readServer(flags: AdmitFlags, terminal: Terminal): Promise<SimulatedServer> {
  const snapshot = await readEvidence(flags, terminal);
  const facts = snapshot === undefined ? undefined : factsOf(snapshot);
  const told = facts?.get(serverVersion)?.minor;
  return {
    snapshot,
    minor: flags.serverVersion ?? told,
    podSecurityPolicy: flags.psp ?? (facts === undefined ? undefined : pluginOf(facts)),
    podSecurity:
      flags.podSecurityConfig === undefined
        ? pluginConfiguration
        : await readConfiguration(flags.podSecurityConfig, terminal),
  };
}

/** A view of the cluster and of what the manifests bring along with the objects that are asked about. */
export function viewOf({ snapshot, minor }: SimulatedServer, asked: readonly KubeObject[]): SnapshotView {
  const unread = new Map<string, string>();
  for (const { what, reason } of [...(snapshot?.cluster?.unread ?? []), ...(snapshot?.gaps ?? [])]) {
    const kind = unreadKinds.get(what.slice(what.lastIndexOf('/') + 1));
    if (kind !== undefined) unread.set(kind, reason);
  }
  const brought = asked.filter(({ kind }) => broughtKinds.has(kind));
  return new SnapshotView([...(snapshot?.objects ?? []), ...brought], {
    serverMinor: minor,
    unread,
    missingNamespaces: snapshot?.cluster === undefined ? 'assumed' : 'absent',
  });
}

const broughtKinds: ReadonlySet<string> = new Set([
  ...['Namespace', 'ServiceAccount', 'PodSecurityPolicy', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
]);

/** By the last step of the API path that could not be read. */
const unreadKinds: ReadonlyMap<string, string> = new Map([
  ['pods', '/Pod'],
  ['podsecuritypolicies', 'policy/PodSecurityPolicy'],
  ['roles', 'rbac.authorization.k8s.io/Role'],
  ['clusterroles', 'rbac.authorization.k8s.io/ClusterRole'],
  ['rolebindings', 'rbac.authorization.k8s.io/RoleBinding'],
  ['clusterrolebindings', 'rbac.authorization.k8s.io/ClusterRoleBinding'],
]);

async function readEvidence(flags: AdmitFlags, terminal: Terminal): Promise<Snapshot | undefined> {
  const { from, cluster, kubeconfig, context, render, timeout } = flags;
  const isLive = cluster === true || kubeconfig !== undefined || context !== undefined;
  if (from !== undefined && isLive) {
    throw new BulwarkError('usage', '--from and a live cluster are two servers', 'give one of them');
  }
  if (from !== undefined) return readRbacSide(from, { filename: [], render, timeout }, terminal);
  if (!isLive) return undefined;
  const snapshot = await takeSnapshot(
    [],
    {
      ...{ render, timeout, namespace: [], cluster: true },
      ...(kubeconfig !== undefined && { kubeconfig }),
      ...(context !== undefined && { context }),
    },
    terminal,
  );
  for (const { what, reason } of snapshot.gaps) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  return snapshot;
}

function pluginOf(facts: Facts): 'on' | 'off' | undefined {
  for (const server of apiServers(facts)) {
    return listOf(server, 'admission-plugins').includes('PodSecurityPolicy') ? 'on' : 'off';
  }
  return undefined;
}

function* apiServers(facts: Facts): Generator<NodeComponent> {
  const isServer = ({ component }: NodeComponent): boolean => component === 'kube-apiserver';
  for (const node of facts.snapshot.nodes ?? []) yield* facts.get(readNode)(node).components.filter(isServer);
  yield* facts.get(apiComponents).filter(isServer);
}

async function readConfiguration(file: string, terminal: Terminal): Promise<PodSecurityConfiguration> {
  const refuse = (reason: string): never => {
    throw new BulwarkError(
      'usage',
      `${visible(file)}: ${visible(reason)}`,
      'it must hold what the plugin PodSecurity is configured with',
    );
  };
  let text: string;
  try {
    text = await readFile(resolve(terminal.cwd, file), 'utf8');
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  try {
    const read = readPodSecurityConfiguration(parseYaml(text, 1).value);
    return 'problems' in read ? refuse(read.problems.join('; ')) : read;
  } catch (error) {
    if (error instanceof YamlError) return refuse(`line ${error.line}: ${error.message}`);
    throw error;
  }
}
