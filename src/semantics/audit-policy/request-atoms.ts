import { apiResources, isBuiltInGroup, isNamespaced, resourceVerbs } from './api-resources.ts';
import type { AuditedRequest } from './decide.ts';
import type { AuditPolicy, AuditRule, GroupResources } from './policy.ts';

export type AuditUser = AuditedRequest['user'];

/** What is asked for, apart from by whom and where. */
export type Target =
  | { readonly kind: 'path'; readonly path: string }
  | {
      readonly kind: 'resource';
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      /** Undefined where it is not known. */
      readonly isNamespaced: boolean | undefined;
      readonly verbs: readonly string[];
      /** No API server has it as far as is known: it stands for what else there may be. */
      readonly isInvented: boolean;
    };

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** A person, and a workload: those that policies seldom name. */
export const aPerson = 'a person';
export const aWorkload = 'system:serviceaccount:an-application:a-workload';
export const anObject = 'an-object';
export const aNamespace = 'an-application';
export const somethingElse = 'something-else';

const authenticated = 'system:authenticated';
const serviceAccount = /^system:serviceaccount:([^:]+):[^:]+$/;

/** A user with the groups that the API server itself gives to one of this name. */
export function userNamed(name: string, more: readonly string[] = []): NonNullable<AuditUser> {
  const groups = new Set(more);
  if (name === 'system:anonymous') groups.add('system:unauthenticated');
  else if (name === 'system:apiserver') groups.add('system:masters');
  else groups.add(authenticated);
  const [, namespace] = serviceAccount.exec(name) ?? [];
  if (namespace !== undefined) for (const group of serviceAccountGroups(namespace)) groups.add(group);
  if (name.startsWith('system:node:')) groups.add('system:nodes');
  return { name, groups: [...groups] };
}

function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

/** A user who is in a group, and in no other that does not come with it. */
function memberOf(group: string): NonNullable<AuditUser> {
  if (group === 'system:unauthenticated') return userNamed('system:anonymous');
  if (group === authenticated) return userNamed(aPerson);
  if (group === 'system:serviceaccounts') return userNamed(aWorkload);
  if (group === 'system:nodes') return userNamed('system:node:a-node');
  const [, namespace] = /^system:serviceaccounts:(.+)$/.exec(group) ?? [];
  if (namespace !== undefined) return userNamed(`system:serviceaccount:${namespace}:a-workload`);
  return userNamed(`a member of ${group}`, [group]);
}

/** Users that the rules tell apart, and those that they do not: somebody for every set of them, and nobody. */
export function userAtoms(policies: readonly AuditPolicy[]): AuditUser[] {
  const found = new Map<string, AuditUser>();
  const add = (user: AuditUser): void => void found.set(user === undefined ? '' : JSON.stringify(user), user);
  for (const user of [userNamed(aPerson), userNamed(aWorkload), memberOf('system:nodes')]) add(user);
  add(userNamed('system:anonymous'));
  add(undefined);
  for (const { rules } of policies) {
    for (const { users, userGroups } of rules) {
      for (const name of users) add(userNamed(name));
      for (const group of userGroups) add(memberOf(group));
      for (const name of users) for (const group of userGroups) add(userNamed(name, [group]));
    }
  }
  return [...found.values()];
}

const commonPaths: readonly string[] = [
  ...['/', '/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1', '/version', '/version/', '/metrics', '/logs/x'],
  ...['/healthz', '/healthz/x', '/livez', '/livez/x', '/readyz', '/readyz/x', '/debug/pprof/heap', '/statusz'],
  ...['/openapi/v2', '/openapi/v3', '/swagger.json', '/swaggerapi', '/.well-known/openid-configuration'],
  ...['/openid/v1/jwks', '/something-else'],
];

/** Resources and paths that the rules tell apart. `more` is told apart besides. */
export function targetAtoms(policies: readonly AuditPolicy[], more: readonly Target[] = []): Target[] {
  const found = new Map<string, Target>();
  const add = (target: Target): void => {
    const key = targetText(target);
    if (!found.has(key)) found.set(key, target);
  };
  for (const resource of apiResources) add({ kind: 'resource', ...resource, isInvented: false });
  for (const path of commonPaths) add({ kind: 'path', path });
  for (const target of more) add(target);
  add(resourceTarget('other.example.com', somethingElse));
  for (const { rules } of policies) {
    for (const { resources, nonResourceURLs } of rules) {
      for (const entry of resources) for (const target of entryTargets(entry)) add(target);
      for (const url of nonResourceURLs) {
        const path = url.endsWith('*') ? url.slice(0, -1) : url;
        add({ kind: 'path', path: path === '' ? '/' : path });
        if (path !== url) add({ kind: 'path', path: `${path}x` });
      }
    }
  }
  return [...found.values()];
}

function* entryTargets({ group, resources }: GroupResources): Iterable<Target> {
  const groups = group === '*' ? ['', 'other.example.com'] : [group];
  for (const each of groups) {
    yield resourceTarget(each, somethingElse);
    for (const pattern of resources) {
      const [resource = '', subresource = ''] = splitOnce(pattern);
      if (resource === '*' && (subresource === '' || subresource === '*')) continue;
      const name = resource === '*' ? somethingElse : resource;
      yield resourceTarget(each, name);
      if (subresource !== '') yield resourceTarget(each, name, subresource === '*' ? somethingElse : subresource);
    }
  }
}

export function resourceTarget(group: string, resource: string, subresource = ''): Target {
  const known = apiResources.find(
    (entry) => entry.resource === resource && entry.group === group && entry.subresource === subresource,
  );
  if (known !== undefined) return { kind: 'resource', ...known, isInvented: false };
  const scope = isNamespaced(group, resource);
  const isInvented = resource === somethingElse || subresource === somethingElse || isBuiltInGroup(group);
  return { kind: 'resource', group, resource, subresource, isNamespaced: scope, verbs: resourceVerbs, isInvented };
}

/** `pods/exec`, `deployments.apps`, `/healthz`. */
export function targetText(target: Target): string {
  if (target.kind === 'path') return target.path;
  const { group, resource, subresource } = target;
  return `${resource}${group === '' ? '' : `.${group}`}${subresource === '' ? '' : `/${subresource}`}`;
}

/** Namespaces and names that the rules tell apart, and one of each that they do not name. */
export function placeAtoms(policies: readonly AuditPolicy[]): { namespaces: string[]; names: string[] } {
  const namespaces = new Set(['', aNamespace, 'kube-system']);
  const names = new Set(['', anObject]);
  for (const { rules } of policies) {
    for (const rule of rules) {
      for (const namespace of rule.namespaces) namespaces.add(namespace);
      for (const name of namesOf(rule)) names.add(name);
    }
  }
  return { namespaces: [...namespaces], names: [...names] };
}

function* namesOf({ resources }: AuditRule): Iterable<string> {
  for (const { resources: patterns, resourceNames } of resources) if (patterns.length > 0) yield* resourceNames;
}

export function splitOnce(text: string): [before: string, after: string] {
  const at = text.indexOf('/');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
