import { defineFact, type Facts } from '../../facts/facts.ts';
import { type Rbac, rbac } from '../../facts/rbac.ts';
import { type Failure, pass } from '../../model/verdict.ts';
import type { Binding, BindingSubject } from '../../semantics/rbac/binding.ts';
import { isDefaultClusterRole, subjectName } from '../../semantics/rbac/default-objects.ts';
import { rbacGroup } from '../../semantics/rbac/role-book.ts';
import { type ResourceRequest, type RoleRule, ruleAllows } from '../../semantics/rbac/rule.ts';
import { control } from '../control.ts';
import { clusterBinding, clusterRole, everywhere, user } from './example-grants.ts';
import { type Granting, grantingOf, powerFailure, roleKinds } from './grant-judging.ts';
import { hasNeeds } from './needs.ts';
import { coveringControls } from './power-control.ts';
import { strengthOf } from './strength.ts';

/** Somebody or something that a rule names, and what comes with it. */
interface Target {
  readonly says: string;
  /** What it can do, if that is much. */
  readonly does: string;
  readonly scope: Binding['scope'];
}

/** Beyond, a rule is a list that says nothing of its own. */
const mostNames = 50;
const mostTold = 10;

export default control({
  id: 'rbac/named-targets',
  title: 'Nobody can become or bind, by its name, what is stronger than they should be',
  severity: 'high',
  subject: 'object',
  kinds: roleKinds,
  why: 'A right that is limited to one account or role is as strong as that one is.',
  remedy: 'Name accounts and roles that can do little, or take the verb out of the rule.',
  coveredBy: [...coveringControls, 'rbac/all-resources', 'rbac/escalation-verbs', 'rbac/masters-group'],
  check: ({ object }, facts) => {
    const granting = grantingOf(object, facts);
    if (granting.kind === 'binding') return pass;
    if (granting.kind !== 'role') return granting;
    const found = new Map<string, Failure>();
    for (const rule of granting.rules) {
      for (const name of rule.resourceNames.slice(0, mostNames)) {
        for (const { says, does, scope } of targetsOf(rule, name, { granting, facts })) {
          if (found.size >= mostTold) return [...found.values()];
          const severity = scope === 'cluster' ? 'high' : 'medium';
          const at = ['rules', rule.index, 'resourceNames'];
          if (!found.has(says))
            found.set(says, powerFailure(`${says}, which can ${does}`, { granting, severity, at, key: says }));
        }
      }
    }
    return [...found.values()];
  },
  examples: {
    fail: [
      `${everywhere('{apiGroups: [""], resources: [users], verbs: [impersonate], resourceNames: [anne]}')}---
${clusterBinding('cluster-admin', user('anne')).replace('name: given', 'name: anne')}`,
      `${everywhere('{apiGroups: [""], resources: [serviceaccounts/token], verbs: [create], resourceNames: [robot]}')}---
${clusterBinding('cluster-admin', '{kind: ServiceAccount, name: robot, namespace: ops}').replace('name: given', 'name: robot')}`,
      `${everywhere('{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles, clusterrolebindings], verbs: [bind, create], resourceNames: [strong, ""]}')}---
${clusterRole('{apiGroups: [""], resources: [secrets], verbs: [get]}').replace('name: example', 'name: strong')}`,
    ],
    pass: [
      everywhere('{apiGroups: [""], resources: [users], verbs: [impersonate], resourceNames: [anne]}'),
      `${everywhere('{apiGroups: [""], resources: [users], verbs: [get], resourceNames: [anne]}')}---
${clusterBinding('cluster-admin', user('anne')).replace('name: given', 'name: anne')}`,
    ],
  },
});

interface Asked {
  readonly granting: Granting;
  readonly facts: Facts;
}

function* targetsOf(rule: RoleRule, name: string, { granting, facts }: Asked): Iterable<Target> {
  const known = facts.get(rbac);
  const allows = (verb: string, resource: string, more: Partial<ResourceRequest> = {}): boolean =>
    ruleAllows(rule, { verb, apiGroup: '', resource, name, ...more });
  if (granting.scope === 'cluster' && allows('impersonate', 'users'))
    yield* strongOf(facts, { kind: 'User', name, namespace: undefined }, 'act as');
  const acts = allows('impersonate', 'serviceaccounts');
  if (acts || allows('create', 'serviceaccounts', { subresource: 'token' })) {
    const places = new Set(granting.holders.map(({ scope }) => (scope === 'cluster' ? undefined : scope.namespace)));
    for (const namespace of facts.get(accountPlaces).get(name) ?? []) {
      if (granting.scope !== 'cluster' && !places.has(namespace)) continue;
      yield* strongOf(facts, { kind: 'ServiceAccount', name, namespace }, acts ? 'act as' : 'make a token of');
    }
  }
  if (granting.scope === 'cluster' && allows('bind', 'clusterroles', { apiGroup: rbacGroup }))
    yield* boundBy(known, name, granting);
}

const writeBindings = {
  each: [
    ['rolebindings', 'clusterrolebindings'].flatMap((resource) =>
      ['create', 'update', 'patch'].map((verb) => ({ verb, apiGroup: rbacGroup, resource })),
    ),
  ],
  where: 'anywhere',
  otherwise: 'none',
} as const;

/** A ClusterRole that gives much, where whoever may bind it may also write a binding. */
function* boundBy(known: Rbac, name: string, { holders }: Granting): Iterable<Target> {
  const role = known.authorizer.roles.find({ kind: 'ClusterRole', name }, undefined);
  // Those of Kubernetes itself that are strong are named by rbac/escalation-verbs.
  if (role === undefined || isDefaultClusterRole(name)) return;
  if (!holders.some((holder) => hasNeeds(known, holder, writeBindings))) return;
  const rules = known.authorizer.roles.rulesOf(role).map(({ rule }) => rule);
  const { strength, does } = strengthOf(rules, { scope: 'cluster', role: { kind: 'ClusterRole', name } });
  if (strength === 'strong' && does !== undefined) yield { says: `bind ClusterRole ${name}`, does, scope: 'cluster' };
}

/** What a binding gives, if that is much; many names lead to the same one. */
const strengths = defineFact('strength-of-binding', (facts): ((binding: Binding) => string | undefined) => {
  const { rulesOf } = facts.get(rbac);
  const known = new Map<Binding, string | undefined>();
  return (binding) => {
    if (!known.has(binding)) {
      const { strength, does } = strengthOf(rulesOf(binding), binding);
      known.set(binding, strength === 'strong' ? does : undefined);
    }
    return known.get(binding);
  };
});

function* strongOf(facts: Facts, subject: Omit<BindingSubject, 'path'>, how: string): Iterable<Target> {
  const says = `${how} ${subjectName(subject)}`;
  const does = facts.get(strengths);
  const own = facts
    .get(rbac)
    .bindingsOf(subject)
    .filter((binding) => does(binding) !== undefined);
  // What it can do everywhere tells most.
  const most = own.find(({ scope }) => scope === 'cluster') ?? own[0];
  if (most !== undefined) yield { says, does: does(most) ?? '', scope: most.scope };
}

/** The namespaces in which an account of a name is that a binding means. */
const accountPlaces = defineFact('account-places', (facts): ReadonlyMap<string, ReadonlySet<string>> => {
  const places = new Map<string, Set<string>>();
  for (const { subjects } of facts.get(rbac).bindings) {
    for (const { kind, name, namespace } of subjects) {
      if (kind !== 'ServiceAccount' || namespace === undefined) continue;
      const known = places.get(name);
      if (known === undefined) places.set(name, new Set([namespace]));
      else known.add(namespace);
    }
  }
  return places;
});
