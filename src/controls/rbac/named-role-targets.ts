import { defineFact, type Facts } from '../../facts/facts.ts';
import { type Holder, type Rbac, rbac } from '../../facts/rbac.ts';
import type { Binding } from '../../semantics/rbac/binding.ts';
import { rulesShippedWith } from '../../semantics/rbac/default-excess.ts';
import { isDefaultClusterRole } from '../../semantics/rbac/default-objects.ts';
import { type RoleReference, rbacGroup } from '../../semantics/rbac/role-book.ts';
import { type ResourceRequest, type RoleRule, ruleAllows } from '../../semantics/rbac/rule.ts';
import { type Grades, gradesOf } from './grades.ts';
import type { Granting } from './grant-judging.ts';
import { strengthOf } from './strength.ts';

/** A role that a rule names, and what comes of the right to bind or change it. */
export interface RoleTarget {
  /** Behind "can". */
  readonly says: string;
  /** What it amounts to. */
  readonly does: string;
  readonly grades: Grades;
  /** Those of the holders who have what else it takes. */
  readonly holders: readonly Holder[];
}

interface Named {
  readonly granting: Granting;
  readonly facts: Facts;
}

const write = ['create', 'update', 'patch'];

/**
 * What somebody gets by roles that a rule lists by name: by `bind`, what the role gives; by `escalate` and a change of
 * it, anything, where they have the role or may bind it. Asked for the name, as the API server asks.
 */
export function* roleTargets(rule: RoleRule, name: string, named: Named): Iterable<RoleTarget> {
  for (const kind of ['ClusterRole', 'Role'] as const) {
    const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles';
    const allows = (verb: string): boolean => ruleAllows(rule, { verb, apiGroup: rbacGroup, resource, name });
    if (allows('bind')) yield* bound({ kind, name }, named);
    if (allows('escalate') || allows('update') || allows('patch')) yield* escalated({ kind, name }, named);
  }
}

function* bound(role: RoleReference, { granting, facts }: Named): Iterable<RoleTarget> {
  const known = facts.get(rbac);
  // Bindings of both kinds are asked for apart: one everywhere gives the role everywhere.
  const everywhere: Holder[] = [];
  const within: Holder[] = [];
  for (const holder of granting.holders) {
    if (role.kind === 'ClusterRole' && writesBinding(facts, holder, { role, scope: 'cluster' }))
      everywhere.push(holder);
    else if (writesBinding(facts, holder, { role, scope: 'namespace' })) within.push(holder);
  }
  for (const [scope, holders] of [['cluster', everywhere] as const, ['namespace', within] as const]) {
    if (holders.length === 0) continue;
    const { strength, does, grades } = strengthOf(rulesOf(known, role, holders), { scope, role });
    if (strength !== 'strong' || does === undefined || grades === undefined) continue;
    const own = scope === 'cluster' ? grades : withoutCluster(grades);
    yield { says: `bind ${role.kind} ${role.name}`, does, grades: own, holders };
  }
}

function* escalated(role: RoleReference, { granting, facts }: Named): Iterable<RoleTarget> {
  const known = facts.get(rbac);
  const resource = role.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  const may = (holder: Holder, verbs: readonly string[]): boolean =>
    verbs.some((verb) => known.allows(holder, { verb, apiGroup: rbacGroup, resource, name: role.name }));
  const whole = { verb: 'escalate', apiGroup: rbacGroup, resource };
  const changing = granting.holders.filter((holder) => {
    // Few may: asked first.
    if (!may(holder, ['escalate']) || !may(holder, ['update', 'patch'])) return false;
    // Without any name on either side it is told as such.
    return !known.allows(holder, whole) || !write.some((verb) => known.allows(holder, { ...whole, verb }));
  });
  const own = changing.filter((holder) => has(known, holder, role) || mayTake(facts, holder, role));
  const others = changing.filter((holder) => !own.includes(holder));
  const says = `give ${role.kind} ${role.name} rights that they do not have themselves`;
  if (own.length > 0) yield { says, does: 'gives them any right', grades: gradesOf('critical'), holders: own };
  if (others.length > 0) {
    const does = 'gives any right to those who have it';
    // Those of Kubernetes itself are bound on every server, whether manifests show it or not.
    const isHeld = given(facts, role).length > 0 || (role.kind === 'ClusterRole' && isDefaultClusterRole(role.name));
    yield { says, does, grades: gradesOf(isHeld ? 'medium' : 'low'), holders: others };
  }
}

/** Whether somebody has the role, by their own name or by a group. */
function has(known: Rbac, { subject, scope }: Holder, role: RoleReference): boolean {
  return known.bindingsOf(subject).some((binding) => {
    const isThere =
      role.kind === 'ClusterRole' || (scope !== 'cluster' && binding.object.namespace === scope.namespace);
    return binding.role.kind === role.kind && binding.role.name === role.name && (isThere || scope === 'cluster');
  });
}

/** Whether somebody may give themselves the role: the right to bind it, with a binding to write. */
function mayTake(facts: Facts, holder: Holder, role: RoleReference): boolean {
  const resource = role.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  const bind = { verb: 'bind', apiGroup: rbacGroup, resource, name: role.name };
  return (
    facts.get(rbac).allows(holder, bind) &&
    (writesBinding(facts, holder, { role, scope: 'cluster' }) ||
      writesBinding(facts, holder, { role, scope: 'namespace' }))
  );
}

/** Whether somebody may make a binding, or change one that gives the role: its role cannot be changed. */
function writesBinding(
  facts: Facts,
  holder: Holder,
  { role, scope }: { readonly role: RoleReference; readonly scope: Binding['scope'] },
): boolean {
  const known = facts.get(rbac);
  const resource = scope === 'cluster' ? 'clusterrolebindings' : 'rolebindings';
  const request = (verb: string, name = ''): ResourceRequest => ({ verb, apiGroup: rbacGroup, resource, name });
  if (scope === 'cluster') {
    const everywhere = { subject: holder.subject, scope: 'cluster' } as const;
    if (holder.scope !== 'cluster') return false;
    return (
      known.allows(everywhere, request('create')) ||
      given(facts, role).some(
        ({ object, scope: own }) =>
          own === scope && ['update', 'patch'].some((verb) => known.allows(everywhere, request(verb, object.name))),
      )
    );
  }
  const places =
    holder.scope === 'cluster' ? [undefined, ...known.namespacesOf(holder.subject)] : [holder.scope.namespace];
  return places.some((namespace) => {
    const there = { subject: holder.subject, scope: namespace === undefined ? ('cluster' as const) : { namespace } };
    if (known.allows(there, request('create'))) return true;
    return given(facts, role).some(
      ({ object, scope: own }) =>
        own === scope &&
        (namespace === undefined || object.namespace === namespace) &&
        ['update', 'patch'].some((verb) => known.allows(there, request(verb, object.name))),
    );
  });
}

/** By kind and name of the role that they give. */
const bindingsByRole = defineFact('bindings-by-role', (facts): ReadonlyMap<string, readonly Binding[]> => {
  const found = new Map<string, Binding[]>();
  for (const binding of facts.get(rbac).bindings) {
    const key = `${binding.role.kind} ${binding.role.name}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [binding]);
    else known.push(binding);
  }
  return found;
});

function given(facts: Facts, { kind, name }: RoleReference): readonly Binding[] {
  return facts.get(bindingsByRole).get(`${kind} ${name}`) ?? [];
}

/** Of a Role, those of every namespace that its holders are in. */
function rulesOf(known: Rbac, role: RoleReference, holders: readonly Holder[]): readonly RoleRule[] {
  const { roles } = known.authorizer;
  if (role.kind === 'ClusterRole') {
    const found = roles.find(role, undefined);
    if (found !== undefined) return roles.rulesOf(found).map(({ rule }) => rule);
    return isDefaultClusterRole(role.name) ? rulesShippedWith(role.name) : [];
  }
  const namespaces = new Set<string | undefined>(
    holders.flatMap(({ scope, subject }): readonly (string | undefined)[] =>
      scope === 'cluster' ? known.namespacesOf(subject) : [scope.namespace],
    ),
  );
  return [...namespaces].flatMap((namespace) => {
    const found = roles.find(role, namespace);
    return found === undefined ? [] : roles.rulesOf(found).map(({ rule }) => rule);
  });
}

/** What is bound in a namespace only, by whoever may write bindings there. */
function withoutCluster({ system, namespace }: Grades): Grades {
  return { cluster: namespace, system, namespace };
}
