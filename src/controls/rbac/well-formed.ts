import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { isOfRbac } from '../../semantics/rbac/role-book.ts';
import { control } from '../control.ts';
import { binding, clusterBinding, clusterRole, inNamespace, user } from './example-grants.ts';
import { grantKinds, isBindingKind, noGrant } from './grant-judging.ts';

/** Source: pkg/apis/rbac/validation/validation.go. What the server has stored has passed it, but for names. */
export default control({
  id: 'rbac/well-formed',
  title: 'Roles and bindings are what the API server takes, and their names can be read',
  severity: 'low',
  subject: 'object',
  kinds: grantKinds,
  why: 'What the server refuses gives nobody the rights that somebody counts on, or leaves older ones in force; a name with characters that nobody sees passes for another one.',
  remedy: 'Write the object as the message says, and names with letters that can be seen.',
  check: ({ object }) => {
    if (!isOfRbac(object)) return noGrant;
    if (isBindingKind(object.kind)) return [...nameProblems(object), ...bindingProblems(object)];
    if (object.kind !== 'Role' && object.kind !== 'ClusterRole') return noGrant;
    return [...nameProblems(object), ...ruleProblems(object)];
  },
  examples: {
    fail: [
      clusterRole('{apiGroups: [""], resources: [pods], verbs: []}'),
      clusterRole('{apiGroups: [""], resources: [pods], nonResourceURLs: [/metrics], verbs: [get]}'),
      clusterRole('{resources: [pods], verbs: [get]}'),
      clusterRole('{apiGroups: [""], resources: [pods], verbs: get}'),
      inNamespace('{nonResourceURLs: [/metrics], verbs: [get]}'),
      clusterBinding('view', user('anne\\u200b')),
      clusterBinding('view', '{kind: Users, name: anne}'),
      clusterBinding('view', user('anne')).replace('kind: ClusterRole,', 'kind: Role,'),
      clusterBinding('view', '{kind: ServiceAccount, name: app}'),
    ],
    pass: [
      clusterRole('{apiGroups: [""], resources: [pods], verbs: [get]}'),
      clusterRole('{nonResourceURLs: [/metrics], verbs: [get]}'),
      binding('{kind: Role, name: example}'),
    ],
  },
});

/** Control characters, and those that change how others are shown or show nothing. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const mostTold = 20;

function nameProblems({ kind, name }: KubeObject): readonly Failure[] {
  if (!unseen.test(name)) return [];
  return [fail(`the name of the ${kind} holds characters that nobody sees`, ['metadata', 'name'], { key: 'name' })];
}

/** The first problem of each rule, of the first rules that have one. */
function ruleProblems({ kind, value }: KubeObject): readonly Failure[] {
  const rules = own(value, 'rules');
  if (rules === undefined || rules === null) return [];
  if (!isList(rules)) return [problem('rules', 'rules is not a list', ['rules'])];
  const found: Failure[] = [];
  for (let index = 0; index < rules.length && found.length < mostTold; index += 1) {
    const says = ruleProblem(rules[index], kind);
    if (says !== undefined) found.push(problem(`rules ${index}`, `rules[${index}] ${says}`, ['rules', index]));
  }
  return found;
}

const lists = ['verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'] as const;

function ruleProblem(rule: Json | undefined, kind: string): string | undefined {
  if (!isObject(rule)) return 'is not an object';
  const wrong = lists.find((field) => !isStringsOrNothing(own(rule, field)));
  if (wrong !== undefined) return `has ${wrong} that are no list of strings`;
  if (!has(rule, 'verbs')) return 'lists no verbs';
  if (has(rule, 'nonResourceURLs')) {
    if (kind === 'Role') return 'lists paths, which are in no namespace';
    if (has(rule, 'apiGroups') || has(rule, 'resources') || has(rule, 'resourceNames'))
      return 'lists paths and resources, which need a rule each';
    return undefined;
  }
  if (!has(rule, 'apiGroups')) return 'lists no API groups: the core group is an empty string';
  return has(rule, 'resources') ? undefined : 'lists neither resources nor paths';
}

function bindingProblems({ kind, value }: KubeObject): readonly Failure[] {
  const found: Failure[] = [];
  const reference = own(value, 'roleRef');
  const says = referenceProblem(reference, kind);
  if (says !== undefined) found.push(problem('roleRef', says, ['roleRef']));
  const subjects = own(value, 'subjects');
  if (subjects === undefined || subjects === null) return found;
  if (!isList(subjects)) return [...found, problem('subjects', 'subjects is not a list', ['subjects'])];
  for (let index = 0; index < subjects.length && found.length < mostTold; index += 1) {
    const wrong = subjectProblem(subjects[index], kind);
    if (wrong !== undefined)
      found.push(problem(`subjects ${index}`, `subjects[${index}] ${wrong}`, ['subjects', index]));
  }
  return found;
}

function referenceProblem(reference: Json | undefined, bindingKind: string): string | undefined {
  if (!isObject(reference)) return 'roleRef names no role';
  const kind = own(reference, 'kind');
  const name = own(reference, 'name');
  if (typeof name !== 'string' || name === '') return 'roleRef names no role';
  if (kind === 'Role' && bindingKind === 'ClusterRoleBinding')
    return 'roleRef names a Role, which a ClusterRoleBinding cannot give';
  if (kind !== 'Role' && kind !== 'ClusterRole') return 'roleRef is of a kind that is no role';
  return unseen.test(name) ? 'roleRef names a role with characters that nobody sees' : undefined;
}

function subjectProblem(subject: Json | undefined, bindingKind: string): string | undefined {
  if (!isObject(subject)) return 'is not an object';
  const kind = own(subject, 'kind');
  const name = own(subject, 'name');
  if (kind !== 'User' && kind !== 'Group' && kind !== 'ServiceAccount')
    return 'is neither a User, nor a Group, nor a ServiceAccount';
  if (typeof name !== 'string' || name === '') return `is a ${kind} without a name`;
  if (unseen.test(name)) return `is a ${kind} whose name holds characters that nobody sees`;
  const namespace = own(subject, 'namespace');
  const isLost = bindingKind === 'ClusterRoleBinding' && (typeof namespace !== 'string' || namespace === '');
  if (kind === 'ServiceAccount' && isLost) return `is ServiceAccount ${name} without its namespace, and so is nobody`;
  return undefined;
}

function problem(key: string, message: string, at: Path): Failure {
  return fail(message, at, { key });
}

function has(rule: JsonObject, field: (typeof lists)[number]): boolean {
  const list = own(rule, field);
  return isList(list) && list.length > 0;
}

function isStringsOrNothing(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  return isList(value) && value.every((item) => typeof item === 'string');
}
