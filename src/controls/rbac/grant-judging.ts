import { defineFact, type Facts } from '../../facts/facts.ts';
import { type Holder, hasAggregation, holdersBy, rbac } from '../../facts/rbac.ts';
import type { Severity } from '../../model/severity.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { notApplicable, type Verdict } from '../../model/verdict.ts';
import type { Binding } from '../../semantics/rbac/binding.ts';
import {
  addedSubjects,
  isDefaultClusterRole,
  isDefaultRole,
  isDefaultRoleName,
  subjectName,
} from '../../semantics/rbac/default-objects.ts';
import type { RoleRule } from '../../semantics/rbac/rule.ts';

/** What grants rights and is somebody's to mend: a role of theirs, or a binding that gives away one of Kubernetes' own. */
export type Granting = RoleGranting | BindingGranting;

interface RoleGranting {
  readonly kind: 'role';
  readonly rules: readonly RoleRule[];
  readonly holders: readonly Holder[];
  /** As `scopeOf` says. */
  readonly scope: 'cluster' | 'namespace';
}

interface BindingGranting extends Omit<RoleGranting, 'kind'> {
  readonly kind: 'binding';
  readonly binding: Binding;
}

export const noGrant: Verdict = notApplicable('it grants no rights');
const ofKubernetes: Verdict = { kind: 'pass' };
const byItsRole = notApplicable('its role is judged');

/** Whether an object is of the kinds that grant rights; told without reading it, since most objects are not. */
function isGranting({ kind }: KubeObject): boolean {
  return kind === 'ClusterRole' || kind === 'Role' || isBindingKind(kind);
}

export function isBindingKind(kind: string): boolean {
  return kind === 'ClusterRoleBinding' || kind === 'RoleBinding';
}

/** What an object grants, or the verdict for one that is not judged by what it grants. */
export function grantingOf(object: KubeObject, facts: Facts): Granting | Verdict {
  if (!isGranting(object)) return noGrant;
  return facts.get(grantings)(object);
}

/** Every control of this folder asks about the same objects. */
const grantings = defineFact('grantings', (facts): ((object: KubeObject) => Granting | Verdict) => {
  // An object is asked about by all of them in turn.
  let last: KubeObject | undefined;
  let granting: Granting | Verdict = noGrant;
  return (object) => {
    if (object !== last) granting = readGranting(object, facts);
    last = object;
    return granting;
  };
});

function readGranting(object: KubeObject, facts: Facts): Granting | Verdict {
  if (!object.apiVersion.startsWith('rbac.authorization.k8s.io/')) return noGrant;
  const known = facts.get(rbac);
  if (!isBindingKind(object.kind)) {
    if (isDefaultRole(object)) return ofKubernetes;
    if (hasAggregation(object)) return notApplicable('the roles that it puts together are judged');
    const own = known.holdersOf(object);
    return { kind: 'role', rules: known.ownRules(object), holders: own, scope: scopeOf(object, own) };
  }
  const binding = known.bindingOf(object);
  if (binding === undefined) return notApplicable('it names no role');
  if (binding.subjects.length > 0 && addedSubjects(binding).length === 0) return ofKubernetes;
  if (!givesDefaultRole(binding)) return byItsRole;
  const role = known.roleOf(binding);
  if (role !== undefined && !isDefaultRole(role)) return byItsRole;
  const rules = known.rulesOf(binding) ?? [];
  const holders = holdersBy(binding);
  return { kind: 'binding', rules, holders, binding, scope: scopeOf(object, holders) };
}

function givesDefaultRole({ role, object }: Binding): boolean {
  return role.kind === 'ClusterRole' ? isDefaultClusterRole(role.name) : isDefaultRoleName(object.namespace, role.name);
}

/** The widest scope at which anyone holds a role; of a role that nobody holds, the one that it would have. */
export function scopeOf(object: KubeObject, holders: readonly Holder[]): 'cluster' | 'namespace' {
  if (holders.some(({ scope }) => scope === 'cluster')) return 'cluster';
  return holders.length === 0 && object.kind === 'ClusterRole' ? 'cluster' : 'namespace';
}

/** How grave a power is with those who hold it: least where nobody does, less in a namespace than everywhere. */
export function gradeOf(severity: Severity, holders: readonly Holder[]): Severity {
  if (holders.length === 0) return severity === 'info' ? 'info' : 'low';
  if (holders.some(({ scope }) => scope === 'cluster')) return severity;
  const inSystem = holders.some(({ scope }) => scope !== 'cluster' && scope.namespace === 'kube-system');
  return inSystem ? severity : (lower.get(severity) ?? severity);
}

const lower: ReadonlyMap<Severity, Severity> = new Map([
  ['critical', 'high'],
  ['high', 'medium'],
  ['medium', 'low'],
]);

/** `ServiceAccount shop/app can read Secrets in every namespace`. */
export function sentence(does: string, object: KubeObject, holders: readonly Holder[]): string {
  const everywhere = holders.filter(({ scope }) => scope === 'cluster');
  const told = everywhere.length > 0 ? everywhere : holders;
  if (told.length === 0) {
    const where = object.kind === 'Role' ? ` in ${namespaceText(object.namespace)}` : '';
    return `whoever is bound to it can ${does}${where}; nobody is in what was read`;
  }
  const names = [...new Set(told.map(({ subject }) => subjectName(subject)))].sort();
  const more = names.length > 2 ? ` and ${names.length - 2} more` : '';
  const who = names.length === 2 ? names.join(' and ') : `${names.slice(0, 2).join(', ')}${more}`;
  return `${who} can ${does} ${everywhere.length > 0 ? 'in the whole cluster' : `in ${namespacesOf(told)}`}`;
}

function namespacesOf(holders: readonly Holder[]): string {
  const names = [...new Set(holders.map(({ scope }) => (scope === 'cluster' ? undefined : scope.namespace)))].sort();
  const first = namespaceText(names[0]);
  return names.length > 1 ? `${first} and ${names.length - 1} more` : first;
}

function namespaceText(namespace: string | undefined): string {
  return namespace === undefined ? 'its namespace' : `namespace ${namespace}`;
}

/** `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
