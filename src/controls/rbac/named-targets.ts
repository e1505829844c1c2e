import { defineFact, type Facts } from '../../facts/facts.ts';
import { type Holder, rbac } from '../../facts/rbac.ts';
import { type Failure, pass } from '../../model/verdict.ts';
import type { Binding, BindingSubject } from '../../semantics/rbac/binding.ts';
import { subjectName } from '../../semantics/rbac/default-objects.ts';
import { type ResourceRequest, type RoleRule, ruleAllows } from '../../semantics/rbac/rule.ts';
import { allowsForNames } from '../../semantics/rbac/rule-index.ts';
import { control } from '../control.ts';
import { clusterBinding, clusterRole, everywhere, user } from './example-grants.ts';
import type { Grades } from './grades.ts';
import { type Granting, grantingOf, powerFailure, roleKinds } from './grant-judging.ts';
import { roleTargets } from './named-role-targets.ts';
import { coveringControls } from './power-control.ts';
import { strengthOf } from './strength.ts';

/** Somebody that a rule names, and what comes with it. */
interface Target {
  readonly grades: Grades;
  readonly says: string;
  /** What it can do, if that is much. */
  readonly does: string;
  readonly scope: Binding['scope'];
}

/** Beyond, a rule is a list that says nothing of its own. */
const mostNames = 50;
const mostTold = 10;

const aggregation = 'system:controller:clusterrole-aggregation-controller';

export default control({
  id: 'rbac/named-targets',
  title: 'Nobody can become or bind, by its name, what is stronger than they should be',
  severity: 'critical',
  subject: 'object',
  kinds: roleKinds,
  why: 'A right that is limited to one account or role is as strong as that one is.',
  remedy: 'Name accounts and roles that can do little, or take the verb out of the rule.',
  coveredBy: [...coveringControls, 'rbac/all-resources', 'rbac/escalation-verbs', 'rbac/impersonate-masters'],
  check: ({ object }, facts) => {
    const granting = grantingOf(object, facts);
    if (granting.kind === 'binding') return pass;
    if (granting.kind !== 'role') return granting;
    const found = new Map<string, Failure>();
    for (const rule of granting.rules) {
      for (const name of rule.resourceNames.slice(0, mostNames)) {
        for (const { says, does, scope, grades } of targetsOf(rule, name, { granting, facts })) {
          if (found.size >= mostTold) return [...found.values()];
          const severity = scope === 'cluster' ? grades : grades.namespace;
          const at = ['rules', rule.index, 'resourceNames'];
          if (!found.has(says))
            found.set(says, powerFailure(`${says}, which can ${does}`, { granting, severity, at, key: says }));
        }
        for (const { says, does, grades: severity, holders } of roleTargets(rule, name, { granting, facts })) {
          if (found.size >= mostTold) return [...found.values()];
          const at = ['rules', rule.index, 'resourceNames'];
          const which = does.startsWith('gives ') ? `which ${does}` : `which can ${does}`;
          if (!found.has(says))
            found.set(says, powerFailure(`${says}, ${which}`, { granting, severity, at, key: says, holders }));
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
      `${everywhere(`{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind], resourceNames: ["${aggregation}"]}
  - {apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [create]}`)}`,
      everywhere(
        '{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [escalate, update], resourceNames: [example]}',
      ),
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
  const allows = (verb: string, resource: string, more: Partial<ResourceRequest> = {}): boolean =>
    ruleAllows(rule, { verb, apiGroup: '', resource, name, ...more });
  if (granting.scope === 'cluster' && allows('impersonate', 'users'))
    yield* strongOf(facts, { kind: 'User', name, namespace: undefined }, 'act as');
  // The header of a group is taken only beside one of a user; which, does not matter.
  if (granting.scope === 'cluster' && name !== 'system:masters' && allows('impersonate', 'groups'))
    if (granting.holders.some((holder) => mayActAsAnyone(facts, holder)))
      yield* strongOf(facts, { kind: 'Group', name, namespace: undefined }, 'act as a member of');
  const acts = allows('impersonate', 'serviceaccounts');
  if (acts || allows('create', 'serviceaccounts', { subresource: 'token' })) {
    const places = new Set(granting.holders.map(({ scope }) => (scope === 'cluster' ? undefined : scope.namespace)));
    for (const namespace of facts.get(accountPlaces).get(name) ?? []) {
      if (granting.scope !== 'cluster' && !places.has(namespace)) continue;
      yield* strongOf(facts, { kind: 'ServiceAccount', name, namespace }, acts ? 'act as' : 'make a token of');
    }
  }
}

interface Much {
  readonly does: string;
  readonly grades: Grades;
}

/** What a binding gives, if that is much; many names lead to the same one. */
const strengths = defineFact('strength-of-binding', (facts): ((binding: Binding) => Much | undefined) => {
  const { rulesOf } = facts.get(rbac);
  const known = new Map<Binding, Much | undefined>();
  return (binding) => {
    if (!known.has(binding)) {
      const { strength, does, grades } = strengthOf(rulesOf(binding), binding);
      const isMuch = strength === 'strong' && does !== undefined && grades !== undefined;
      known.set(binding, isMuch ? { does, grades } : undefined);
    }
    return known.get(binding);
  };
});

function* strongOf(facts: Facts, subject: Omit<BindingSubject, 'path'>, how: string): Iterable<Target> {
  const says = `${how} ${subjectName(subject)}`;
  const strengthBy = facts.get(strengths);
  const own = facts
    .get(rbac)
    .bindingsOf(subject)
    .filter((binding) => strengthBy(binding) !== undefined);
  // What it can do everywhere tells most.
  const most = own.find(({ scope }) => scope === 'cluster') ?? own[0];
  const much = most === undefined ? undefined : strengthBy(most);
  if (most !== undefined && much !== undefined) yield { says, ...much, scope: most.scope };
}

function mayActAsAnyone(facts: Facts, { subject }: Holder): boolean {
  const known = facts.get(rbac);
  const requests = ['users', 'serviceaccounts'].map((resource) => ({ verb: 'impersonate', apiGroup: '', resource }));
  const acts = (rule: RoleRule): boolean =>
    requests.some((request) => ruleAllows(rule, request) || allowsForNames(rule, request));
  return known.bindingsOf(subject).some((binding) => known.rulesOf(binding)?.some(acts) === true);
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
