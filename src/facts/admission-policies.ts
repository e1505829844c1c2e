import { isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { selectsLabels } from '../semantics/rbac/label-selector.ts';
import { defineFact } from './facts.ts';

/** Something that admission asks before a pod of a namespace is made, besides Pod Security labels. */
export interface PodGuard {
  /** `ClusterPolicy restrict-pods of Kyverno`. */
  readonly says: string;
  /** Whether it is sure to refuse pods here; else it may leave this namespace, or everything, alone. */
  readonly strength: 'certain' | 'possible';
}

/** The strongest guard of a namespace's pods that the snapshot shows; undefined where it shows none. */
export const podGuardOf = defineFact(
  'pod-guard-of',
  ({ snapshot }): ((namespace: KubeObject) => PodGuard | undefined) => {
    const policies = new Map<string, KubeObject>();
    for (const object of snapshot.objects) {
      if (groupKind(object) === `${admission}/ValidatingAdmissionPolicy`) policies.set(object.name, object);
    }
    const guards = snapshot.objects.flatMap((object) => {
      if (object.apiVersion.startsWith('constraints.gatekeeper.sh/')) return guardsOfConstraint(object);
      return readers.get(groupKind(object))?.(object, policies) ?? [];
    });
    return (namespace) => {
      let found: PodGuard | undefined;
      for (const { says, strength, covers } of guards) {
        if (found !== undefined && strength === 'possible') continue;
        if (!covers(namespace)) continue;
        if (strength === 'certain') return { says, strength };
        found = { says, strength };
      }
      return found;
    };
  },
);

interface Guard extends PodGuard {
  readonly covers: (namespace: KubeObject) => boolean;
}

type ReadGuards = (object: KubeObject, policies: ReadonlyMap<string, KubeObject>) => readonly Guard[];

const admission = 'admissionregistration.k8s.io';
const everywhere = (): boolean => true;

const readers: ReadonlyMap<string, ReadGuards> = new Map<string, ReadGuards>([
  ['kyverno.io/ClusterPolicy', kyverno],
  ['kyverno.io/Policy', kyverno],
  ['policies.kyverno.io/ValidatingPolicy', kyvernoValidating],
  [`${admission}/ValidatingAdmissionPolicyBinding`, admissionPolicy],
  [`${admission}/ValidatingWebhookConfiguration`, webhooks],
]);

/** A Gatekeeper constraint is of a kind of its own: only the group tells. */
function guardsOfConstraint({ kind, name, value }: KubeObject): readonly Guard[] {
  const action = valueAt(value, ['spec', 'enforcementAction']);
  if (action !== undefined && action !== 'deny') return [];
  const match = valueAt(value, ['spec', 'match']);
  const kinds = objectsIn(valueAt(match, ['kinds']));
  const isForPods = kinds.length === 0 || kinds.some((each) => namesPods(stringsIn(own(each, 'kinds')), 'Pod'));
  if (!isForPods) return [];
  const limits = isObject(match) ? Object.keys(match).filter((field) => field !== 'kinds') : [];
  return [
    {
      says: `constraint ${kind} ${name} of Gatekeeper`,
      strength: limits.length === 0 ? 'certain' : 'possible',
      covers: everywhere,
    },
  ];
}

function kyverno({ kind, name, namespace, value }: KubeObject): readonly Guard[] {
  const ofPolicy = valueAt(value, ['spec', 'validationFailureAction']);
  const guards: Guard[] = [];
  for (const rule of objectsIn(valueAt(value, ['spec', 'rules']))) {
    const validate = own(rule, 'validate');
    if (!isObject(validate)) continue;
    const action = own(validate, 'failureAction') ?? ofPolicy;
    if (typeof action !== 'string' || action.toLowerCase() !== 'enforce') continue;
    const filters = filtersOf(own(rule, 'match')).filter((each) => namesPods(stringsIn(own(each, 'kinds')), 'Pod'));
    if (filters.length === 0) continue;
    const isWhole =
      filters.some((each) => Object.keys(each).length === 1) &&
      !['exclude', 'preconditions', 'celPreconditions'].some((field) => own(rule, field) !== undefined) &&
      valueAt(value, ['spec', 'validationFailureActionOverrides']) === undefined;
    guards.push({
      says: `${kind} ${name} of Kyverno`,
      strength: isWhole ? 'certain' : 'possible',
      covers: (object) => kind === 'ClusterPolicy' || object.name === namespace,
    });
  }
  return guards;
}

/** `any`, `all` and the older form without either. */
function filtersOf(match: Json | undefined): readonly JsonObject[] {
  if (!isObject(match)) return [];
  const listed = [...objectsIn(own(match, 'any')), ...objectsIn(own(match, 'all')), match];
  return listed.flatMap((each) => {
    const resources = own(each, 'resources');
    return isObject(resources) ? [resources] : [];
  });
}

function kyvernoValidating({ kind, name, value }: KubeObject): readonly Guard[] {
  if (!stringsIn(valueAt(value, ['spec', 'validationActions'])).includes('Deny')) return [];
  const constraints = valueAt(value, ['spec', 'matchConstraints']);
  return constrained(constraints, {
    says: `${kind} ${name} of Kyverno`,
    isWhole: valueAt(value, ['spec', 'matchConditions']) === undefined,
  });
}

function admissionPolicy({ name, value }: KubeObject, policies: ReadonlyMap<string, KubeObject>): readonly Guard[] {
  const actions = stringsIn(valueAt(value, ['spec', 'validationActions']));
  const named = valueAt(value, ['spec', 'policyName']);
  const policy = typeof named === 'string' ? policies.get(named) : undefined;
  if (policy === undefined || !actions.includes('Deny')) return [];
  const spec = own(policy.value, 'spec');
  if (!isObject(spec)) return [];
  const says = `ValidatingAdmissionPolicy ${policy.name}, bound by ${name}`;
  const isWhole =
    own(spec, 'matchConditions') === undefined &&
    own(spec, 'paramKind') === undefined &&
    own(spec, 'failurePolicy') !== 'Ignore';
  const guards = constrained(own(spec, 'matchConstraints'), { says, isWhole });
  const resources = valueAt(value, ['spec', 'matchResources']);
  if (!isObject(resources)) return guards;
  const limits = Object.keys(resources).some((field) => field !== 'namespaceSelector' && field !== 'matchPolicy');
  return guards.map((guard) => ({
    says,
    strength: limits ? 'possible' : guard.strength,
    covers: (object) => guard.covers(object) && selectsNamespace(own(resources, 'namespaceSelector'), object),
  }));
}

function constrained(
  constraints: Json | undefined,
  { says, isWhole }: { readonly says: string; readonly isWhole: boolean },
): readonly Guard[] {
  if (!isObject(constraints) || !objectsIn(own(constraints, 'resourceRules')).some(takesNewPods)) return [];
  const limits =
    own(constraints, 'objectSelector') !== undefined || own(constraints, 'excludeResourceRules') !== undefined;
  return [
    {
      says,
      strength: isWhole && !limits ? 'certain' : 'possible',
      covers: (object) => selectsNamespace(own(constraints, 'namespaceSelector'), object),
    },
  ];
}

/** What a webhook refuses is known to its server alone. */
function webhooks({ name, value }: KubeObject): readonly Guard[] {
  return objectsIn(own(value, 'webhooks'))
    .filter((webhook) => objectsIn(own(webhook, 'rules')).some(takesNewPods))
    .map((webhook) => ({
      says: `ValidatingWebhookConfiguration ${name}`,
      strength: 'possible',
      covers: (object) => selectsNamespace(own(webhook, 'namespaceSelector'), object),
    }));
}

/** Whether a rule with operations is about pods that are made. */
function takesNewPods(rule: JsonObject): boolean {
  const operations = stringsIn(own(rule, 'operations'));
  const groups = own(rule, 'apiGroups');
  const isCore = Array.isArray(groups) && (groups.includes('') || groups.includes('*'));
  return (
    isCore &&
    (operations.includes('CREATE') || operations.includes('*')) &&
    namesPods(stringsIn(own(rule, 'resources')), 'pods')
  );
}

function namesPods(names: readonly string[], pods: string): boolean {
  return names.some((name) => name === pods || name === `v1/${pods}` || name === '*' || name === '*/*');
}

/** A selector that is not set takes every namespace. */
function selectsNamespace(selector: Json | undefined, namespace: KubeObject): boolean {
  if (selector === undefined || selector === null) return true;
  const labels = valueAt(namespace.value, ['metadata', 'labels']);
  // The API server sets this one from v1.21 on; manifests do not have it.
  return selectsLabels(selector, { ...(isObject(labels) && labels), 'kubernetes.io/metadata.name': namespace.name });
}
