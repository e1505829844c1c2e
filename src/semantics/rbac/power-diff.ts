import type { KubeObject } from '../../model/snapshot.ts';
import { type RbacAuthorizer, rbacAuthorizer } from './authorize.ts';
import type { BindingSubject } from './binding.ts';
import { subjectName } from './default-objects.ts';
import { type RoleRule, urlMatches } from './rule.ts';

/** One right in words of its own: verb, what, and where. */
export interface Right {
  readonly verb: string;
  /** `pods/exec`, `deployments.apps`, or a path. */
  readonly what: string;
  /** Undefined: any. */
  readonly name: string | undefined;
  /** Undefined: everywhere. */
  readonly namespace: string | undefined;
}

/** What a subject may do now and could not, or the other way round. */
export interface PowerChange {
  readonly subject: string;
  readonly gained: readonly Right[];
  readonly lost: readonly Right[];
}

/** Per subject; beyond, a change is told as rules rather than rights, and this many are enough to see it. */
const mostRights = 5000;

/**
 * Which subjects gained or lost which rights. What counts is what is allowed, not how it is written: a right that moves
 * to another role, or that another rule of the subject still covers, has not changed. Groups are subjects of their own.
 */
export function diffPowers(before: readonly KubeObject[], after: readonly KubeObject[]): readonly PowerChange[] {
  const old = heldRules(rbacAuthorizer(before));
  const now = heldRules(rbacAuthorizer(after));
  const subjects = [...new Set([...old.keys(), ...now.keys()])].sort();
  return subjects.flatMap((subject) => {
    const [had, has] = [old.get(subject) ?? [], now.get(subject) ?? []];
    const gained = beyond(has, had);
    const lost = beyond(had, has);
    return gained.length + lost.length === 0 ? [] : [{ subject, gained, lost }];
  });
}

interface Held {
  readonly rule: RoleRule;
  readonly namespace: string | undefined;
}

function heldRules(authorizer: RbacAuthorizer): ReadonlyMap<string, readonly Held[]> {
  const held = new Map<string, Held[]>();
  for (const binding of authorizer.bindings) {
    const role = authorizer.roles.find(binding.role, binding.object.namespace);
    if (role === undefined) continue;
    const namespace = binding.scope === 'cluster' ? undefined : (binding.object.namespace ?? '');
    const rules = authorizer.roles.rulesOf(role).map(({ rule }) => ({ rule, namespace }));
    for (const subject of new Set(binding.subjects.map((each: BindingSubject) => subjectName(each)))) {
      const known = held.get(subject);
      if (known === undefined) held.set(subject, [...rules]);
      else known.push(...rules);
    }
  }
  return held;
}

/** The rights of `own` that `others` does not cover. */
function beyond(own: readonly Held[], others: readonly Held[]): readonly Right[] {
  const same = new Set(others.map(keyOf));
  const rights = new Map<string, Right>();
  for (const held of own) {
    if (same.has(keyOf(held))) continue;
    for (const right of rightsOf(held)) {
      if (rights.size >= mostRights) return [...rights.values()];
      const key = JSON.stringify([right.namespace ?? null, right.what, right.name ?? null, right.verb]);
      if (!rights.has(key) && !others.some((other) => coversRight(other, right))) rights.set(key, right);
    }
  }
  return [...rights.values()];
}

function keyOf({ rule, namespace }: Held): string {
  // Where a rule stands in its role does not matter.
  return JSON.stringify([namespace ?? null, { ...rule, index: 0 }]);
}

function* rightsOf({ rule, namespace }: Held): Iterable<Right> {
  const names = rule.resourceNames.length === 0 ? [undefined] : rule.resourceNames;
  for (const group of rule.apiGroups) {
    for (const resource of rule.resources) {
      for (const verb of rule.verbs) {
        for (const name of names) yield { verb, what: resourceText(group, resource), name, namespace };
      }
    }
  }
  if (namespace !== undefined) return;
  for (const url of rule.nonResourceURLs) {
    for (const verb of rule.verbs) yield { verb, what: url, name: undefined, namespace };
  }
}

/** `deployments.apps/scale`, as people write it; the core group is left out. */
export function resourceText(group: string, resource: string): string {
  const [plural = '', ...rest] = resource.split('/');
  const sub = rest.length === 0 ? '' : `/${rest.join('/')}`;
  return `${plural}${group === '' ? '' : `.${group}`}${sub}`;
}

function coversRight({ rule, namespace }: Held, right: Right): boolean {
  if (namespace !== undefined && namespace !== right.namespace) return false;
  if (!rule.verbs.includes('*') && !rule.verbs.includes(right.verb)) return false;
  if (right.what.startsWith('/') || right.what === '*') {
    if (rule.nonResourceURLs.some((url) => urlMatches(url, right.what)) && right.what !== '*') return true;
  }
  if (rule.resourceNames.length > 0 && (right.name === undefined || !rule.resourceNames.includes(right.name)))
    return false;
  return rule.apiGroups.some((group) => rule.resources.some((resource) => coversWhat(group, resource, right.what)));
}

/** Whether `group` and `resource` of a rule mean what `resourceText` wrote. */
function coversWhat(group: string, resource: string, what: string): boolean {
  if (what.startsWith('/')) return false;
  const slash = what.indexOf('/');
  const full = slash === -1 ? what : what.slice(0, slash);
  const sub = slash === -1 ? '' : what.slice(slash);
  const dot = full.indexOf('.');
  const plural = dot === -1 ? full : full.slice(0, dot);
  const own = dot === -1 ? '' : full.slice(dot + 1);
  if (group !== '*' && group !== own) return false;
  return resource === '*' || resource === `${plural}${sub}` || (sub !== '' && resource === `*${sub}`);
}
