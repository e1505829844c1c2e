import type { KubeObject } from '../../model/snapshot.ts';
import { type Binding, type RbacUser, readBinding, serviceAccountUser } from './binding.ts';
import { type GrantedRule, RoleBook } from './role-book.ts';
import { type RbacRequest, ruleAllows } from './rule.ts';
import { RuleIndex } from './rule-index.ts';

/** The rule that allows a request, and the binding that gives it to the user. */
export interface Grant extends GrantedRule {
  readonly binding: Binding;
}

/** Where a request is made: in one namespace, or in none (and then in all at once). */
export type RequestNamespace = string | undefined;

export interface RbacAuthorizer {
  readonly roles: RoleBook;
  /** In the order in which they were read. */
  readonly bindings: readonly Binding[];
  /**
   * What allows a request: the first grant found; undefined where RBAC has no opinion, which denies unless another
   * authorizer allows. `namespace` is that of the request, undefined for what is in none and for all namespaces at once.
   */
  grantOf(user: RbacUser, request: RbacRequest, namespace: RequestNamespace): Grant | undefined;
  /** The role that a binding names; undefined where it does not exist. */
  roleOf(binding: Binding): KubeObject | undefined;
  /** The bindings that mean a user, whatever they give and wherever. */
  bindingsOf(user: RbacUser): readonly Binding[];
  /**
   * Every binding by which somebody may make a request in some namespace or in all, each with the rule that allows it.
   * With `names`, a request without a name also finds what allows it for some names only, behind the others.
   */
  grantsOf(request: RbacRequest, also?: 'names'): readonly Grant[];
}

/**
 * Decides as the RBAC authorizer of the API server does, from the roles and bindings among `objects`. The group
 * `system:masters` is not special here: it is the binding `cluster-admin` that gives it everything, and another
 * authorizer that skips RBAC for it. Source: plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac/validation/rule.go.
 */
export function rbacAuthorizer(objects: readonly KubeObject[]): RbacAuthorizer {
  const roles = new RoleBook(objects);
  const bindings: Binding[] = [];
  for (const object of objects) {
    const binding = readBinding(object);
    if (binding !== undefined) bindings.push(binding);
  }
  // Asked again and again.
  const named = new Map<Binding, KubeObject>();
  for (const binding of bindings) {
    const role = roles.find(binding.role, binding.object.namespace);
    if (role !== undefined) named.set(binding, role);
  }
  const roleOf = (binding: Binding): KubeObject | undefined =>
    named.get(binding) ?? roles.find(binding.role, binding.object.namespace);
  // What only some questions need is put together for the first of them.
  let subjects: SubjectIndex | undefined;
  let rules: RuleIndex<KubeObject> | undefined;
  const ruleOf = (binding: Binding, request: RbacRequest): Grant | undefined => {
    const role = roleOf(binding);
    if (role === undefined) return undefined;
    const found = roles.rulesOf(role).find(({ rule }) => ruleAllows(rule, request));
    return found === undefined ? undefined : { ...found, binding };
  };
  const bindingsOf = (user: RbacUser): readonly Binding[] => {
    subjects ??= indexSubjects(bindings);
    const found = new Set(subjects.users.get(user.name));
    for (const group of user.groups) for (const binding of subjects.groups.get(group) ?? []) found.add(binding);
    return [...found];
  };
  return {
    roles,
    bindings,
    roleOf,
    bindingsOf,
    grantOf: (user, request, namespace) => {
      const own = bindingsOf(user);
      const reaches = own.filter((binding) => isInForce(binding, request, namespace));
      // What holds everywhere is told first, as the API server looks at it first.
      for (const scope of ['cluster', 'namespace'] as const) {
        for (const binding of reaches) {
          const grant = binding.scope === scope ? ruleOf(binding, request) : undefined;
          if (grant !== undefined) return grant;
        }
      }
      return undefined;
    },
    grantsOf: (request, also) => {
      rules ??= indexRules(roles, bindings.map(roleOf));
      const found = rules.find(request);
      if (found.size === 0) return [];
      const grants: Grant[] = [];
      const forNames: Grant[] = [];
      for (const binding of bindings) {
        if ('path' in request && binding.scope === 'namespace') continue;
        const role = roleOf(binding);
        const granted = role === undefined ? undefined : found.get(role);
        if (granted === undefined) continue;
        const { rule, role: source } = granted.whole ?? granted.named ?? {};
        if (rule === undefined || source === undefined) continue;
        (granted.whole === undefined ? forNames : grants).push({ rule, role: source, binding });
      }
      return also === 'names' ? [...grants, ...forNames] : grants;
    },
  };
}

interface SubjectIndex {
  readonly users: ReadonlyMap<string, readonly Binding[]>;
  readonly groups: ReadonlyMap<string, readonly Binding[]>;
}

function indexSubjects(bindings: readonly Binding[]): SubjectIndex {
  const users = new Map<string, Binding[]>();
  const groups = new Map<string, Binding[]>();
  for (const binding of bindings) {
    for (const { kind, name, namespace } of binding.subjects) {
      if (kind === 'Group') add(groups, name, binding);
      else if (kind === 'User') add(users, name, binding);
      else if (namespace !== undefined) add(users, serviceAccountUser(namespace, name), binding);
    }
  }
  return { users, groups };
}

function indexRules(roles: RoleBook, bound: readonly (KubeObject | undefined)[]): RuleIndex<KubeObject> {
  const index = new RuleIndex<KubeObject>();
  for (const role of new Set(bound)) if (role !== undefined) index.add(role, roles.rulesOf(role));
  return index;
}

/** Whether a binding is asked about a request at all: one of a namespace counts there, and never for paths. */
function isInForce({ scope, object }: Binding, request: RbacRequest, namespace: RequestNamespace): boolean {
  if (scope === 'cluster') return true;
  return !('path' in request) && namespace !== undefined && namespace !== '' && (object.namespace ?? '') === namespace;
}

function add(map: Map<string, Binding[]>, key: string, binding: Binding): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [binding]);
  else if (known.at(-1) !== binding) known.push(binding);
}
