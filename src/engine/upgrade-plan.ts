import { apiComponents } from '../facts/api-components.ts';
import { clusterVersion } from '../facts/cluster-told-version.ts';
import { parseKubernetesVersion } from '../facts/cluster-version.ts';
import { type Facts, factsOf } from '../facts/facts.ts';
import { nodePrograms } from '../facts/node-programs.ts';
import { readNode } from '../facts/nodes.ts';
import type { Json } from '../model/json.ts';
import type { NodeComponent } from '../model/node-component.ts';
import type { KubeObject, Snapshot } from '../model/snapshot.ts';
import { parseVersion } from '../model/version.ts';
import { agingKinds, lifecycleOf, replacementOf, servedIn } from '../semantics/api-lifecycle/index.ts';
import { writtenVersions } from '../semantics/api-lifecycle/written-version.ts';
import { describedMinors } from '../semantics/component-config/versions.ts';
import { skewOf } from '../semantics/versions/skew.ts';
import { etcdOf, milestonesOf } from '../semantics/versions/upgrade-path.ts';
import { dataSets, dataState } from './data-sets.ts';
import { upgradedSnapshot } from './upgraded-snapshot.ts';

/** An object that a version of Kubernetes does not serve as it is written. */
export interface UnservedObject {
  readonly object: KubeObject;
  readonly apiVersion: string;
  /** First minor version that does not serve it. */
  readonly removed: number;
  /** How it is known to be written so: "last applied", "written by helm"; undefined for a manifest. */
  readonly how: string | undefined;
  readonly replacement: string;
}

/** Something in the configuration of a component that the new version does not take. */
export interface ComponentProblem {
  /** The component does not start with it; else it ignores it. */
  readonly stops: boolean;
  readonly component: string;
  readonly node: string;
  readonly message: string;
  readonly where: string;
  readonly line?: number;
}

/** A setting that nobody has set, and whose default is another one in the new version. */
export interface ChangedDefault {
  readonly component: string;
  readonly setting: string;
  readonly before: Json;
  readonly after: Json;
}

export interface VersionOnNodes {
  readonly version: string;
  readonly nodes: readonly string[];
}

/** The version that is there, and what tells it. */
export interface PresentVersion {
  readonly minor: number;
  readonly text: string;
  readonly by: string;
}

/** What an upgrade of Kubernetes to one minor version brings, as far as the evidence shows it. */
export interface UpgradePlan {
  readonly target: number;
  /** Undefined where nothing tells the version that is there now. */
  readonly from: PresentVersion | undefined;
  readonly unserved: readonly UnservedObject[];
  /** What the version after the target drops. */
  readonly unservedNext: readonly UnservedObject[];
  readonly problems: readonly ComponentProblem[];
  /** What is too old for the new control plane, or that the new kubelet does not work with. */
  readonly nodesFirst: readonly string[];
  readonly etcd: readonly string[];
  readonly defaults: readonly ChangedDefault[];
  readonly kubelets: readonly VersionOnNodes[];
  /** What a person has to look at. */
  readonly byHand: readonly string[];
  /** What the evidence does not show, so that nobody takes silence for a pass. */
  readonly unseen: readonly string[];
  /** Components whose configuration was not read. */
  readonly unseenComponents: readonly string[];
  /** Whether any Node was read. */
  readonly hasNodes: boolean;
  /** The snapshot after the upgrade, for judging it. */
  readonly after: Snapshot;
}

/** Undefined where nothing tells it. */
export function presentVersion(snapshot: Snapshot): PresentVersion | undefined {
  const told = factsOf(snapshot).get(clusterVersion);
  const minor = parseKubernetesVersion(told?.text)?.minor;
  return told === undefined || minor === undefined ? undefined : { minor, text: told.text, by: told.by };
}

/** Plans the upgrade to `target`, one minor version after the one that is there. Pure. */
export function planUpgrade(snapshot: Snapshot, target: number): UpgradePlan {
  const before = factsOf(snapshot);
  const after = upgradedSnapshot(snapshot, target);
  const from = presentVersion(snapshot);
  const told = before.get(clusterVersion);
  const pairs = componentPairs(before, factsOf(after));
  const unserved = unservedObjects(snapshot);
  const hasNodes = before.get(nodePrograms).length > 0;
  return {
    target,
    from,
    unserved: unserved.filter(({ removed }) => removed <= target),
    unservedNext: unserved.filter(({ removed }) => removed === target + 1),
    problems: pairs.flatMap(problemsOf),
    nodesFirst: nodesFirst(before, target),
    etcd: etcdSteps(pairs, target),
    defaults: changedDefaults(pairs),
    kubelets: before
      .get(nodePrograms)
      .filter(({ name }) => name === 'kubelet')
      .map(({ version, nodes }) => ({ version, nodes: nodes.map(({ name }) => name) })),
    byHand: milestonesOf(target),
    unseen: [...unseenIn(pairs, { target, told: told?.text, hasNodes }), ...agedData(snapshot)],
    unseenComponents: unseenComponents(pairs),
    hasNodes,
    after,
  };
}

/**
 * Plans the way to a version some minors away, one step after the other, each as if those before it were done and what
 * stopped them were mended. `minors` are the targets of the steps, in order.
 */
export function planUpgrades(snapshot: Snapshot, minors: readonly number[]): readonly UpgradePlan[] {
  const plans: UpgradePlan[] = [];
  const told = new Set<string>();
  let here = snapshot;
  for (const [index, target] of minors.entries()) {
    const plan = planUpgrade(here, target);
    const isFirst = index === 0;
    plans.push({
      ...plan,
      unserved: isFirst ? plan.unserved : plan.unserved.filter(({ removed }) => removed === target),
      // The next step says it.
      unservedNext: index === minors.length - 1 ? plan.unservedNext : [],
      nodesFirst: plan.nodesFirst.filter((text) => !told.has(text)),
    });
    for (const text of plan.nodesFirst) told.add(text);
    here = plan.after;
  }
  return plans;
}

/** Objects that some version of Kubernetes does not serve any more, as they are written. */
function unservedObjects({ objects }: Snapshot): readonly UnservedObject[] {
  const found: UnservedObject[] = [];
  for (const object of objects) {
    if (!agingKinds.has(object.kind)) continue;
    for (const { apiVersion, from, by } of writtenVersions(object)) {
      const lifecycle = lifecycleOf(apiVersion, object.kind);
      if (lifecycle?.removed === undefined || servedIn(lifecycle, lifecycle.removed) !== 'not-served') continue;
      const how =
        from === 'manifest' ? undefined : from === 'last-applied' ? 'last applied' : `written by ${by ?? 'a client'}`;
      found.push({ object, apiVersion, removed: lifecycle.removed, how, replacement: replacementOf(lifecycle) });
    }
  }
  return found;
}

interface Pair {
  readonly before: NodeComponent;
  readonly after: NodeComponent;
}

/** Every component as it is, with the same as it would be. The evidence is the same but for versions, so is their order. */
function componentPairs(before: Facts, after: Facts): readonly Pair[] {
  const [now, then] = [before, after].map((facts) => [
    ...(facts.snapshot.nodes ?? []).flatMap((node) => facts.get(readNode)(node).components),
    ...facts.get(apiComponents),
  ]);
  if (now === undefined || then === undefined || now.length !== then.length) return [];
  return now.flatMap((each, index) => {
    const later = then[index];
    return later?.component === each.component ? [{ before: each, after: later }] : [];
  });
}

/** Kinds of problems that keep a component from starting, and all that are told. */
const stopping: ReadonlySet<string> = new Set(['unknown-flag', 'invalid']);
const toldKinds: ReadonlySet<string> = new Set([...stopping, 'unknown-field', 'ignored-flag']);

/** What is a problem of the new version alone. */
function problemsOf({ before, after }: Pair): readonly ComponentProblem[] {
  const known = new Set(before.config.problems.map(({ message }) => withoutVersion(message)));
  return after.config.problems.flatMap(({ kind, message, where, line }) => {
    if (!toldKinds.has(kind) || known.has(withoutVersion(message))) return [];
    const { component, node } = after;
    return [{ stops: stopping.has(kind), component, node, message, where, ...(line !== undefined && { line }) }];
  });
}

function withoutVersion(message: string): string {
  return message.replace(/\b(?:v1|3)\.\d+(?: to (?:v1|3)\.\d+)?/g, 'VERSION');
}

function changedDefaults(pairs: readonly Pair[]): readonly ChangedDefault[] {
  const found = new Map<string, ChangedDefault>();
  for (const { before, after } of pairs) {
    for (const { name, value, origin } of after.config.settings()) {
      const was = before.config.get(name);
      if (origin.kind !== 'default' || was?.origin.kind !== 'default' || value === null || was.value === null) continue;
      if (JSON.stringify(was.value) === JSON.stringify(value)) continue;
      const { component } = after;
      found.set(`${component} ${name}`, { component, setting: name, before: was.value, after: value });
    }
  }
  return [...found.values()];
}

/** Last version that works with containerd 1.x (its release notes), and with Docker itself (KEP-2221). */
const lastWith = { containerd1: 35, docker: 23 } as const;

function nodesFirst(facts: Facts, target: number): readonly string[] {
  const found: string[] = [];
  for (const { name, version, nodes } of facts.get(nodePrograms)) {
    const on = nodesNamed(nodes.map((node) => node.name));
    if (name === 'kubelet') {
      const minor = parseKubernetesVersion(version)?.minor;
      const skew = minor === undefined ? undefined : skewOf('kubelet', minor, target);
      if (skew?.kind === 'older') {
        found.push(
          `kubelet ${version}${on}: beside v1.${target} it may be ${skew.allowed} minor versions older, and would be ${skew.age}`,
        );
      }
    }
    if (name === 'docker' && target > lastWith.docker) {
      found.push(
        `${name} ${version}${on}: the kubelet works with Docker up to v1.${lastWith.docker}; change to containerd or CRI-O`,
      );
    }
    const major = parseVersion(version)?.numbers[0];
    if (name === 'containerd' && major === 1 && target > lastWith.containerd1) {
      found.push(
        `${name} ${version}${on}: the kubelet works with containerd 1 up to v1.${lastWith.containerd1}; change to containerd 2`,
      );
    }
  }
  for (const { component, config, node, image } of facts.get(apiComponents)) {
    if (component !== 'kube-proxy' || image === undefined || config.minor === undefined) continue;
    if (skewOf('kube-proxy', config.minor, target)?.kind !== 'older') continue;
    found.push(`kube-proxy 1.${config.minor}${nodesNamed([node])}: it is too old to run beside v1.${target}`);
  }
  return found;
}

function etcdSteps(pairs: readonly Pair[], target: number): readonly string[] {
  if (!pairs.some(({ before }) => before.component === 'kube-apiserver')) return [];
  if (etcdOf(target) === etcdOf(target - 1)) return [];
  const [old, fresh] = [etcdOf(target - 1), etcdOf(target)];
  return [`kubeadm brings etcd 3.${fresh} with v1.${target}: bring every member to the newest patch of 3.${old} first`];
}

function unseenIn(
  pairs: readonly Pair[],
  {
    target,
    told,
    hasNodes,
  }: { readonly target: number; readonly told: string | undefined; readonly hasNodes: boolean },
): readonly string[] {
  const unseen: string[] = [];
  if (told === undefined) unseen.push('the version that is there now: whether this is one step is not known');
  for (const component of unseenComponents(pairs)) {
    unseen.push(`the configuration of ${component}: whether it starts is not known`);
  }
  if (!hasNodes) unseen.push('Nodes: whether kubelets and container runtimes are new enough is not known');
  const last = describedMinors('kubelet').at(-1) ?? 0;
  if (target > last) unseen.push(`flags, gates and plugins of v1.${target}: those of v1.${last} were taken`);
  return unseen;
}

const needed = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet'] as const;

function unseenComponents(pairs: readonly Pair[]): readonly string[] {
  const seen = new Set(pairs.map(({ before }) => before.component));
  return needed.filter((component) => !seen.has(component));
}

/** Removals are planned and put off until the version is there. */
function agedData({ takenAt }: Snapshot): readonly string[] {
  const set = dataSets.find(({ id }) => id === 'deprecated-apis');
  if (set === undefined || dataState(set, takenAt) === 'fresh') return [];
  return [`removals from the API that were planned after ${set.asOf}: the data is of that day`];
}

function nodesNamed(names: readonly string[]): string {
  const there = names.filter((name) => name !== '');
  if (there.length === 0) return '';
  return ` of ${there.slice(0, 3).join(', ')}${there.length > 3 ? ` and ${there.length - 3} more nodes` : ''}`;
}
