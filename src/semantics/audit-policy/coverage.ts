import type { AuditLevel } from '../../model/audit-event.ts';
import { isLongRunning } from './api-resources.ts';
import { type AuditDecision, type AuditedRequest, decideAudit, type RequestedResource } from './decide.ts';
import { recordedStages } from './levels.ts';
import type { AuditPolicy, AuditRule } from './policy.ts';

/** A kind of request: a resource and what is done with it, by whomever and wherever. */
export interface AskedRequests {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verbs: readonly string[];
  /** The resource has no namespace. */
  readonly clusterScoped?: true;
  /** For `bodyLogged`: only the body of the response counts. */
  readonly onlyResponse?: true;
}

/** A request that shows what the policy does, and the rule that decided. */
export interface FoundRequest {
  readonly request: AuditedRequest;
  readonly decision: AuditDecision;
}

type User = NonNullable<AuditedRequest['user']>;

/** Users that policies commonly treat alike: a person, and a workload. Their names are in no policy. */
const ordinaryUsers: readonly User[] = [
  { name: 'a person', groups: ['system:authenticated'] },
  {
    name: 'system:serviceaccount:an-application:a-workload',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:an-application', 'system:authenticated'],
  },
];

const ordinaryNamespace = 'an-application';

/** The first of these requests, by an ordinary user in a namespace of applications, that leaves no trace. */
export function unrecorded(policy: AuditPolicy, asked: AskedRequests): FoundRequest | undefined {
  for (const verb of asked.verbs) {
    for (const user of ordinaryUsers) {
      const namespace = asked.clusterScoped ? '' : ordinaryNamespace;
      const request = requestOf(asked, { verb, user, namespace, name: nameFor(verb) });
      const decision = decideAudit(policy, request);
      if (recordedStages(decision, isLongRunning(verb, asked.subresource ?? '')).length === 0)
        return { request, decision };
    }
  }
  return undefined;
}

/** Comparisons of one search: a tenth of a second or two. */
const maxComparisons = 20_000_000;

/**
 * How many things a policy compares a request with at most: its rules and all that they list. A search through a policy
 * of more than 5,000 may end before everything was tried; those that people write have some hundreds.
 */
export function auditPolicySize({ rules }: AuditPolicy): number {
  let size = rules.length;
  for (const { users, userGroups, verbs, namespaces, nonResourceURLs, resources } of rules) {
    size += users.length + userGroups.length + verbs.length + namespaces.length + nonResourceURLs.length;
    for (const entry of resources) size += 1 + entry.resources.length + entry.resourceNames.length;
  }
  return size;
}

/**
 * A request of these, by anyone and in any namespace, of which a body is logged. Every rule that logs bodies is tried
 * with the users, namespaces and names that it asks for, and counts where it is the first that matches.
 */
export function bodyLogged(policy: AuditPolicy, asked: AskedRequests): FoundRequest | undefined {
  let left = Math.floor(maxComparisons / Math.max(1, auditPolicySize(policy)));
  for (const rule of policy.rules) {
    const verbs = asked.verbs.filter((verb) => logsObject(rule.level, verb, asked));
    for (const request of witnesses(rule, { ...asked, verbs })) {
      if (left === 0) return undefined;
      left -= 1;
      const decision = decideAudit(policy, request);
      if (decision.rule === rule) return { request, decision };
    }
  }
  return undefined;
}

/** Verbs whose requests carry the object; a deletion carries its options only. */
const sent: ReadonlySet<string> = new Set(['create', 'update', 'patch']);
/** Verbs that are answered with objects; a deletion is with a status, and what a watch streams is never logged. */
const answered: ReadonlySet<string> = new Set([...sent, 'get', 'list', 'deletecollection']);

/** Whether the log holds the object itself. Source: apiserver pkg/audit/request.go and endpoints/handlers. */
function logsObject(level: AuditLevel, verb: string, { onlyResponse }: AskedRequests): boolean {
  if (level === 'RequestResponse') return answered.has(verb);
  return level === 'Request' && onlyResponse === undefined && sent.has(verb);
}

function* witnesses(rule: AuditRule, asked: AskedRequests): Iterable<AuditedRequest> {
  if (rule.nonResourceURLs.length > 0) return;
  const verbs = rule.verbs.length === 0 ? asked.verbs : asked.verbs.filter((verb) => rule.verbs.includes(verb));
  const namespaces = rule.namespaces.length > 0 ? rule.namespaces : [asked.clusterScoped ? '' : ordinaryNamespace];
  for (const verb of verbs) {
    for (const name of [nameFor(verb), ...rule.resources.flatMap(({ resourceNames }) => resourceNames)]) {
      for (const namespace of namespaces) {
        for (const user of usersOf(rule)) yield requestOf(asked, { verb, user, namespace, name });
      }
    }
  }
}

/** Those that a rule asks for; with groups, a user of each group. */
function* usersOf({ users, userGroups }: AuditRule): Iterable<User> {
  if (users.length === 0 && userGroups.length === 0) yield* ordinaryUsers;
  const groupsOfAll = userGroups.length === 0 ? ['system:authenticated'] : [];
  for (const name of users) {
    if (userGroups.length === 0) yield { name, groups: groupsOfAll };
    for (const group of userGroups) yield { name, groups: [group] };
  }
  if (users.length > 0) return;
  for (const group of userGroups) {
    const member = ordinaryUsers.find(({ groups }) => groups.includes(group));
    yield member ?? { name: `a member of ${group}`, groups: [group, 'system:authenticated'] };
  }
}

interface RequestDetails {
  readonly verb: string;
  readonly user: User;
  readonly namespace: string;
  readonly name: string;
}

function requestOf(asked: AskedRequests, { verb, user, namespace, name }: RequestDetails): AuditedRequest {
  const { group, resource, subresource = '' } = asked;
  const requested: RequestedResource = { group, resource, subresource, namespace, name };
  return { user, verb, resource: requested, path: '' };
}

function nameFor(verb: string): string {
  return verb === 'create' || verb === 'list' || verb === 'watch' || verb === 'deletecollection' ? '' : 'an-object';
}

/** A request in words, for a message: `create pods/exec by a person`. */
export function describeRequest({ user, verb, resource, path }: AuditedRequest): string {
  const by = user === undefined ? 'by nobody that was authenticated' : `by ${user.name}`;
  if (resource === undefined) return `${verb} ${path} ${by}`;
  const { resource: name, subresource, namespace } = resource;
  const where = namespace === '' || namespace === ordinaryNamespace ? '' : ` in ${namespace}`;
  return `${verb} ${subresource === '' ? name : `${name}/${subresource}`}${where} ${by}`;
}
