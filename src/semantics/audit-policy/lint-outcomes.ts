import { formatPath, type Path } from '../../model/path.ts';
import { wordList } from '../../model/word-list.ts';
import { connectSubresources, isLongRunning } from './api-resources.ts';
import { type AskedRequests, auditPolicySize, bodyLogged, describeRequest } from './coverage.ts';
import { type AuditDecision, type AuditedRequest, coversResource, decideAudit } from './decide.ts';
import { recordedStages } from './levels.ts';
import type { LintFinding } from './lint.ts';
import type { AuditPolicy, AuditRule } from './policy.ts';
import { aNamespace, anObject, aPerson, userNamed } from './request-atoms.ts';

const allVerbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

/** Findings about what the rules together make of requests that matter. */
export function* lintOutcomes(policy: AuditPolicy): Iterable<LintFinding> {
  yield* missedSubresources(policy);
  yield* missedVerbs(policy);
  yield* events(policy);
  yield* failedLogins(policy);
  yield* patches(policy);
  yield* probes(policy);
  yield* ending(policy);
}

/** What omitted stages leave of a request. */
export function* lintStages({ omitStages, rules }: AuditPolicy): Iterable<LintFinding> {
  const places: { path: Path; stages: readonly string[]; logs: boolean }[] = [
    { path: ['omitStages'], stages: omitStages, logs: rules.some(({ level }) => level !== 'None') },
    ...rules.map((rule) => ({
      path: [...rule.path, 'omitStages'],
      stages: rule.omitStages.length === 0 ? [] : [...omitStages, ...rule.omitStages],
      logs: rule.level !== 'None',
    })),
  ];
  for (const { path, stages, logs } of places) {
    if (!logs || !stages.includes('ResponseComplete') || !stages.includes('RequestReceived')) continue;
    yield {
      rule: 'no-stages',
      severity: 'warning',
      path,
      message: 'RequestReceived and ResponseComplete are both omitted',
      why: 'most requests have no other stage, and are not logged at all',
      fix: 'omit RequestReceived only',
    };
  }
  const logging = rules.filter(({ level }) => level !== 'None');
  const twice = logging.some((rule) => ![...omitStages, ...rule.omitStages].includes('RequestReceived'));
  if (logging.length === 0 || !twice) return;
  yield {
    rule: 'two-stages',
    severity: 'note',
    path: ['omitStages'],
    message: 'requests are logged when they arrive, and again when they are answered',
    why: 'the log has twice the events, and the first of each pair does not tell how the request ended',
    fix: 'add omitStages: ["RequestReceived"] to the policy',
  };
}

/** A request by a person, as it is when the policy is asked. */
function asked(group: string, combined: string, verb: string): AuditedRequest {
  const [resource = '', subresource = ''] = combined.split('/');
  const isCollection = subresource === '' && ['create', 'list', 'watch', 'deletecollection'].includes(verb);
  const name = isCollection ? '' : anObject;
  return {
    user: userNamed(aPerson),
    verb,
    path: '',
    resource: { group, resource, subresource, namespace: aNamespace, name },
  };
}

function isLogged(decision: AuditDecision, { verb, resource }: AuditedRequest): boolean {
  return recordedStages(decision, isLongRunning(verb, resource?.subresource ?? '')).length > 0;
}

/** Subresources that matter by themselves, with the verbs by which they are reached. */
const telling: ReadonlyMap<string, readonly (readonly [subresource: string, verb: string])[]> = new Map([
  [
    'pods',
    [
      ...[...connectSubresources].map((name) => [name, 'create'] as const),
      ['ephemeralcontainers', 'patch'],
      ['log', 'get'],
      ['eviction', 'create'],
    ],
  ],
  ['services', [['proxy', 'get']]],
  ['nodes', [['proxy', 'get']]],
  ['serviceaccounts', [['token', 'create']]],
]);

function* missedSubresources(policy: AuditPolicy): Iterable<LintFinding> {
  for (const rule of policy.rules) {
    if (rule.level === 'None') continue;
    for (const [index, { group, resources }] of rule.resources.entries()) {
      if (group !== '') continue;
      for (const [at, resource] of resources.entries()) {
        const missed = (telling.get(resource) ?? []).filter(([subresource, verb]) => {
          const request = asked('', `${resource}/${subresource}`, verb);
          const named = rule.verbs.length === 0 || rule.verbs.includes(verb);
          return named && !isLogged(decideAudit(policy, request), request);
        });
        if (missed.length === 0) continue;
        const names = missed.map(([subresource]) => `${resource}/${subresource}`);
        yield {
          rule: 'missed-subresource',
          // Whoever names verbs has thought of what is asked for; a resource alone looks like all of it.
          severity: rule.verbs.length === 0 ? 'warning' : 'note',
          path: [...rule.path, 'resources', index, 'resources', at],
          message: `${resource} does not include its subresources: ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not logged`,
          why: 'a resource in a rule is that resource alone, and what is reached through it leaves no trace',
          fix: `add ${names.map((name) => `"${name}"`).join(', ')}, or write "${resource}/*" for all of them`,
        };
      }
    }
  }
}

/** Verbs that do the same to a client: one without the other leaves a way around the log. */
const companions: readonly (readonly [verb: string, others: readonly string[], why: string])[] = [
  ['get', ['list', 'watch'], 'a list or a watch holds every object whole: reading in bulk leaves no trace'],
  ['delete', ['deletecollection'], 'deleting all of them at once leaves no trace'],
  ['update', ['patch'], 'kubectl apply and edit send patches'],
  ['patch', ['update'], 'a replaced object leaves no trace'],
];
const connectWhy = 'kubectl connects by GET since v1.31 (WebSocket) and by POST before: either may be used';

function* missedVerbs(policy: AuditPolicy): Iterable<LintFinding> {
  for (const rule of policy.rules) {
    if (rule.level === 'None' || rule.verbs.length === 0 || rule.users.length > 0) continue;
    for (const { group, resources } of rule.resources) {
      const [combined = 'something-else'] = resources.filter((name) => !name.startsWith('*'));
      const targets = resources.length === 0 ? [combined] : resources.filter((name) => !name.startsWith('*'));
      const missing = new Map<string, { why: string; names: string[] }>();
      for (const target of targets) {
        const name = target.replace(/\/\*$/, '');
        for (const [other, why] of missedOf(rule, name)) {
          const request = asked(group === '*' ? '' : group, name, other);
          const known = decideAudit(policy, { ...request, verb: rule.verbs[0] ?? '' });
          if (known.rule !== rule && decideAudit(policy, asked(group, name, knownVerb(rule))).rule !== rule) continue;
          if (isLogged(decideAudit(policy, request), request)) continue;
          const entry = missing.get(other) ?? { why, names: [] };
          entry.names.push(target);
          missing.set(other, entry);
        }
      }
      for (const [other, { why, names }] of missing) {
        const of = resources.length === 0 ? (group === '' ? 'the core group' : group) : names.slice(0, 3).join(', ');
        yield {
          rule: 'missed-verb',
          severity: 'warning',
          path: [...rule.path, 'verbs'],
          message: `${other} of ${of} is not logged, and ${rule.verbs.join(', ')} ${rule.verbs.length === 1 ? 'is' : 'are'}`,
          why,
          fix: `add "${other}" to verbs`,
        };
      }
    }
  }
}

function knownVerb({ verbs }: AuditRule): string {
  return verbs.find((verb) => allVerbs.includes(verb)) ?? '';
}

function* missedOf({ verbs }: AuditRule, target: string): Iterable<readonly [verb: string, why: string]> {
  const subresource = target.split('/')[1] ?? '';
  if (connectSubresources.has(subresource)) {
    if (verbs.includes('create') && !verbs.includes('get')) yield ['get', connectWhy];
    if (verbs.includes('get') && !verbs.includes('create')) yield ['create', connectWhy];
    return;
  }
  for (const [verb, others, why] of companions) {
    if (!verbs.includes(verb)) continue;
    for (const other of others) {
      if (verbs.includes(other)) continue;
      // Subresources have no collections, and reading is worth a finding where it gives secrets away.
      if (subresource !== '' && other !== 'update' && other !== 'patch') continue;
      if (verb === 'get' && target !== 'secrets' && target !== 'configmaps') continue;
      yield [other, why];
    }
  }
}

const eventGroups = ['', 'events.k8s.io'];

function* events(policy: AuditPolicy): Iterable<LintFinding> {
  for (const rule of policy.rules) {
    for (const [index, entry] of rule.resources.entries()) {
      const at = entry.resources.indexOf('events');
      if (at === -1 || !eventGroups.includes(entry.group) || rule.users.length > 0 || rule.userGroups.length > 0)
        continue;
      const other = entry.group === '' ? 'events.k8s.io' : '';
      const both = rule.resources.some(
        ({ group, resources }) =>
          (group === other || group === '*') &&
          (resources.length === 0 ||
            resources.some((pattern) => coversResource(pattern, { resource: 'events', subresource: '' }))),
      );
      const path = [...rule.path, 'resources', index];
      const verb = rule.verbs[0] ?? 'create';
      const elsewhere = decideAudit(policy, asked(other, 'events', verb));
      if (!both && elsewhere.level !== rule.level) {
        yield {
          rule: 'one-events-group',
          severity: 'note',
          path,
          message: `events of ${entry.group === '' ? 'the core group' : 'events.k8s.io'} are at level ${rule.level}, and those of ${other === '' ? 'the core group' : other} at ${elsewhere.level}`,
          why: 'the same events are written through both groups, newer components use events.k8s.io',
          fix: `add an entry with group: "${other}" and resources: ["events"]`,
        };
      }
      const deletion = asked(entry.group, 'events', 'deletecollection');
      const decision = decideAudit(policy, deletion);
      if (rule.level === 'None' && decision.rule === rule) {
        yield {
          rule: 'hidden-event-deletion',
          severity: 'note',
          path,
          message: 'deleting events is not logged either',
          why: 'whoever deletes events covers tracks, and it is rare enough to log',
          fix: 'put a rule of level Metadata for events with verbs: ["delete", "deletecollection"] before it',
        };
      }
    }
  }
}

function* failedLogins(policy: AuditPolicy): Iterable<LintFinding> {
  const { user: _, ...nobody } = asked('', 'secrets', 'get');
  const decision = decideAudit(policy, nobody);
  const { rule } = decision;
  const logsAnything = policy.rules.some(({ level }) => level !== 'None');
  if (!logsAnything) return;
  const finding = { rule: 'hidden-failed-logins', severity: 'warning' } as const;
  const why = 'requests with wrong credentials are the only sign of guessed and stolen tokens';
  if (decision.level !== 'None') {
    if (!decision.omitStages.includes('ResponseStarted')) return;
    const ofPolicy = policy.omitStages.includes('ResponseStarted');
    yield {
      ...finding,
      path: ofPolicy ? ['omitStages'] : [...(rule?.path ?? []), 'omitStages'],
      message: 'the stage ResponseStarted is omitted, and it is the only one of a refused login',
      why: `${why}; the start of every exec, attach, port-forward and watch is lost as well`,
      fix: 'omit RequestReceived only',
    };
    return;
  }
  const groups = policy.rules.findLast(
    ({ level, userGroups }) =>
      level !== 'None' && userGroups.includes('system:authenticated') && userGroups.includes('system:unauthenticated'),
  );
  if (groups !== undefined) {
    yield {
      ...finding,
      path: [...groups.path, 'userGroups'],
      message: 'system:authenticated and system:unauthenticated are not everybody: a refused login is in no group',
      why,
      fix: 'leave userGroups out of the rule',
    };
    return;
  }
  const selective = policy.rules.every(
    ({ level, resources, verbs, nonResourceURLs }) =>
      level === 'None' || resources.length + verbs.length + nonResourceURLs.length > 0,
  );
  yield {
    ...finding,
    severity: selective ? 'note' : 'warning',
    path: rule?.path ?? ['rules'],
    message:
      rule === undefined
        ? 'no rule matches a refused login, which has no user and no groups'
        : `${formatPath(rule.path)} leaves refused logins out`,
    why,
    fix: 'end the policy with "- level: Metadata", without users and groups',
  };
}

const changed: readonly (readonly [group: string, resource: string])[] = [
  ['rbac.authorization.k8s.io', 'clusterroles'],
  ['rbac.authorization.k8s.io', 'rolebindings'],
  ['apps', 'deployments'],
  ['', 'pods'],
];

function* patches(policy: AuditPolicy): Iterable<LintFinding> {
  const byRule = new Map<AuditRule, string[]>();
  for (const [group, resource] of changed) {
    const { level, rule } = decideAudit(policy, asked(group, resource, 'patch'));
    if (level !== 'Request' || rule === undefined) continue;
    byRule.set(rule, [...(byRule.get(rule) ?? []), resource]);
  }
  for (const [rule, resources] of byRule) {
    yield {
      rule: 'patch-without-result',
      severity: 'note',
      path: [...rule.path, 'level'],
      message: `of a patched object of ${resources.join(', ')} the log holds the patch only`,
      why: 'what the object became, a privileged container added by a patch say, cannot be told from the patch alone',
      fix: 'use level RequestResponse for update and patch of these',
    };
  }
}

const probePaths = ['/healthz', '/livez', '/readyz'];

function* probes(policy: AuditPolicy): Iterable<LintFinding> {
  const decided = probePaths.map((path) => ({
    path,
    decision: decideAudit(policy, { user: userNamed('system:anonymous'), verb: 'get', path }),
  }));
  const silent = decided.find(
    ({ decision: { level, rule } }) => level === 'None' && (rule?.nonResourceURLs.length ?? 0) > 0,
  );
  const loud = decided.filter(({ decision }) => decision.level !== 'None').map(({ path }) => path);
  if (silent === undefined || loud.length === 0) return;
  yield {
    rule: 'probe-paths',
    severity: 'note',
    path: [...(silent.decision.rule?.path ?? []), 'nonResourceURLs'],
    message: `${silent.path} is left out, and ${loud.join(', ')} ${loud.length === 1 ? 'is' : 'are'} logged`,
    why: 'kubelets and load balancers ask every few seconds',
    fix: `add ${loud.map((path) => `"${path}*"`).join(', ')}`,
  };
}

function* ending(policy: AuditPolicy): Iterable<LintFinding> {
  const example = ['create', 'get']
    .map((verb) => asked('other.example.com', 'something-else', verb))
    .find((request) => decideAudit(policy, request).rule === undefined);
  if (example === undefined || policy.rules.length === 0) return;
  yield {
    rule: 'no-catch-all',
    severity: 'note',
    path: ['rules'],
    message: 'what no rule matches is not logged',
    why: 'a resource that comes with a new API group leaves no trace until the policy names it',
    fix: 'end the policy with "- level: Metadata", or with "- level: None" to say that it is meant',
  };
}

/** Requests whose bodies hold credentials, and from which level on. */
export const credentialBodies: readonly (AskedRequests & { readonly what: string })[] = [
  { group: '', resource: 'secrets', verbs: allVerbs, what: 'the values of Secrets' },
  { group: '', resource: 'configmaps', verbs: allVerbs, what: 'ConfigMaps, which often hold credentials' },
  {
    ...{ group: '', resource: 'serviceaccounts', subresource: 'token', verbs: ['create'] },
    // The request says what is wanted of a token; the token itself is in the response.
    onlyResponse: true,
    what: 'new tokens of service accounts',
  },
  {
    ...{ group: 'authentication.k8s.io', resource: 'tokenreviews', verbs: ['create'], clusterScoped: true },
    what: 'the tokens under review',
  },
  {
    ...{ group: 'oauth.openshift.io', resource: 'oauthaccesstokens', verbs: allVerbs, clusterScoped: true },
    what: 'OAuth access tokens',
  },
  {
    ...{ group: 'oauth.openshift.io', resource: 'oauthauthorizetokens', verbs: allVerbs, clusterScoped: true },
    what: 'OAuth authorisation tokens',
  },
  {
    ...{ group: 'oauth.openshift.io', resource: 'oauthclients', verbs: allVerbs, clusterScoped: true },
    what: 'the secrets of OAuth clients',
  },
  {
    group: 'external-secrets.io',
    resource: 'pushsecrets',
    verbs: allVerbs,
    what: 'secret material of External Secrets',
  },
  {
    ...{ group: 'generators.external-secrets.io', resource: 'generatorstates', verbs: allVerbs },
    what: 'generated passwords',
  },
  { group: 'secrets.hashicorp.com', resource: 'vaultstaticsecrets', verbs: allVerbs, what: 'secret material of Vault' },
  { group: 'bitnami.com', resource: 'sealedsecrets', verbs: allVerbs, what: 'templates of sealed Secrets' },
];

/** `secrets`, `serviceaccounts/token`. */
export function credentialName({ resource, subresource }: Pick<AskedRequests, 'resource' | 'subresource'>): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

/** Bodies with credentials, proven by a request for each; one finding for each rule that logs them. */
export function* lintBodies(policy: AuditPolicy): Iterable<LintFinding> {
  if (auditPolicySize(policy) > 5000) return;
  const byRule = new Map<AuditRule, { what: string; name: string; example: string; isCore: boolean }[]>();
  for (const each of credentialBodies) {
    const found = bodyLogged(policy, each);
    const rule = found?.decision.rule;
    if (found === undefined || rule === undefined) continue;
    const name = credentialName(each);
    const entry = { what: each.what, name, example: describeRequest(found.request), isCore: each.group === '' };
    byRule.set(rule, [...(byRule.get(rule) ?? []), entry]);
  }
  for (const [rule, found] of byRule) {
    const index = policy.rules.indexOf(rule);
    const late = policy.rules
      .slice(index + 1)
      .find(
        ({ level, resources }) =>
          level === 'Metadata' && resources.some(({ resources: names }) => names.includes(found[0]?.name ?? '')),
      );
    const [first] = found;
    yield {
      rule: 'logged-credentials',
      severity: 'warning',
      path: rule.path,
      message: `level ${rule.level} puts ${listed(found.map(({ what }) => what))} into the log (${first?.example ?? ''})`,
      why: 'whoever reads the log, or the place that it is shipped to, can use them',
      fix:
        late === undefined
          ? `put a rule of level Metadata for ${found.map(({ name }) => name).join(', ')} before it`
          : `move ${formatPath(late.path)} before it: the rule for ${first?.name ?? ''} comes too late`,
    };
  }
}

function listed(words: readonly string[]): string {
  return words.length > 4
    ? `${words.slice(0, 3).join(', ')} and ${words.length - 3} more kinds of credentials`
    : wordList(words);
}
