import { defineFact, type Facts } from '../../facts/facts.ts';
import { type Holder, hasAggregation, holdersBy, rbac } from '../../facts/rbac.ts';
import type { Path } from '../../model/path.ts';
import type { Severity } from '../../model/severity.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable, type Verdict } from '../../model/verdict.ts';
import type { Binding, BindingSubject } from '../../semantics/rbac/binding.ts';
import { isShippedRole } from '../../semantics/rbac/default-excess.ts';
import {
  addedSubjects,
  isDefaultClusterRole,
  isDefaultRoleName,
  subjectName,
} from '../../semantics/rbac/default-objects.ts';
import { vendorOf } from '../../semantics/rbac/provenance.ts';
import type { RoleRule } from '../../semantics/rbac/rule.ts';
import { type Grades, gradeOf, lowered } from './grades.ts';
import { lesserRows } from './lesser-rows.ts';
import { gives, type Power } from './power.ts';
import { type GivenPower, type GivenRows, powersOfRules } from './power-index.ts';
import { approval, powerRows } from './power-rows.ts';

/** What grants rights and is somebody's to mend: a role of theirs, or a binding that gives away one of Kubernetes' own. */
export type Granting = RoleGranting | BindingGranting;

interface RoleGranting {
  readonly kind: 'role';
  readonly object: KubeObject;
  readonly rules: readonly RoleRule[];
  readonly holders: readonly Holder[];
  /** As `scopeOf` says. */
  readonly scope: 'cluster' | 'namespace';
  /** The powers that the rules give where they hold everywhere. */
  readonly given: GivenRows;
}

interface BindingGranting extends Omit<RoleGranting, 'kind'> {
  readonly kind: 'binding';
  readonly binding: Binding;
}

/** The kinds that grant rights, for controls to say which of them they judge. */
export const roleKinds: readonly string[] = ['Role', 'ClusterRole'];
export const bindingKinds: readonly string[] = ['RoleBinding', 'ClusterRoleBinding'];
export const grantKinds: readonly string[] = [...roleKinds, ...bindingKinds];

export const noGrant: Verdict = notApplicable('it grants no rights');
const ofKubernetes: Verdict = { kind: 'pass' };
const noRules: readonly RoleRule[] = [];
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
    if (hasAggregation(object)) return notApplicable('the roles that it puts together are judged');
    if (isShippedRole(object)) return beyondShipped(object, facts);
    const holders = known.holdersOf(object);
    const rules = known.ownRules(object);
    const given = facts.get(powersOfRules)(rules);
    return { kind: 'role', object, rules, holders, scope: scopeOf(object, holders), given };
  }
  const binding = known.bindingOf(object);
  if (binding === undefined) return notApplicable('it names no role');
  if (!givesDefaultRole(binding)) return byItsRole;
  if (binding.subjects.length > 0 && addedSubjects(binding).length === 0) return ofKubernetes;
  const rules = known.rulesOf(binding) ?? noRules;
  const holders = holdersBy(binding);
  const given = facts.get(powersOfRules)(rules);
  return { kind: 'binding', object, rules, holders, binding, scope: scopeOf(object, holders), given };
}

/** What hides in a role of Kubernetes: it has those whom Kubernetes itself gives it, too. */
function beyondShipped(object: KubeObject, facts: Facts): Granting | Verdict {
  const known = facts.get(rbac);
  const rules = known.excessOf(object);
  const given = rules.length === 0 ? undefined : facts.get(powersOfRules)(rules);
  // Versions add harmless rights to them, of which not all are known.
  const approves = rules.some(
    (rule) => gives(rule, approval.approve, 'cluster') || gives(rule, approval.update, 'cluster'),
  );
  if (given === undefined) return ofKubernetes;
  if (!approves && ![...given].some(([row, powers]) => isGraveRow(row, powers))) return ofKubernetes;
  const holders = known.everyHolderOf(object);
  return { kind: 'role', object, rules, holders, scope: scopeOf(object, holders), given };
}

function isGraveRow(row: readonly Power[], powers: readonly GivenPower[]): boolean {
  if (!graveRows.has(row)) return false;
  return powers.some(({ power }) => power.severity !== 'low' && power.severity !== 'info');
}

const graveRows: ReadonlySet<readonly Power[] | undefined> = new Set([
  ...powerRows.values(),
  ...[
    ...['all-resources', 'secrets-write', 'workloads-modify', 'pods-modify', 'pods-exec', 'certificate-signing'],
    ...['admission-policies', 'constrained-impersonation', 'namespaces-write', 'api-extensions', 'nodes-write'],
  ].map((name) => lesserRows.get(name)),
]);

function givesDefaultRole({ role, object }: Binding): boolean {
  return role.kind === 'ClusterRole' ? isDefaultClusterRole(role.name) : isDefaultRoleName(object.namespace, role.name);
}

/** The widest scope at which anyone holds a role; of a role that nobody holds, the one that it would have. */
function scopeOf(object: KubeObject, holders: readonly Holder[]): 'cluster' | 'namespace' {
  if (holders.some(({ scope }) => scope === 'cluster')) return 'cluster';
  return holders.length === 0 && object.kind === 'ClusterRole' ? 'cluster' : 'namespace';
}

interface PowerFailure {
  readonly granting: Granting;
  readonly severity: Severity | Grades;
  readonly at: Path;
  readonly key?: string;
  /** What they may do, right by right, where that is several. */
  readonly rights?: readonly string[];
  /** Those of the holders that it is about, where it is not all. */
  readonly holders?: readonly Holder[];
}

/** A role or binding failed for what it lets its holders do. What a vendor made weighs less, and the message names it. */
export function powerFailure(does: string, { granting, severity, at, key, rights, holders }: PowerFailure): Failure {
  const who = holders ?? granting.holders;
  const others = granting.kind === 'role' ? who.filter(({ subject }) => !isForAll(subject)) : who;
  const isPlain = granting.kind === 'role' || granting.binding.role.name === 'cluster-admin';
  const by = isPlain ? '' : `, by ${granting.binding.role.kind} ${granting.binding.role.name}`;
  // Whom a binding hands the role to is a fault of the binding, and as grave as it is told there.
  const isToldThere = who.length > 0 && others.length === 0;
  const said = `${sentence(does, granting.object, who)}${by}${isToldThere ? ', as is told of the binding' : ''}`;
  const more = { items: [...(rights ?? [does]), ...holderItems(who)], ...(key !== undefined && { key }) };
  return ofVendor(fail(said, at, { severity: gradeOf(severity, others), ...more }), granting);
}

/** Those of `rbac/anonymous` and `rbac/everyone`. */
function isForAll({ kind, name }: BindingSubject): boolean {
  return kind === 'User' ? name === 'system:anonymous' : kind === 'Group' && forAll.has(name);
}

const forAll: ReadonlySet<string> = new Set([
  'system:unauthenticated',
  'system:authenticated',
  'system:serviceaccounts',
]);

/** Holders that are listed one by one: of more, it is no news that there is another. */
const listedHolders = 50;

function holderItems(holders: readonly Holder[]): readonly string[] {
  if (holders.length > listedHolders) return [];
  return holders.map(({ subject, scope }) => {
    return `${subjectName(subject)} in ${scope === 'cluster' ? 'the whole cluster' : namespaceText(scope.namespace)}`;
  });
}

/** A failure of what a vendor made and gave: one step less grave, and said so. */
export function ofVendor(failure: Failure, { object, holders }: Pick<Granting, 'object' | 'holders'>): Failure {
  const vendor = vendorOfGrant(object, holders);
  if (vendor === undefined || failure.severity === undefined) return failure;
  return { ...failure, message: `${failure.message}; made by ${vendor}`, severity: lowered(failure.severity) };
}

/** The vendor that made a role or binding and every binding that gives it; somebody's own binding is their own doing. */
function vendorOfGrant(object: KubeObject, holders: readonly Holder[]): string | undefined {
  const vendor = vendorOf(object);
  if (vendor === undefined) return undefined;
  const own = holders.some(({ binding }) => binding.object !== object && vendorOf(binding.object) !== vendor);
  return own ? undefined : vendor;
}

/** `ServiceAccount shop/app can read Secrets in the whole cluster`. */
function sentence(does: string, object: KubeObject, holders: readonly Holder[]): string {
  if (holders.length === 0) {
    const where = object.kind === 'Role' ? ` in ${namespaceText(object.namespace)}` : '';
    return `whoever is bound to it can ${does}${where}; nobody is in what was read`;
  }
  const isEverywhere = holders.some(({ scope }) => scope === 'cluster');
  const names = new Set<string>();
  const namespaces = new Set<string | undefined>();
  for (const { scope, subject } of holders) {
    if (isEverywhere && scope !== 'cluster') continue;
    names.add(subjectName(subject));
    if (scope !== 'cluster') namespaces.add(scope.namespace);
  }
  return `${firstTwo(names)} can ${does} ${isEverywhere ? 'in the whole cluster' : `in ${namespacesText(namespaces)}`}`;
}

/** The first two by the alphabet, and how many more: thousands need not be sorted for that. */
function firstTwo(names: ReadonlySet<string>): string {
  let first: string | undefined;
  let second: string | undefined;
  for (const name of names) {
    if (first === undefined || name < first) {
      second = first;
      first = name;
    } else if (second === undefined || name < second) second = name;
  }
  if (second === undefined) return first ?? '';
  return names.size === 2 ? `${first} and ${second}` : `${first}, ${second} and ${names.size - 2} more`;
}

function namespacesText(namespaces: ReadonlySet<string | undefined>): string {
  let first: string | undefined;
  for (const name of namespaces) if (first === undefined || (name !== undefined && name < first)) first = name;
  return namespaces.size > 1 ? `${namespaceText(first)} and ${namespaces.size - 1} more` : namespaceText(first);
}

function namespaceText(namespace: string | undefined): string {
  return namespace === undefined ? 'its namespace' : `namespace ${namespace}`;
}

/** `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
