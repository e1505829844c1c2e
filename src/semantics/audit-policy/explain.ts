import { formatPath } from '../../model/path.ts';
import {
  type AuditDecision,
  type AuditedRequest,
  covers,
  decideAudit,
  matchesUrl,
  type RequestedResource,
} from './decide.ts';
import type { AuditPolicy, AuditRule, GroupResources } from './policy.ts';

/** A rule that was asked before the one that decided, and its first condition that the request does not meet. */
export interface PassedRule {
  readonly rule: AuditRule;
  readonly reason: string;
}

export interface Explanation {
  readonly decision: AuditDecision;
  /** In the order of the policy; all rules where none matched. */
  readonly passed: readonly PassedRule[];
}

/** What a policy makes of a request, and why no earlier rule did. */
export function explainAudit(policy: AuditPolicy, request: AuditedRequest): Explanation {
  const decision = decideAudit(policy, request);
  const passed: PassedRule[] = [];
  for (const rule of policy.rules) {
    if (rule === decision.rule) break;
    passed.push({ rule, reason: mismatch(rule, request) ?? 'it matches' });
  }
  return { decision, passed };
}

/** The first condition of a rule that a request does not meet, in the checker's order; undefined where it matches. */
export function mismatch(rule: AuditRule, request: AuditedRequest): string | undefined {
  const { user, verb, resource, path } = request;
  if (rule.users.length > 0) {
    if (user === undefined) return 'it is for users, and a request without one has none';
    if (!rule.users.includes(user.name)) return `users ${listed(rule.users)} do not include ${user.name}`;
  }
  if (rule.userGroups.length > 0) {
    if (user === undefined) return 'it is for groups, and a request without a user is in none';
    if (!user.groups.some((group) => rule.userGroups.includes(group))) {
      const groups = user.groups.length === 0 ? 'no group' : listed(user.groups);
      return `userGroups ${listed(rule.userGroups)} share none with ${groups}`;
    }
  }
  if (rule.verbs.length > 0 && !rule.verbs.includes(verb)) return `verbs ${listed(rule.verbs)} do not include ${verb}`;
  if (rule.namespaces.length > 0 || rule.resources.length > 0) {
    if (resource === undefined) return 'it is for resources, and the request is for a path';
    return namespaceMismatch(rule, resource) ?? resourceMismatch(rule, resource);
  }
  if (rule.nonResourceURLs.length === 0) return undefined;
  if (resource !== undefined) return 'it is for paths, and the request is for a resource';
  if (rule.nonResourceURLs.some((url) => matchesUrl(url, path))) return undefined;
  return `nonResourceURLs ${listed(rule.nonResourceURLs)} do not match ${path}`;
}

function namespaceMismatch({ namespaces }: AuditRule, { namespace }: RequestedResource): string | undefined {
  if (namespaces.length === 0 || namespaces.includes(namespace)) return undefined;
  const none = 'the request has no namespace, which only "" matches';
  return `namespaces ${listed(namespaces)} do not include ${namespace === '' ? `it: ${none}` : namespace}`;
}

function resourceMismatch({ resources }: AuditRule, requested: RequestedResource): string | undefined {
  if (resources.length === 0 || resources.some((entry) => covers(entry, requested))) return undefined;
  const named = combined(requested);
  const ofGroup = resources.filter(({ group }) => group === '*' || group === requested.group);
  if (ofGroup.length === 0) {
    return `resources are of ${listed([...new Set(resources.map(({ group }) => groupName(group)))])}, and not of ${groupName(requested.group)}`;
  }
  const near = ofGroup.find((entry) => covers({ ...entry, resourceNames: [] }, requested));
  if (near !== undefined) {
    const name = requested.name === '' ? 'a request that names no object' : requested.name;
    return `resourceNames ${listed(near.resourceNames)} do not include ${name}`;
  }
  return `resources ${listed(ofGroup.flatMap((entry: GroupResources) => entry.resources))} of ${groupName(requested.group)} do not include ${named}${subresourceHint(ofGroup, requested)}`;
}

function subresourceHint(entries: readonly GroupResources[], { resource, subresource }: RequestedResource): string {
  if (subresource === '' || !entries.some(({ resources }) => resources.includes(resource))) return '';
  return `: ${resource} is without subresources`;
}

function combined({ resource, subresource }: RequestedResource): string {
  return subresource === '' ? resource : `${resource}/${subresource}`;
}

function groupName(group: string): string {
  return group === '' ? 'the core group' : group;
}

function listed(words: readonly string[]): string {
  const shown = words.slice(0, 4).join(', ');
  return words.length > 4 ? `${shown} and ${words.length - 4} more` : shown;
}

/** The conditions of a rule in one line: `verbs get; resources secrets`. */
export function describeRule({
  path,
  users,
  userGroups,
  verbs,
  namespaces,
  nonResourceURLs,
  resources,
}: AuditRule): string {
  const parts: string[] = [];
  if (users.length > 0) parts.push(`users ${listed(users)}`);
  if (userGroups.length > 0) parts.push(`groups ${listed(userGroups)}`);
  if (verbs.length > 0) parts.push(`verbs ${listed(verbs)}`);
  if (resources.length > 0) parts.push(`resources ${listed(resources.flatMap(entryNames))}`);
  if (namespaces.length > 0) parts.push(`namespaces ${listed(namespaces.map((name) => name || '""'))}`);
  if (nonResourceURLs.length > 0) parts.push(`paths ${listed(nonResourceURLs)}`);
  return `${formatPath(path)}${parts.length === 0 ? ' (everything)' : ` (${parts.join('; ')})`}`;
}

function entryNames({ group, resources }: GroupResources): string[] {
  const suffix = group === '' ? '' : `.${group}`;
  return resources.length === 0
    ? [`all${suffix || ' of the core group'}`]
    : resources.map((name) => dotted(name, suffix));
}

function dotted(name: string, suffix: string): string {
  const [resource = '', subresource] = name.split('/');
  return `${resource}${suffix}${subresource === undefined ? '' : `/${subresource}`}`;
}
