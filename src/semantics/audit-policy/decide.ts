import type { AuditLevel, AuditStage } from '../../model/audit-event.ts';
import type { AuditPolicy, AuditRule, GroupResources } from './policy.ts';

/** What the API server knows of a request when it asks the audit policy. */
export interface AuditedRequest {
  /** As authenticated, before impersonation; absent where authentication failed. */
  readonly user?: { readonly name: string; readonly groups: readonly string[] };
  /** `get`, `list`, `create` …; of a request for no resource, the HTTP method in lower case. */
  readonly verb: string;
  /** Absent for a request for no resource, such as /healthz or /api. */
  readonly resource?: RequestedResource;
  /** Without the query. */
  readonly path: string;
}

export interface RequestedResource {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  /** Empty for what has no namespace, and for a list over all. */
  readonly namespace: string;
  /** Empty when a collection is asked for, and when an object is created. */
  readonly name: string;
}

export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
  /** The rule that decided; undefined where none matched, which is level None. */
  readonly rule: AuditRule | undefined;
}

/**
 * What the policy records of a request: the first rule that matches decides, and nothing is recorded where none does.
 * Source: staging/src/k8s.io/apiserver/pkg/audit/policy/checker.go.
 */
export function decideAudit(policy: AuditPolicy, request: AuditedRequest): AuditDecision {
  for (const rule of policy.rules) {
    if (!ruleMatches(rule, request)) continue;
    const omitStages = [...new Set([...policy.omitStages, ...rule.omitStages])];
    const omitManagedFields = rule.omitManagedFields ?? policy.omitManagedFields;
    return { level: rule.level, omitStages, omitManagedFields, rule };
  }
  const { omitStages, omitManagedFields } = policy;
  return { level: 'None', omitStages, omitManagedFields, rule: undefined };
}

function ruleMatches(rule: AuditRule, request: AuditedRequest): boolean {
  const { user, verb, resource } = request;
  if (!matchesUser(rule, user)) return false;
  if (rule.verbs.length > 0 && !rule.verbs.includes(verb)) return false;
  if (rule.namespaces.length > 0 || rule.resources.length > 0) {
    return resource !== undefined && matchesResource(rule, resource);
  }
  if (rule.nonResourceURLs.length > 0) {
    return resource === undefined && rule.nonResourceURLs.some((url) => matchesUrl(url, request.path));
  }
  return true;
}

/** Whether who asks is one of a rule's users, and in one of its groups; nobody is neither. */
export function matchesUser({ users, userGroups }: AuditRule, user: AuditedRequest['user']): boolean {
  if (users.length > 0 && (user === undefined || !users.includes(user.name))) return false;
  return userGroups.length === 0 || (user?.groups.some((group) => userGroups.includes(group)) ?? false);
}

function matchesResource(rule: AuditRule, requested: RequestedResource): boolean {
  if (rule.namespaces.length > 0 && !rule.namespaces.includes(requested.namespace)) return false;
  return rule.resources.length === 0 || rule.resources.some((entry) => covers(entry, requested));
}

/** Whether one entry of a rule's `resources` matches. */
export function covers({ group, resources, resourceNames }: GroupResources, requested: RequestedResource): boolean {
  if (group !== '*' && group !== requested.group) return false;
  // Without resources, names are not looked at: all of the group matches.
  if (resources.length === 0) return true;
  if (resourceNames.length > 0 && !resourceNames.includes(requested.name)) return false;
  return resources.some((pattern) => coversResource(pattern, requested));
}

/** `pods/*` matches plain pods too: the code does, although the documentation says subresources only. */
export function coversResource(
  pattern: string,
  { resource, subresource }: Pick<RequestedResource, 'resource' | 'subresource'>,
): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  if (pattern === '*' || pattern === combined) return true;
  if (subresource !== '' && pattern === `*/${subresource}`) return true;
  return pattern.endsWith('/*') && pattern.slice(0, -2) === resource;
}

/** `*` at the end is any rest, across slashes. */
export function matchesUrl(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1));
}
