import { firstPodSecurityMinor, type NamespacePlan } from '../admission/plan-pod-security.ts';
import type { JsonPatchOperation } from '../model/admission.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import {
  compareLevels,
  type PodSecurityLevel,
  type PodSecurityMode,
  podSecurityLabelPrefix,
} from '../semantics/pod-security/index.ts';

/** One change of a namespace's labels, in the order in which they are safe. */
export interface LabelStep {
  readonly why: string;
  readonly labels: ReadonlyMap<string, string>;
  /** For a shell; undefined for a step that changes no labels. */
  readonly command: string | undefined;
}

/**
 * From telling to refusing: first warn, then audit by the level that is aimed at, which break nothing; then enforce what
 * everything passes already; and the next level once its blockers are gone. Enforced versions are pinned, so that an
 * upgrade of the cluster refuses nothing new: to the server's, `minor`, or the first that has Pod Security; where it is
 * not known there is nothing to pin to.
 */
export function labelSteps(plan: NamespacePlan, minor: number | undefined): readonly LabelStep[] {
  const { name, current, reachable, next, isSystem } = plan;
  if (isSystem) return [];
  const aim = next?.level ?? reachable;
  const pinned = minor === undefined ? 'latest' : `v1.${Math.max(minor, firstPodSecurityMinor)}`;
  const steps: LabelStep[] = [];
  const change = (why: string, [mode, level]: readonly [PodSecurityMode, PodSecurityLevel]): void => {
    const labels = new Map([
      [`${podSecurityLabelPrefix}${mode}`, level],
      [`${podSecurityLabelPrefix}${mode}-version`, mode === 'enforce' ? pinned : 'latest'],
    ]);
    steps.push({ why, labels, command: labelCommand(name, labels) });
  };
  if (current?.warn.level !== aim) change(`warn whoever creates what ${aim} would refuse`, ['warn', aim]);
  if (current?.audit.level !== aim) change(`note in the audit log what ${aim} would refuse`, ['audit', aim]);
  const enforced = current?.enforce.level ?? 'privileged';
  const difference = compareLevels(reachable, enforced);
  if (difference > 0) change(`enforce ${reachable}, which everything passes`, ['enforce', reachable]);
  else if (difference < 0) {
    const why = `it enforces ${enforced} already: what does not pass runs on, and cannot be made anew`;
    steps.push({ why, labels: new Map(), command: undefined });
  }
  if (next !== undefined && compareLevels(next.level, enforced) > 0) {
    change(`once nothing is in its way any more, enforce ${next.level}`, ['enforce', next.level]);
  }
  return steps;
}

function labelCommand(namespace: string, labels: ReadonlyMap<string, string>): string {
  const words = [...labels].map(([key, value]) => `${key}=${value}`);
  return `kubectl label --overwrite namespace ${shellWord(namespace)} ${words.join(' ')}`;
}

/** The patch of an object as a command; one of a pod cannot be made, as most of its fields never change. */
export function patchCommand(object: KubeObject, patch: readonly JsonPatchOperation[]): string {
  const text = JSON.stringify(patch);
  if (groupKind(object) === '/Pod') return `made anew with ${text}`;
  const namespace = object.namespace === undefined ? '' : ` -n ${shellWord(object.namespace)}`;
  return `kubectl patch ${shellWord(resourceName(object))} ${shellWord(object.name)}${namespace} --type=json -p ${shellWord(text)}`;
}

/** kubectl takes a kind with its group in place of a resource. */
function resourceName({ apiVersion, kind }: KubeObject): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? kind.toLowerCase() : `${kind.toLowerCase()}.${apiVersion.slice(0, slash)}`;
}

function shellWord(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
