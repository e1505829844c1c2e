import type { Path } from '../../model/path.ts';
import {
  groupsOf,
  isBuiltInGroup,
  isNamespaced,
  knownGroups,
  pathVerbs,
  resourceMeant,
  resourceVerbs,
  subresourcesOf,
} from './api-resources.ts';
import type { LintFinding, LintOptions } from './lint.ts';
import { nearestOf } from './nearest.ts';
import type { AuditPolicy, AuditRule, GroupResources } from './policy.ts';
import { splitOnce } from './request-atoms.ts';
import { requestInfo } from './request-info.ts';

type Found = Omit<LintFinding, 'severity'> & { readonly severity?: LintFinding['severity'] };

/** Words that are in no request: what the API server compares as they stand, and does not check. */
export function* lintWords(policy: AuditPolicy, { minor }: LintOptions): Iterable<LintFinding> {
  if (policy.omitManagedFields && minor !== undefined && minor < 23) {
    yield {
      rule: 'newer-version',
      severity: 'warning',
      path: ['omitManagedFields'],
      message: `omitManagedFields is there since v1.23, and this is v1.${minor}`,
      why: 'managed fields stay in every logged body',
      fix: 'leave it out, or count with larger events',
    };
  }
  for (const rule of policy.rules) {
    for (const found of ruleWords(rule, minor)) yield { severity: 'warning', ...found };
  }
}

function* ruleWords(rule: AuditRule, minor: number | undefined): Iterable<Found> {
  yield* stars(rule);
  yield* verbWords(rule);
  yield* obsoleteUsers(rule);
  for (const [index, url] of rule.nonResourceURLs.entries()) {
    yield* urlWords(url, [...rule.path, 'nonResourceURLs', index]);
  }
  for (const [index, entry] of rule.resources.entries()) {
    const path = [...rule.path, 'resources', index];
    if (entry.group === '*' && minor === undefined) {
      yield {
        rule: 'newer-version',
        severity: 'note',
        path: [...path, 'group'],
        message: 'group "*" is taken since v1.36',
        why: 'an older API server refuses the policy and does not start',
        fix: 'name the groups, or give --kubernetes-version 1.36 if all API servers are that new',
      };
    }
    yield* groupWords(entry, path);
    yield* scopeWords(rule, entry, path);
  }
}

const starFields = ['users', 'userGroups', 'verbs', 'namespaces'] as const;

function* stars(rule: AuditRule): Iterable<Found> {
  for (const field of starFields) {
    for (const [index, text] of rule[field].entries()) {
      if (!text.includes('*')) continue;
      yield {
        rule: 'no-wildcard',
        path: [...rule.path, field, index],
        message: `${JSON.stringify(text)} in ${field} is compared as it stands: * is no wildcard there`,
        why: `it matches no request${rule[field].length === 1 ? ', and so the rule none' : ''}`,
        fix:
          text === '*'
            ? `leave ${field} out: a rule without it is for any`
            : field === 'users' && text.startsWith('system:serviceaccount:')
              ? `use userGroups: ["${text.replace(/^system:serviceaccount:([^:*]*).*$/, 'system:serviceaccounts:$1').replace(/:$/, '')}"]`
              : 'name each of them',
      };
    }
  }
  for (const [index, { resourceNames, resources }] of rule.resources.entries()) {
    for (const [at, name] of resourceNames.entries()) {
      if (!name.includes('*')) continue;
      yield {
        rule: 'no-wildcard',
        path: [...rule.path, 'resources', index, 'resourceNames', at],
        message: `${JSON.stringify(name)} in resourceNames is compared as it stands: * is no wildcard there`,
        why: 'no object has such a name',
        fix: name === '*' ? 'leave resourceNames out: an entry without it is for any name' : 'name each object',
      };
    }
    for (const [at, pattern] of resources.entries()) {
      if (!pattern.includes('*') || /^(?:\*|\*\/[^*]+|[^*/]+\/\*)$/.test(pattern)) continue;
      yield {
        rule: 'no-wildcard',
        path: [...rule.path, 'resources', index, 'resources', at],
        message: `${JSON.stringify(pattern)} matches no resource`,
        why: 'only *, RESOURCE/* and */SUBRESOURCE are patterns',
        fix:
          pattern === '*/*' ? 'write "*", which is every resource and subresource of the group' : 'name each resource',
      };
    }
  }
}

const otherVerbs: ReadonlyMap<string, string> = new Map([
  ['replace', 'update'],
  ['put', 'update'],
  ['post', 'create'],
  ['edit', 'update", "patch'],
  ['read', 'get", "list", "watch'],
  ['write', 'create", "update", "patch'],
  ['remove', 'delete", "deletecollection'],
  ['exec', 'get", "create'],
]);

function* verbWords(rule: AuditRule): Iterable<Found> {
  const forPaths = rule.nonResourceURLs.length > 0;
  const forResources = rule.resources.length > 0 || rule.namespaces.length > 0;
  const known = [...(forPaths ? [] : resourceVerbs), ...(forResources ? [] : pathVerbs)];
  for (const [index, verb] of rule.verbs.entries()) {
    if (verb.includes('*') || known.includes(verb) || verb === 'proxy') continue;
    const path = [...rule.path, 'verbs', index];
    if (verb === 'impersonate' || verb === 'bind' || verb === 'escalate' || verb === 'use' || verb === 'approve') {
      yield {
        rule: 'unknown-verb',
        path,
        message: `${verb} is a right, and no verb of a request`,
        why: 'such an entry matches nothing',
        fix:
          verb === 'impersonate'
            ? 'leave it out: impersonated requests are logged under the user who makes them, with impersonatedUser'
            : 'name the request that needs the right, such as create of rolebindings',
      };
      continue;
    }
    const meant = forPaths
      ? nearestOf(verb, known)
      : (otherVerbs.get(verb.toLowerCase()) ??
        known.find((name) => name === verb.toLowerCase()) ??
        nearestOf(verb, known));
    yield {
      rule: 'unknown-verb',
      path,
      message: `${JSON.stringify(verb)} is no verb of a request for a ${forPaths ? 'path' : 'resource'}`,
      why: 'verbs are compared exactly, so it matches nothing',
      fix: meant === undefined ? `use one of ${known.join(', ')}` : `write "${meant}"`,
    };
  }
}

function* obsoleteUsers(rule: AuditRule): Iterable<Found> {
  const index = rule.users.indexOf('system:unsecured');
  if (index === -1) return;
  yield {
    rule: 'obsolete',
    severity: 'note',
    path: [...rule.path, 'users', index],
    message: 'system:unsecured was the user of the insecure port, which is gone since v1.20',
    why: 'no request has this user',
    fix: rule.users.length === 1 ? 'remove the rule' : 'remove the entry',
  };
}

function* urlWords(url: string, path: Path): Iterable<Found> {
  if (url.includes('?')) {
    yield {
      rule: 'resource-path',
      path,
      message: `${url} has a query`,
      why: 'the path is compared without the query, so it matches nothing',
      fix: `write ${url.slice(0, url.indexOf('?'))}`,
    };
    return;
  }
  if (url.startsWith('/swagger')) {
    yield {
      rule: 'obsolete',
      severity: 'note',
      path,
      message: `${url} was replaced by /openapi in v1.14`,
      why: 'nobody asks for it any more',
      fix: 'write /openapi/*',
    };
  }
  const asked = requestInfo({ method: 'GET', url: url.endsWith('*') ? `${url.slice(0, -1)}` : url }).resource;
  if (asked === undefined) return;
  yield {
    rule: 'resource-path',
    path,
    message: `${url} is a path of resources`,
    why: 'nonResourceURLs match only what is no resource, such as /healthz, /api and /apis/apps/v1',
    fix: `write resources: [{group: "${asked.group}", resources: ["${asked.resource || '*'}"]}]`,
  };
}

function* groupWords({ group, resources }: GroupResources, path: Path): Iterable<Found> {
  if (group === '*') return;
  const version = /^(.*)\/v\d\w*$/.exec(group)?.[1];
  // What has a slash is refused, which is told already.
  if (version !== undefined) return;
  if (!group.includes('.') && !isBuiltInGroup(group)) {
    const full =
      group === 'core'
        ? ''
        : (knownGroups().find((name) => name.startsWith(`${group}.`)) ?? nearestOf(group, knownGroups()));
    yield {
      rule: 'unknown-group',
      path: [...path, 'group'],
      message: `there is no API group ${JSON.stringify(group)}`,
      why: 'the entry matches nothing',
      fix: full === undefined ? 'write the full name of the group' : `write group: "${full}"`,
    };
    return;
  }
  if (!isBuiltInGroup(group)) {
    const meant = nearestOf(group, knownGroups());
    if (meant !== undefined && meant !== group && !knownGroups().includes(group)) {
      yield {
        rule: 'unknown-group',
        path: [...path, 'group'],
        message: `no API server has the group ${group}`,
        why: 'the entry matches nothing',
        fix: `write group: "${meant}"`,
      };
    }
  }
  for (const [at, pattern] of resources.entries()) {
    const found = resourceWord(pattern, group);
    if (found !== undefined) yield { ...found, path: [...path, 'resources', at] };
  }
}

function resourceWord(pattern: string, group: string): Omit<Found, 'path'> | undefined {
  if (pattern === '*' || pattern === '*/*') return undefined;
  const [resource = '', subresource = ''] = splitOnce(pattern);
  if (resource.includes('*') || subresource.includes('*/')) return undefined;
  const homes = groupsOf(resource);
  const rest = subresource === '' ? '' : `/${subresource}`;
  const name = group === '' ? 'the core group' : group;
  if (homes.includes(group)) {
    if (subresource === '' || subresource === '*') return undefined;
    const known = subresourcesOf(group, resource);
    if (known.includes(subresource) || !isBuiltInGroup(group)) return undefined;
    const meant = nearestOf(subresource, known) ?? known.find((each) => each.startsWith(subresource));
    return {
      rule: 'unknown-resource',
      message: `${resource} of ${name} have no subresource ${subresource}`,
      why: 'the entry matches nothing',
      fix:
        meant === undefined ? `name one of ${known.join(', ') || 'the resource itself'}` : `write ${resource}/${meant}`,
    };
  }
  if (!isBuiltInGroup(group)) {
    if (resource.endsWith('s') || resource === '') return undefined;
    return {
      rule: 'unknown-resource',
      severity: 'note',
      message: `${resource} looks like one object of ${name}, and resources are written in the plural`,
      why: 'a name that is no resource matches nothing',
      fix: `write ${resource.replace(/y$/, 'ie')}s${rest} if that is what "kubectl api-resources" shows`,
    };
  }
  const [home] = homes;
  if (home !== undefined) {
    return {
      rule: 'wrong-group',
      message: `${pattern} of ${name} does not exist: it is of the group ${home === '' ? '"" (core)' : home}`,
      why: 'the entry matches nothing, and the requests meant fall through to later rules',
      fix: `move it to an entry with group: "${home}"`,
    };
  }
  const meant = resourceMeant(resource) ?? nearestOf(resource, groupResources());
  return {
    rule: 'unknown-resource',
    message: `${name} has no resource ${resource}`,
    why: 'the entry matches nothing',
    fix: meant === undefined ? 'write the plural name that "kubectl api-resources" shows' : `write ${meant}${rest}`,
  };

  function groupResources(): string[] {
    return resourceNames.filter((each) => groupsOf(each).includes(group));
  }
}

const resourceNames: readonly string[] = [
  ...['pods', 'services', 'secrets', 'configmaps', 'endpoints', 'events', 'nodes', 'namespaces', 'serviceaccounts'],
  ...['persistentvolumes', 'persistentvolumeclaims', 'replicationcontrollers', 'resourcequotas', 'limitranges'],
  ...['deployments', 'daemonsets', 'statefulsets', 'replicasets', 'jobs', 'cronjobs', 'ingresses', 'networkpolicies'],
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings', 'tokenreviews', 'subjectaccessreviews', 'leases'],
  ...['certificatesigningrequests', 'customresourcedefinitions', 'horizontalpodautoscalers', 'storageclasses'],
];

/** A rule for namespaces does not reach what has none, unless "" is among them. */
function* scopeWords(rule: AuditRule, { group, resources }: GroupResources, path: Path): Iterable<Found> {
  if (rule.namespaces.length === 0 || rule.namespaces.includes('')) return;
  for (const [at, pattern] of resources.entries()) {
    const [resource = ''] = splitOnce(pattern);
    // An object of namespaces counts as in itself.
    if (isNamespaced(group, resource) !== false || resource === 'namespaces') continue;
    yield {
      rule: 'cluster-scoped',
      path: [...path, 'resources', at],
      message: `${resource} have no namespace, and the rule is for ${rule.namespaces.slice(0, 3).join(', ')}`,
      why: 'the entry matches nothing',
      fix: `move ${pattern} to a rule without namespaces, or add "" to them (which also takes lists over all namespaces)`,
    };
  }
}
