import { isObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { type Binding, type BindingSubject, readBinding } from '../semantics/rbac/binding.ts';
import { addedSubjects, isDefaultClusterRole, subjectName } from '../semantics/rbac/default-objects.ts';
import { powersOfDefaultRole } from '../semantics/rbac/default-rules.ts';
import { hasAggregationRule, RoleBook, rbacGroup } from '../semantics/rbac/role-book.ts';
import { type RbacRequest, type RoleRule, readRules, ruleAllows } from '../semantics/rbac/rule.ts';
import { defineFact } from './facts.ts';

/** Someone who has a role by a binding, and where. */
export interface Holder {
  readonly subject: BindingSubject;
  /** `cluster` for everything; else the namespace, which a manifest may leave open. */
  readonly scope: 'cluster' | { readonly namespace: string | undefined };
}

/** The roles and bindings of the snapshot. */
export interface Rbac {
  readonly bindings: readonly Binding[];
  bindingOf(object: KubeObject): Binding | undefined;
  /** The role that a binding names, where the snapshot holds it. */
  roleOf(binding: Binding): KubeObject | undefined;
  /**
   * The rules that a binding gives. Undefined where its role is not in the snapshot and is none that every API server
   * has; of one that is, the rules that matter to security.
   */
  rulesOf(binding: Binding): readonly RoleRule[] | undefined;
  /** The rules that a role object has written in it, read once. */
  ownRules(role: KubeObject): readonly RoleRule[];
  /** Who has a role beyond those whom Kubernetes itself gives it, also by a ClusterRole that aggregates it. */
  holdersOf(role: KubeObject): readonly Holder[];
  /** Whether roles of a kind were read at all. */
  hasRoles(kind: 'Role' | 'ClusterRole'): boolean;
  /** The bindings that give someone a role everywhere, by the subject's name as `subjectName` writes it. */
  clusterBindingsOf(subject: string): readonly Binding[];
  /** Whether somebody has a right where they have another: everywhere, or in the same namespace too. */
  allows(holder: Holder, request: RbacRequest): boolean;
}

export const rbac = defineFact('rbac', ({ snapshot }): Rbac => {
  const roles = new RoleBook(snapshot.objects);
  const byObject = new Map<KubeObject, Binding>();
  const byRole = new Map<string, Binding[]>();
  const bySubject = new Map<string, Binding[]>();
  const local: Binding[] = [];
  let localOf: Map<string, Binding[]> | undefined;
  const aggregators: KubeObject[] = [];
  const kinds = new Set<string>();
  for (const object of snapshot.objects) {
    const binding = readBinding(object);
    if (binding !== undefined) {
      byObject.set(object, binding);
      addTo(byRole, roleKey(binding.role.kind, object.namespace, binding.role.name), binding);
      if (binding.scope === 'cluster') {
        for (const subject of binding.subjects) addTo(bySubject, subjectName(subject), binding);
      } else local.push(binding);
    } else if (object.kind === 'Role' || object.kind === 'ClusterRole') {
      kinds.add(object.kind);
      if (groupKind(object) === `${rbacGroup}/ClusterRole` && hasAggregationRule(object)) aggregators.push(object);
    }
  }
  const aggregatorsOf = new Map<KubeObject, KubeObject[]>();
  for (const aggregator of aggregators) {
    for (const part of roles.sourcesOf(aggregator)) addTo(aggregatorsOf, part, aggregator);
  }
  const known = new Map<KubeObject, readonly Holder[]>();
  const holdersOf = (role: KubeObject): readonly Holder[] => {
    const bindings: Binding[] = [];
    const reached = new Set([role]);
    // A set grows while it is walked: what aggregates a role may be aggregated itself.
    for (const each of reached) {
      bindings.push(...(byRole.get(roleKey(each.kind, each.namespace, each.name)) ?? []));
      for (const aggregator of aggregatorsOf.get(each) ?? []) reached.add(aggregator);
      for (const name of wellKnownAggregators(each)) {
        if (roles.find({ kind: 'ClusterRole', name }, undefined) === undefined)
          bindings.push(...(byRole.get(roleKey('ClusterRole', undefined, name)) ?? []));
      }
    }
    return bindings.flatMap(holdersBy);
  };
  const rulesOfRole = new Map<KubeObject, readonly RoleRule[]>();
  const rulesOf = ({ role, object }: Binding): readonly RoleRule[] | undefined => {
    const found = roles.find(role, object.namespace);
    if (found === undefined) {
      const isDefault = role.kind === 'ClusterRole' && isDefaultClusterRole(role.name);
      return isDefault ? powersOfDefaultRole(role.name) : undefined;
    }
    let rules = rulesOfRole.get(found);
    if (rules === undefined) rulesOfRole.set(found, (rules = roles.rulesOf(found).map(({ rule }) => rule)));
    return rules;
  };
  const ownRules = new Map<KubeObject, readonly RoleRule[]>();
  return {
    bindings: [...byObject.values()],
    bindingOf: (object) => byObject.get(object),
    roleOf: ({ role, object }) => roles.find(role, object.namespace),
    rulesOf,
    ownRules: (role) => {
      let rules = ownRules.get(role);
      if (rules === undefined) ownRules.set(role, (rules = readRules(role.value)));
      return rules;
    },
    allows: ({ subject, scope }, request) => {
      const name = subjectName(subject);
      const gives = (binding: Binding): boolean => rulesOf(binding)?.some((rule) => ruleAllows(rule, request)) === true;
      if (bySubject.get(name)?.some(gives) === true) return true;
      if (scope === 'cluster') return false;
      localOf ??= bySubjectAndPlace(local);
      return localOf.get(`${scope.namespace ?? ''}\n${name}`)?.some(gives) === true;
    },
    holdersOf: (role) => {
      let holders = known.get(role);
      if (holders === undefined) known.set(role, (holders = holdersOf(role)));
      return holders;
    },
    hasRoles: (kind) => kinds.has(kind),
    clusterBindingsOf: (subject) => bySubject.get(subject) ?? [],
  };
});

function bySubjectAndPlace(bindings: readonly Binding[]): Map<string, Binding[]> {
  const found = new Map<string, Binding[]>();
  for (const binding of bindings) {
    const place = binding.object.namespace ?? '';
    for (const subject of binding.subjects) addTo(found, `${place}\n${subjectName(subject)}`, binding);
  }
  return found;
}

function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

/** Members of `system:masters` may do anything as it is: no role adds to that. */
export function holdersBy(binding: Binding): readonly Holder[] {
  const scope = binding.scope === 'cluster' ? 'cluster' : { namespace: binding.object.namespace };
  return addedSubjects(binding)
    .filter(({ kind, name }) => kind !== 'Group' || name !== 'system:masters')
    .map((subject) => ({ subject, scope }));
}

export { hasAggregationRule as hasAggregation };

/** The ClusterRoles of the API server that select a role by its labels; manifests do not hold them. */
function wellKnownAggregators({ value }: KubeObject): readonly string[] {
  const labels = valueAt(value, ['metadata', 'labels']);
  if (!isObject(labels)) return [];
  const to = ['view', 'edit', 'admin'];
  const first = to.findIndex((name) => own(labels, `${rbacGroup}/aggregate-to-${name}`) === 'true');
  return first === -1 ? [] : to.slice(first);
}

function roleKey(kind: string, namespace: string | undefined, name: string): string {
  return kind === 'Role' ? `Role\n${namespace ?? ''}\n${name}` : `ClusterRole\n\n${name}`;
}
