import { serverVersion } from '../facts/cluster-version.ts';
import type { Facts } from '../facts/facts.ts';
import { rootOwner } from '../facts/owners.ts';
import { workloadOf } from '../facts/workloads.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { type Path, valueAt } from '../model/path.ts';
import type { Pod } from '../model/pod.ts';
import { Reader } from '../model/reader.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind, readWorkload } from '../model/workload.ts';
import {
  compareLevels,
  evaluatePod,
  latestVersion,
  type NamespacePolicy,
  namespacePolicy,
  type PodSecurityLevel,
  type PodSecurityResult,
  podSecurityLevels,
} from '../semantics/pod-security/index.ts';
import {
  fitsPodSecurity,
  type PodSecurityFit,
  readPodSecurityPolicy,
  silentlyMutated,
} from '../semantics/pod-security-policy/index.ts';
import { type Remedy, remedyOf } from './pod-security-remedy.ts';

/** How a cluster's namespaces can come to enforce Pod Security. */
export interface PodSecurityPlan {
  /** Of the server; undefined where it is not known, and the newest known is planned for. */
  readonly minor: number | undefined;
  readonly namespaces: readonly NamespacePlan[];
  readonly policies: readonly PolicyMigration[];
}

export interface NamespacePlan {
  readonly name: string;
  /** Those of Kubernetes itself run what no level lets in, and are left as they are. */
  readonly isSystem: boolean;
  /** What its labels say now; undefined where no Namespace object was read. */
  readonly current: NamespacePolicy | undefined;
  readonly counts: { readonly pods: number; readonly templates: number };
  /** The strictest level that everything in it passes already. */
  readonly reachable: PodSecurityLevel;
  /** The level above it, or one that is enforced already, and what fails there; undefined where restricted is reached. */
  readonly next: { readonly level: PodSecurityLevel; readonly blockers: readonly Blocker[] } | undefined;
  /** Fields that running pods have and their templates do not: whatever set them must stay, or the template set them. */
  readonly mutated: readonly MutatedPod[];
}

/** A workload, or a pod of its own, that a level would refuse. */
export interface Blocker {
  /** What people would change: the owner at the top, as far as it was read. */
  readonly object: KubeObject;
  /** Whether its template fails, or only pods that run: then something changed them, or an older template made them. */
  readonly where: 'template' | 'pods';
  readonly results: readonly PodSecurityResult[];
  /** Undefined for pods whose template passes already: made anew, they pass. */
  readonly remedy: Remedy | undefined;
}

export interface MutatedPod {
  readonly pod: KubeObject;
  readonly owner: KubeObject;
  /** The PodSecurityPolicy that let it in, by the pod's annotation. */
  readonly policy: string | undefined;
  readonly changes: readonly { readonly path: Path; readonly was: unknown; readonly is: unknown }[];
  /** The strictest level that the pod passes and its template does not; undefined where both pass the same. */
  readonly gives: PodSecurityLevel | undefined;
}

/** What becomes of a PodSecurityPolicy. */
export interface PolicyMigration extends PodSecurityFit {
  readonly object: KubeObject;
}

/** The first server that has the plugin. Older ones are planned for as this one: it is what they can be upgraded to. */
export const firstPodSecurityMinor = 22;

const systemNamespaces: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

/** Plans from what was read: pods that run and templates of every kind, those that make no pods at the moment too. */
export function planPodSecurity(facts: Facts): PodSecurityPlan {
  const minor = facts.get(serverVersion)?.minor;
  const planner = new Planner(facts, minor);
  return {
    minor,
    namespaces: planner.namespaces(),
    policies: facts.snapshot.objects
      .filter((object) => groupKind(object) === 'policy/PodSecurityPolicy')
      .map((object) => ({ object, ...fitsPodSecurity(readPodSecurityPolicy(object.value)) })),
  };
}

/** One pod or template of a namespace. */
interface Runner {
  readonly object: KubeObject;
  readonly owner: KubeObject;
  readonly template: string;
  readonly pod: Pod;
  readonly isPod: boolean;
}

class Planner {
  private readonly facts: Facts;
  private readonly options: { readonly serverMinor?: number };

  constructor(facts: Facts, minor: number | undefined) {
    this.facts = facts;
    this.options = minor === undefined ? {} : { serverMinor: Math.max(minor, firstPodSecurityMinor) };
  }

  namespaces(): readonly NamespacePlan[] {
    const runners = this.runners();
    const objects = new Map<string, KubeObject>();
    for (const object of this.facts.snapshot.objects) {
      if (groupKind(object) === '/Namespace') objects.set(object.name, object);
    }
    const names = new Set([...objects.keys(), ...runners.keys()]);
    return [...names].sort().map((name) => this.namespace(name, objects.get(name), runners.get(name) ?? []));
  }

  private runners(): Map<string, Runner[]> {
    const read = this.facts.get(workloadOf);
    const rootOf = this.facts.get(rootOwner);
    const byNamespace = new Map<string, Runner[]>();
    for (const object of this.facts.snapshot.objects) {
      const workload = read(object);
      if (workload === undefined) continue;
      const owner = rootOf(object);
      const isPod = groupKind(object) === '/Pod';
      // ReplicaSets and Jobs in between say nothing of their own, unless they are all that there is.
      if (!isPod && owner !== object && read(owner) !== undefined) continue;
      const namespace = object.namespace ?? 'default';
      const known = byNamespace.get(namespace) ?? [];
      byNamespace.set(namespace, known);
      for (const { name, pod } of workload.templates) known.push({ object, owner, template: name, pod, isPod });
    }
    return byNamespace;
  }

  private namespace(name: string, object: KubeObject | undefined, runners: readonly Runner[]): NamespacePlan {
    const reachable =
      podSecurityLevels.findLast((level) => runners.every((runner) => this.judge(runner.pod, level).length === 0)) ??
      'privileged';
    const above = podSecurityLevels[podSecurityLevels.indexOf(reachable) + 1];
    const labels =
      object === undefined ? undefined : new Reader(object.value, [], []).object('metadata').stringMap('labels');
    const current = labels === undefined ? undefined : namespacePolicy(labels);
    const enforced = current?.enforce.level ?? 'privileged';
    // A level that is enforced already is not given up because something old does not pass it.
    const next = above !== undefined && compareLevels(enforced, above) > 0 ? enforced : above;
    const pods = runners.filter(({ isPod }) => isPod).length;
    return {
      name,
      isSystem: systemNamespaces.has(name),
      current,
      counts: { pods, templates: runners.length - pods },
      reachable,
      next: next === undefined ? undefined : { level: next, blockers: this.blockers(runners, next) },
      mutated: this.mutated(runners),
    };
  }

  private blockers(runners: readonly Runner[], level: PodSecurityLevel): readonly Blocker[] {
    const blockers: Blocker[] = [];
    const owners = new Set<KubeObject>();
    for (const runner of runners) {
      const { object, owner, pod, isPod, template } = runner;
      if (isPod && owner !== object) continue;
      owners.add(object);
      const results = this.judge(pod, level);
      if (results.length === 0) continue;
      const judge = (value: JsonObject) => this.judgeObject({ ...object, value }, template, level);
      const remedy = remedyOf({ object: object.value, results, judge });
      blockers.push({ object, where: isPod ? 'pods' : 'template', results, remedy });
    }
    const failing = new Set(blockers.map(({ object }) => object));
    for (const { object, owner, pod, isPod } of runners) {
      if (!isPod || owner === object || failing.has(owner)) continue;
      const results = this.judge(pod, level);
      if (results.length === 0) continue;
      failing.add(owner);
      blockers.push({ object: owners.has(owner) ? owner : object, where: 'pods', results, remedy: undefined });
    }
    return blockers;
  }

  /** Of each owner the first pod that differs. */
  private mutated(runners: readonly Runner[]): readonly MutatedPod[] {
    const told = new Set<KubeObject>();
    const templates = new Map<KubeObject, Runner>();
    for (const runner of runners) if (!runner.isPod) templates.set(runner.object, runner);
    return runners.flatMap((runner) => {
      const { object, owner, pod, isPod } = runner;
      const template = templates.get(owner);
      if (!isPod || owner === object || template === undefined || told.has(owner)) return [];
      const holder = valueAt(owner.value, template.pod.metadataPath.slice(0, -1));
      if (!isObject(holder)) return [];
      const changes = silentlyMutated(object.value, holder);
      if (changes.length === 0) return [];
      told.add(owner);
      const ofPod = this.strictest(pod);
      const policy = pod.annotations.get('kubernetes.io/psp');
      const gives = compareLevels(ofPod, this.strictest(template.pod)) > 0 ? ofPod : undefined;
      return [{ pod: object, owner, policy, changes, gives }];
    });
  }

  private strictest(pod: Pod): PodSecurityLevel {
    return podSecurityLevels.findLast((level) => this.judge(pod, level).length === 0) ?? 'privileged';
  }

  private judge(pod: Pod, level: PodSecurityLevel): readonly PodSecurityResult[] {
    const results = evaluatePod(pod, { level, version: latestVersion }, this.options);
    const { undecided } = pod;
    if (undecided === undefined) return results;
    // What an operator will set, nobody can hold against its custom resource; its pods are judged when they run.
    return results.filter(({ violations }) => violations.some(({ path }) => undecided(path) === undefined));
  }

  private judgeObject(object: KubeObject, template: string, level: PodSecurityLevel) {
    const templates = (readWorkload(object) ?? this.facts.get(workloadOf)(object))?.templates ?? [];
    const pod = (templates.find(({ name }) => name === template) ?? templates[0])?.pod;
    if (pod === undefined) throw new Error(`${object.kind} ${object.name} has lost its template`);
    return { pod, results: this.judge(pod, level) };
  }
}
