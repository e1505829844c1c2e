import { isObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { type RbacAuthorizer, rbacAuthorizer } from '../semantics/rbac/authorize.ts';
import { type Binding, type BindingSubject, type RbacUser, serviceAccountUser } from '../semantics/rbac/binding.ts';
import { excessRules, isShippedRole, rulesShippedWith } from '../semantics/rbac/default-excess.ts';
import { addedSubjects, isDefaultClusterRole, subjectName } from '../semantics/rbac/default-objects.ts';
import { identityOf } from '../semantics/rbac/identity.ts';
import { hasAggregationRule, isOfRbac, rbacGroup } from '../semantics/rbac/role-book.ts';
import { type RbacRequest, type RoleRule, readRules, ruleAllows } from '../semantics/rbac/rule.ts';
import { defineFact } from './facts.ts';

/** Someone who has a role by a binding, and where. */
export interface Holder {
  readonly subject: BindingSubject;
  /** `cluster` for everything; else the namespace, which a manifest may leave open. */
  readonly scope: 'cluster' | { readonly namespace: string | undefined };
  readonly binding: Binding;
}

/** The roles and bindings of the snapshot. */
export interface Rbac {
  readonly authorizer: RbacAuthorizer;
  readonly bindings: readonly Binding[];
  bindingOf(object: KubeObject): Binding | undefined;
  /** The role that a binding names, where the snapshot holds it. */
  roleOf(binding: Binding): KubeObject | undefined;
  /**
   * The rules that a binding gives. Undefined where its role is not in the snapshot and is none that every API server
   * has; of one that is, those that it is shipped with.
   */
  rulesOf(binding: Binding): readonly RoleRule[] | undefined;
  /** The rules that a role object has written in it, read once. */
  ownRules(role: KubeObject): readonly RoleRule[];
  /** Who has a role beyond those whom Kubernetes itself gives it, also by a ClusterRole that aggregates it. */
  holdersOf(role: KubeObject): readonly Holder[];
  /** Everybody who has a role, those whom Kubernetes itself gives it among them. */
  everyHolderOf(role: KubeObject): readonly Holder[];
  /** The rules of a role of Kubernetes, by its name, beyond those that it is shipped with; none of any other role. */
  excessOf(role: KubeObject): readonly RoleRule[];
  /** Whether roles of a kind were read at all. */
  hasRoles(kind: 'Role' | 'ClusterRole'): boolean;
  /** The bindings that mean someone, by their own name or by a group that Kubernetes puts them in. */
  bindingsOf(subject: Omit<BindingSubject, 'path'>): readonly Binding[];
  /** The namespaces in which a RoleBinding means someone. */
  namespacesOf(subject: Omit<BindingSubject, 'path'>): readonly string[];
  /** Whether somebody has a right where they have another: everywhere, or in the same namespace too. */
  allows(holder: Omit<Holder, 'binding'>, request: RbacRequest): boolean;
}

export const rbac = defineFact('rbac', ({ snapshot }): Rbac => {
  const authorizer = rbacAuthorizer(snapshot.objects);
  const { roles, bindings, roleOf } = authorizer;
  const byObject = new Map<KubeObject, Binding>();
  const byRole = new Map<KubeObject, Binding[]>();
  const missing = new Map<string, Binding[]>();
  for (const binding of bindings) {
    byObject.set(binding.object, binding);
    const role = roleOf(binding);
    if (role !== undefined) addTo(byRole, role, binding);
    else if (binding.role.kind === 'ClusterRole') addTo(missing, binding.role.name, binding);
  }
  const kinds = new Set<string>();
  const aggregatorsOf = new Map<KubeObject, KubeObject[]>();
  for (const object of snapshot.objects) {
    if (object.kind !== 'Role' && object.kind !== 'ClusterRole') continue;
    kinds.add(object.kind);
    if (object.kind !== 'ClusterRole' || !isOfRbac(object) || !hasAggregationRule(object)) continue;
    for (const part of roles.sourcesOf(object)) addTo(aggregatorsOf, part, object);
  }
  const bySubject = new Map<string, readonly Binding[]>();
  const bindingsOf = (subject: Omit<BindingSubject, 'path'>): readonly Binding[] => {
    const name = subjectName(subject);
    let own = bySubject.get(name);
    if (own === undefined) {
      const isOpen = subject.kind === 'ServiceAccount' && subject.namespace === undefined;
      own = isOpen ? bindings.filter((each) => meansOpen(each, subject.name)) : authorizer.bindingsOf(userOf(subject));
      bySubject.set(name, own);
    }
    return own;
  };
  const known = new Map<KubeObject, readonly Holder[]>();
  const findHolders = (role: KubeObject, meant: Meant): readonly Holder[] => {
    const holders: Holder[] = [];
    for (const each of aggregatorsOf.has(role) ? reachedBy(role, aggregatorsOf) : [role]) {
      // Copies of a role are bound by the same name.
      const kind = each.kind === 'Role' ? 'Role' : 'ClusterRole';
      const bound = byRole.get(each) ?? byRole.get(roles.find({ kind, name: each.name }, each.namespace) ?? each);
      for (const binding of bound ?? none) addHolders(holders, binding, meant);
      if (missing.size === 0) continue;
      for (const name of wellKnownAggregators(each)) {
        for (const binding of missing.get(name) ?? none) addHolders(holders, binding, meant);
      }
    }
    return holders;
  };
  const rulesOfRole = new Map<KubeObject, readonly RoleRule[]>();
  const rulesOf = (binding: Binding): readonly RoleRule[] | undefined => {
    const found = roleOf(binding);
    if (found === undefined) {
      const { kind, name } = binding.role;
      return kind === 'ClusterRole' && isDefaultClusterRole(name) ? rulesShippedWith(name) : undefined;
    }
    let rules = rulesOfRole.get(found);
    if (rules === undefined) {
      const granted = roles.rulesOf(found);
      // The same list for those who ask for what is written in it, unless it is put together.
      rules = granted.every(({ role }) => role === found) ? ownRules(found) : granted.map(({ rule }) => rule);
      rulesOfRole.set(found, rules);
    }
    return rules;
  };
  const excess = new Map<KubeObject, readonly RoleRule[]>();
  const written = new Map<KubeObject, readonly RoleRule[]>();
  const ownRules = (role: KubeObject): readonly RoleRule[] => {
    let rules = written.get(role);
    if (rules === undefined) {
      const granted = roles.rulesOf(role);
      const isOwn = granted.length > 0 && granted.every(({ role: source }) => source === role);
      written.set(role, (rules = isOwn ? granted.map(({ rule }) => rule) : readRules(role.value)));
    }
    return rules;
  };
  return {
    authorizer,
    bindings,
    bindingOf: (object) => byObject.get(object),
    roleOf,
    rulesOf,
    ownRules,
    allows: ({ subject, scope }, request) =>
      bindingsOf(subject).some((binding) => {
        const isThere =
          binding.scope === 'cluster' || (scope !== 'cluster' && binding.object.namespace === scope.namespace);
        return isThere && rulesOf(binding)?.some((rule) => ruleAllows(rule, request)) === true;
      }),
    holdersOf: (role) => {
      let holders = known.get(role);
      if (holders === undefined) known.set(role, (holders = findHolders(role, addedSubjects)));
      return holders;
    },
    everyHolderOf: (role) => findHolders(role, allSubjects),
    excessOf: (role) => {
      if (!isShippedRole(role)) return none;
      let rules = excess.get(role);
      if (rules === undefined) excess.set(role, (rules = excessRules(role, ownRules(role))));
      return rules;
    },
    hasRoles: (kind) => kinds.has(kind),
    bindingsOf,
    namespacesOf: (subject) => [
      ...new Set(
        bindingsOf(subject).flatMap(({ scope, object }) => (scope === 'cluster' ? [] : [object.namespace ?? ''])),
      ),
    ],
  };
});

const none: readonly never[] = [];

/** A role and all that aggregate it: what aggregates a role may be aggregated itself. */
function reachedBy(
  role: KubeObject,
  aggregatorsOf: ReadonlyMap<KubeObject, readonly KubeObject[]>,
): ReadonlySet<KubeObject> {
  const reached = new Set([role]);
  // A set grows while it is walked.
  for (const each of reached) for (const aggregator of aggregatorsOf.get(each) ?? none) reached.add(aggregator);
  return reached;
}

/** Whoever a binding means, as they arrive: a group alone has no name. */
function userOf({ kind, name, namespace }: Omit<BindingSubject, 'path'>): RbacUser {
  if (kind === 'Group') return { name: '', groups: [name] };
  return identityOf(kind === 'User' ? name : serviceAccountUser(namespace ?? '', name));
}

/** Whether a manifest that leaves its namespace open means an account that does so, too: they are applied together. */
function meansOpen({ scope, subjects }: Binding, account: string): boolean {
  const means = ({ kind, name, namespace }: BindingSubject): boolean =>
    kind === 'ServiceAccount' && name === account && namespace === undefined;
  return scope === 'namespace' && subjects.some(means);
}

function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

/** Members of `system:masters` may do anything as it is: no role adds to that. */
export function holdersBy(binding: Binding): readonly Holder[] {
  const holders: Holder[] = [];
  addHolders(holders, binding, addedSubjects);
  return holders;
}

type Meant = (binding: Binding) => readonly BindingSubject[];

const allSubjects: Meant = ({ subjects }) => subjects;

function addHolders(holders: Holder[], binding: Binding, meant: Meant): void {
  const scope = binding.scope === 'cluster' ? 'cluster' : { namespace: binding.object.namespace };
  for (const subject of meant(binding)) {
    if (subject.kind !== 'Group' || subject.name !== 'system:masters') holders.push({ subject, scope, binding });
  }
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
