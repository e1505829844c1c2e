import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { Pod } from '../model/pod.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { defineFact } from './facts.ts';

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** A Node, as the scheduler sees it. */
export interface IsolatedNode {
  readonly object: KubeObject;
  readonly labels: ReadonlyMap<string, string>;
  readonly taints: readonly Taint[];
  readonly isControlPlane: boolean;
  /** Keeps pods away that do not ask for it: set by people, and not by Kubernetes for a node's own troubles. */
  readonly ownTaints: readonly Taint[];
}

const controlPlaneRoles = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** Taints of Kubernetes, of autoscalers and of clouds, which say nothing of who may run there. */
const passing =
  /^(?:node\.kubernetes\.io\/|node\.cloudprovider\.kubernetes\.io\/|ToBeDeleted|DeletionCandidate|cloud\.google\.com\/|kubernetes\.azure\.com\/|eks\.amazonaws\.com\/|karpenter\.sh\/|nvidia\.com\/|kubernetes\.io\/arch$|startup-taint)/;

/** The Nodes of the snapshot, by name. Source: Kubernetes documentation, "Taints and Tolerations". */
export const isolatedNodes = defineFact('isolated-nodes', ({ snapshot }): ReadonlyMap<string, IsolatedNode> => {
  const nodes = new Map<string, IsolatedNode>();
  for (const object of snapshot.objects) {
    if (object.kind !== 'Node' || object.apiVersion !== 'v1') continue;
    const labels = texts(valueAt(object.value, ['metadata', 'labels']));
    const taints = objectsIn(valueAt(object.value, ['spec', 'taints'])).map(readTaint);
    nodes.set(object.name, {
      object,
      labels,
      taints,
      isControlPlane: controlPlaneRoles.some((role) => labels.has(role)),
      ownTaints: taints.filter(
        ({ key, effect }) => effect !== 'PreferNoSchedule' && !passing.test(key) && !controlPlaneRoles.includes(key),
      ),
    });
  }
  return nodes;
});

/** Whether a node keeps away pods that do not ask for the control plane. */
export function isKeptFree({ taints }: IsolatedNode): boolean {
  return taints.some(({ key, effect }) => controlPlaneRoles.includes(key) && effect !== 'PreferNoSchedule');
}

export interface Toleration {
  readonly key: string;
  readonly operator: string;
  readonly value: string;
  readonly effect: string;
  readonly index: number;
}

export function tolerationsOf({ raw }: Pod): readonly Toleration[] {
  return objectsIn(own(raw, 'tolerations')).map((toleration, index) => ({
    key: textOf(toleration, 'key'),
    operator: textOf(toleration, 'operator') || 'Equal',
    value: textOf(toleration, 'value'),
    effect: textOf(toleration, 'effect'),
    index,
  }));
}

/** Source: k8s.io/api core/v1 Toleration.ToleratesTaint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  if (toleration.key === '') return toleration.operator === 'Exists';
  if (toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || toleration.value === taint.value;
}

/** Labels of nodes that a pod must have: its nodeSelector, and what required affinity asks for by In with one value. */
export function requiredNodeLabels({ raw }: Pod): ReadonlyMap<string, string> {
  const required = new Map(texts(own(raw, 'nodeSelector')));
  const affinity = ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms'];
  const terms = objectsIn(valueAt(raw, affinity));
  // Any one term is enough, so only what a single one asks for is required.
  const [only] = terms;
  if (terms.length !== 1 || only === undefined) return required;
  for (const term of objectsIn(own(only, 'matchExpressions'))) {
    const [value, ...others] = stringsIn(own(term, 'values'));
    const key = textOf(term, 'key');
    if (own(term, 'operator') === 'In' && value !== undefined && others.length === 0) required.set(key, value);
  }
  return required;
}

/** Whether a pod may only be placed where some label of a node says so. */
export function choosesNodes({ raw }: Pod): boolean {
  const selector = own(raw, 'nodeSelector');
  if (isObject(selector) && Object.keys(selector).some((key) => !isOfEveryNode(key))) return true;
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  return isObject(valueAt(raw, ['affinity', 'nodeAffinity', required]));
}

/** Labels that every node has, and that part no pool from another. */
export function isOfEveryNode(label: string): boolean {
  return /^(?:beta\.)?kubernetes\.io\/(?:os|arch)$/.test(label);
}

/**
 * Whether the kubelet of a node may set the label itself, so that a node that was broken into draws pods to it.
 * Source: kubernetes/kubernetes plugin/pkg/admission/noderestriction and pkg/kubelet/apis/well_known_labels.go.
 */
export function isSetByKubelet(label: string): boolean {
  const [prefix, name] = label.includes('/') ? [label.slice(0, label.indexOf('/')), label] : ['', label];
  if (prefix === 'node-restriction.kubernetes.io' || prefix.endsWith('.node-restriction.kubernetes.io')) return false;
  if (!/(?:^|\.)(?:kubernetes|k8s)\.io$/.test(prefix)) return true;
  if (/(?:^|\.)(?:node|kubelet)\.kubernetes\.io$/.test(prefix)) return true;
  return wellKnown.has(name);
}

const wellKnown: ReadonlySet<string> = new Set([
  ...['kubernetes.io/hostname', 'kubernetes.io/os', 'kubernetes.io/arch', 'kubernetes.io/instance-type'],
  ...['beta.kubernetes.io/os', 'beta.kubernetes.io/arch', 'beta.kubernetes.io/instance-type'],
  ...['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'],
  ...['failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region'],
]);

function readTaint(taint: JsonObject): Taint {
  return { key: textOf(taint, 'key'), value: textOf(taint, 'value'), effect: textOf(taint, 'effect') };
}

function textOf(object: JsonObject, key: string): string {
  const value = own(object, key);
  return typeof value === 'string' ? value : '';
}

function texts(value: Parameters<typeof isObject>[0]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (!isObject(value)) return found;
  for (const [key, text] of Object.entries(value)) if (typeof text === 'string') found.set(key, text);
  return found;
}
