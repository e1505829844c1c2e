import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../model/json.ts';
import { formatPath } from '../../model/path.ts';
import { decideAudit, type LintRule, lintAuditPolicy, lintRules, readAuditPolicy, userNamed } from './index.ts';

const everything = { level: 'Metadata' };
const core = (...resources: string[]) => ({ group: '', resources });

function policyOf(rules: readonly Json[], fields: { readonly [key: string]: Json } = {}): Json {
  return { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], ...fields, rules };
}

interface Pitfall {
  readonly rule: LintRule;
  readonly name: string;
  readonly bad: Json;
  /** Where the finding is. */
  readonly at: string;
  readonly says: string;
  readonly fix: string;
  readonly good: Json;
  readonly minor?: number;
}

const pitfalls: readonly Pitfall[] = [
  {
    rule: 'unreachable-rule',
    name: 'a catch-all early',
    bad: policyOf([everything, { level: 'None', resources: [core('events')] }]),
    at: 'rules[1]',
    says: 'rules[1] is never reached: rules[0] before it takes every request that it matches',
    fix: 'move it before rules[0], or remove it',
    good: policyOf([{ level: 'None', users: ['system:kube-proxy'] }, everything]),
  },
  {
    rule: 'unreachable-rule',
    name: 'two rules that together leave nothing',
    bad: policyOf([
      { level: 'None', verbs: ['get', 'list', 'watch'], resources: [core('pods')] },
      { level: 'Metadata', resources: [core('pods')] },
      { level: 'Request', users: ['jane'], resources: [core('pods')] },
      everything,
    ]),
    at: 'rules[2]',
    says: 'rules[2] is never reached: rules[0], rules[1] before it take every request that it matches',
    fix: 'move it before rules[0], or remove it',
    good: policyOf([
      { level: 'Request', users: ['jane'], resources: [core('pods', 'pods/*')] },
      { level: 'Metadata', resources: [core('pods', 'pods/*')] },
      { level: 'Request', resources: [core('services', 'services/*')], verbs: ['create', 'update', 'patch'] },
      everything,
    ]),
  },
  {
    rule: 'never-matches',
    name: 'a name for a request that has none',
    bad: policyOf([
      { level: 'Request', verbs: ['create'], resources: [{ ...core('pods'), resourceNames: ['x'] }] },
      everything,
    ]),
    at: 'rules[0]',
    says: 'rules[0] matches no request: its conditions exclude each other',
    fix: 'see "explain" for a request that it is meant for, and which condition fails',
    good: policyOf([
      { level: 'Request', verbs: ['update', 'patch'], resources: [{ ...core('pods'), resourceNames: ['x'] }] },
      everything,
    ]),
  },
  {
    rule: 'missed-subresource',
    name: 'pods without exec',
    bad: policyOf([{ level: 'RequestResponse', resources: [core('pods')] }]),
    at: 'rules[0].resources[0].resources[0]',
    says: 'pods does not include its subresources: pods/exec, pods/attach, pods/portforward, pods/proxy, pods/ephemeralcontainers, pods/log, pods/eviction are not logged',
    fix: 'add "pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "pods/ephemeralcontainers", "pods/log", "pods/eviction", or write "pods/*" for all of them',
    good: policyOf([{ level: 'RequestResponse', resources: [core('pods/*')] }]),
  },
  {
    rule: 'wrong-group',
    name: 'deployments of the core group',
    bad: policyOf([{ level: 'Request', resources: [{ resources: ['deployments'] }] }, everything]),
    at: 'rules[0].resources[0].resources[0]',
    says: 'deployments of the core group does not exist: it is of the group apps',
    fix: 'move it to an entry with group: "apps"',
    good: policyOf([
      { level: 'RequestResponse', resources: [{ group: 'apps', resources: ['deployments'] }] },
      everything,
    ]),
  },
  {
    rule: 'ignored-key',
    name: 'resource for resources',
    bad: policyOf([{ level: 'Metadata', resources: [{ group: '', resource: ['pods'] }] }, everything]),
    at: 'rules[0].resources[0].resource',
    says: 'rules[0].resources[0].resource is no field of an audit policy and is ignored',
    fix: 'write resources instead of resource',
    good: policyOf([{ level: 'RequestResponse', resources: [core('pods')] }, everything]),
  },
  {
    rule: 'unknown-resource',
    name: 'a kind instead of a resource',
    bad: policyOf([{ level: 'Metadata', resources: [core('pod', 'Service', 'tokenrequests')] }, everything]),
    at: 'rules[0].resources[0].resources[0]',
    says: 'the core group has no resource pod',
    fix: 'write pods',
    good: policyOf([everything]),
  },
  {
    rule: 'unknown-group',
    name: 'a group by half its name',
    bad: policyOf([{ level: 'Metadata', resources: [{ group: 'rbac' }] }, everything]),
    at: 'rules[0].resources[0].group',
    says: 'there is no API group "rbac"',
    fix: 'write group: "rbac.authorization.k8s.io"',
    good: policyOf([everything]),
  },
  {
    rule: 'unknown-verb',
    name: 'a verb that there is not',
    bad: policyOf([
      { level: 'Request', verbs: ['create', 'replace', 'update', 'patch'], resources: [{ group: 'apps' }] },
      everything,
    ]),
    at: 'rules[0].verbs[1]',
    says: '"replace" is no verb of a request for a resource',
    fix: 'write "update"',
    good: policyOf([everything]),
  },
  {
    rule: 'no-wildcard',
    name: 'a pattern for users',
    bad: policyOf([{ level: 'None', users: ['system:serviceaccount:kube-system:*'] }, everything]),
    at: 'rules[0].users[0]',
    says: '"system:serviceaccount:kube-system:*" in users is compared as it stands: * is no wildcard there',
    fix: 'use userGroups: ["system:serviceaccounts:kube-system"]',
    good: policyOf([
      { level: 'None', userGroups: ['system:serviceaccounts:kube-system'], verbs: ['watch'] },
      everything,
    ]),
  },
  {
    rule: 'no-wildcard',
    name: 'every subresource of everything',
    bad: policyOf([{ level: 'Request', resources: [{ group: 'apps', resources: ['*/*'] }] }, everything]),
    at: 'rules[0].resources[0].resources[0]',
    says: '"*/*" matches no resource',
    fix: 'write "*", which is every resource and subresource of the group',
    good: policyOf([everything]),
  },
  {
    rule: 'hidden-failed-logins',
    name: 'everybody by groups',
    bad: policyOf([{ level: 'Metadata', userGroups: ['system:authenticated', 'system:unauthenticated'] }]),
    at: 'rules[0].userGroups',
    says: 'system:authenticated and system:unauthenticated are not everybody: a refused login is in no group',
    fix: 'leave userGroups out of the rule',
    good: policyOf([everything]),
  },
  {
    rule: 'hidden-failed-logins',
    name: 'the stage of refused logins omitted',
    bad: policyOf([everything], { omitStages: ['RequestReceived', 'ResponseStarted'] }),
    at: 'omitStages',
    says: 'the stage ResponseStarted is omitted, and it is the only one of a refused login',
    fix: 'omit RequestReceived only',
    good: policyOf([everything]),
  },
  {
    rule: 'no-stages',
    name: 'both stages of short requests omitted',
    bad: policyOf([everything], { omitStages: ['RequestReceived', 'ResponseComplete'] }),
    at: 'omitStages',
    says: 'RequestReceived and ResponseComplete are both omitted',
    fix: 'omit RequestReceived only',
    good: policyOf([everything]),
  },
  {
    rule: 'two-stages',
    name: 'no stage omitted',
    bad: policyOf([everything], { omitStages: [] }),
    at: 'omitStages',
    says: 'requests are logged when they arrive, and again when they are answered',
    fix: 'add omitStages: ["RequestReceived"] to the policy',
    good: policyOf([everything]),
  },
  {
    rule: 'hidden-event-deletion',
    name: 'events left out with their deletion',
    bad: policyOf([
      { level: 'None', resources: [core('events'), { group: 'events.k8s.io', resources: ['events'] }] },
      everything,
    ]),
    at: 'rules[0].resources[0]',
    says: 'deleting events is not logged either',
    fix: 'put a rule of level Metadata for events with verbs: ["delete", "deletecollection"] before it',
    good: policyOf([
      {
        level: 'None',
        verbs: ['create', 'patch', 'update'],
        resources: [core('events'), { group: 'events.k8s.io', resources: ['events'] }],
      },
      everything,
    ]),
  },
  {
    rule: 'one-events-group',
    name: 'events of one group',
    bad: policyOf([{ level: 'None', verbs: ['create', 'update', 'patch'], resources: [core('events')] }, everything]),
    at: 'rules[0].resources[0]',
    says: 'events of the core group are at level None, and those of events.k8s.io at Metadata',
    fix: 'add an entry with group: "events.k8s.io" and resources: ["events"]',
    good: policyOf([everything]),
  },
  {
    rule: 'logged-credentials',
    name: 'Secrets with bodies, and the rule against it too late',
    bad: policyOf([
      { level: 'RequestResponse', resources: [core('*')], verbs: ['create', 'update', 'patch'] },
      { level: 'Metadata', resources: [core('secrets', 'configmaps')] },
      everything,
    ]),
    at: 'rules[0]',
    says: 'level RequestResponse puts the values of Secrets, ConfigMaps, which often hold credentials and new tokens of service accounts into the log (create secrets by a person)',
    fix: 'move rules[1] before it: the rule for secrets comes too late',
    good: policyOf([
      { level: 'Metadata', resources: [core('secrets', 'configmaps', 'serviceaccounts/token')] },
      { level: 'RequestResponse', resources: [core('*')], verbs: ['create', 'update', 'patch'] },
      everything,
    ]),
  },
  {
    rule: 'missed-verb',
    name: 'get of secrets without list',
    bad: policyOf([{ level: 'Metadata', verbs: ['get', 'watch'], resources: [core('secrets')] }]),
    at: 'rules[0].verbs',
    says: 'list of secrets is not logged, and get, watch are',
    fix: 'add "list" to verbs',
    good: policyOf([{ level: 'Metadata', verbs: ['get', 'list', 'watch'], resources: [core('secrets')] }]),
  },
  {
    rule: 'missed-verb',
    name: 'delete without deletecollection',
    bad: policyOf([{ level: 'Metadata', verbs: ['delete'], resources: [{ group: 'apps' }] }]),
    at: 'rules[0].verbs',
    says: 'deletecollection of apps is not logged, and delete is',
    fix: 'add "deletecollection" to verbs',
    good: policyOf([{ level: 'Metadata', verbs: ['delete', 'deletecollection'], resources: [{ group: 'apps' }] }]),
  },
  {
    rule: 'missed-verb',
    name: 'exec by POST only',
    bad: policyOf([{ level: 'Metadata', verbs: ['create'], resources: [core('pods/exec')] }]),
    at: 'rules[0].verbs',
    says: 'get of pods/exec is not logged, and create is',
    fix: 'add "get" to verbs',
    good: policyOf([{ level: 'Metadata', verbs: ['create', 'get'], resources: [core('pods/exec')] }]),
  },
  {
    rule: 'patch-without-result',
    name: 'patches of roles at level Request',
    bad: policyOf([{ level: 'Request', resources: [{ group: 'rbac.authorization.k8s.io' }] }, everything]),
    at: 'rules[0].level',
    says: 'of a patched object of clusterroles, rolebindings the log holds the patch only',
    fix: 'use level RequestResponse for update and patch of these',
    good: policyOf([{ level: 'RequestResponse', resources: [{ group: 'rbac.authorization.k8s.io' }] }, everything]),
  },
  {
    rule: 'unknown-verb',
    name: 'impersonation as a verb',
    bad: policyOf([{ level: 'Request', verbs: ['impersonate'] }, everything]),
    at: 'rules[0].verbs[0]',
    says: 'impersonate is a right, and no verb of a request',
    fix: 'leave it out: impersonated requests are logged under the user who makes them, with impersonatedUser',
    good: policyOf([everything]),
  },
  {
    rule: 'cluster-scoped',
    name: 'nodes in a namespace',
    bad: policyOf([{ level: 'Metadata', namespaces: ['kube-system'], resources: [core('nodes')] }, everything]),
    at: 'rules[0].resources[0].resources[0]',
    says: 'nodes have no namespace, and the rule is for kube-system',
    fix: 'move nodes to a rule without namespaces, or add "" to them (which also takes lists over all namespaces)',
    good: policyOf([
      { level: 'Request', namespaces: [''], resources: [core('nodes')], verbs: ['update', 'patch'] },
      everything,
    ]),
  },
  {
    rule: 'obsolete',
    name: 'the insecure port',
    bad: policyOf([{ level: 'None', users: ['system:unsecured'] }, everything]),
    at: 'rules[0].users[0]',
    says: 'system:unsecured was the user of the insecure port, which is gone since v1.20',
    fix: 'remove the rule',
    good: policyOf([everything]),
  },
  {
    rule: 'probe-paths',
    name: 'one of three health checks',
    bad: policyOf([{ level: 'None', nonResourceURLs: ['/healthz*'] }, everything]),
    at: 'rules[0].nonResourceURLs',
    says: '/healthz is left out, and /livez, /readyz are logged',
    fix: 'add "/livez*", "/readyz*"',
    good: policyOf([{ level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*'] }, everything]),
  },
  {
    rule: 'resource-path',
    name: 'the path of a resource',
    bad: policyOf([{ level: 'None', nonResourceURLs: ['/apis/apps/v1/deployments'] }, everything]),
    at: 'rules[0].nonResourceURLs[0]',
    says: '/apis/apps/v1/deployments is a path of resources',
    fix: 'write resources: [{group: "apps", resources: ["deployments"]}]',
    good: policyOf([{ level: 'None', nonResourceURLs: ['/apis/apps/v1'] }, everything]),
  },
  {
    rule: 'no-catch-all',
    name: 'no rule for the rest',
    bad: policyOf([{ level: 'Metadata', resources: [core('secrets')] }]),
    at: 'rules',
    says: 'what no rule matches is not logged',
    fix: 'end the policy with "- level: Metadata", or with "- level: None" to say that it is meant',
    good: policyOf([{ level: 'Metadata', resources: [core('secrets')] }, { level: 'None' }]),
  },
  {
    rule: 'invalid',
    name: 'group * before v1.36',
    bad: policyOf([{ level: 'Metadata', resources: [{ group: '*' }] }]),
    at: 'rules[0].resources.group',
    says: 'group "*" is no API group',
    fix: 'write the group without its version, such as apps; "" for the core group',
    good: policyOf([everything]),
    minor: 35,
  },
  {
    rule: 'newer-version',
    name: 'group * for any version',
    bad: policyOf([{ level: 'Metadata', resources: [{ group: '*' }] }]),
    at: 'rules[0].resources[0].group',
    says: 'group "*" is taken since v1.36',
    fix: 'name the groups, or give --kubernetes-version 1.36 if all API servers are that new',
    good: policyOf([everything]),
  },
  {
    rule: 'newer-version',
    name: 'managed fields before v1.23',
    bad: policyOf([everything], { omitManagedFields: true }),
    at: 'omitManagedFields',
    says: 'omitManagedFields is there since v1.23, and this is v1.22',
    fix: 'leave it out, or count with larger events',
    good: policyOf([everything]),
    minor: 22,
  },
];

describe('every pitfall', () => {
  it.each(pitfalls.map((each) => [`${each.rule}: ${each.name}`, each] as const))('%s', (_, each) => {
    const { rule, bad, good, at, says, fix, minor } = each;
    const found = lintAuditPolicy(bad, { minor }).findings.filter((finding) => finding.rule === rule);
    const [first] = found;
    expect(first && { at: formatPath(first.path), says: first.message, fix: first.fix }).toEqual({ at, says, fix });
    expect(first?.why.length).toBeGreaterThan(10);
    const after = lintAuditPolicy(good, { minor }).findings;
    expect(after.filter((finding) => finding.rule === rule).map(({ message }) => message)).toEqual([]);
  });

  it('has an example here', () => {
    // A key that is there twice does not show in a value: see below.
    const shown = new Set<LintRule>(['repeated-key', ...pitfalls.map(({ rule }) => rule)]);
    expect(Object.keys(lintRules).filter((rule) => !shown.has(rule as LintRule))).toEqual([]);
  });
});

describe('policies that are widely used', () => {
  const read = (name: string): Json =>
    load(readFileSync(join(import.meta.dirname, '../../../test/fixtures/audit-policies', name), 'utf8')) as Json;

  it('of the GCE lineage have only what is known to be old in them', () => {
    const { findings } = lintAuditPolicy(read('gce-like.yaml'));
    expect(findings.map(({ severity, rule, path }) => `${severity} ${rule} ${formatPath(path)}`)).toEqual([
      'note obsolete rules[1].users[0]',
      'note obsolete rules[8].nonResourceURLs[2]',
      'note probe-paths rules[8].nonResourceURLs',
      'note one-events-group rules[9].resources[0]',
      'note hidden-event-deletion rules[9].resources[0]',
    ]);
  });

  it('of OpenShift log OAuth tokens', () => {
    const { findings } = lintAuditPolicy(read('openshift-like.yaml'));
    expect(findings.map(({ severity, rule, path }) => `${severity} ${rule} ${formatPath(path)}`)).toEqual([
      'warning logged-credentials rules[1]',
    ]);
  });
});

describe('rules that are never reached', () => {
  const word = (...words: string[]) => fc.subarray(words, { minLength: 0, maxLength: 2 });
  const rule = fc.record({
    level: fc.constantFrom('None', 'Metadata', 'Request'),
    users: word('jane', 'system:serviceaccount:a:b'),
    userGroups: word('system:authenticated', 'dev', 'system:serviceaccounts'),
    verbs: word('get', 'create', 'delete'),
    namespaces: word('a', '', 'kube-system'),
    resources: fc.array(
      fc.record({ group: fc.constantFrom('', 'apps'), resources: word('pods', 'pods/*', '*', 'secrets', '*/scale') }),
      { maxLength: 2 },
    ),
  });

  it('decide about no request at all', () => {
    const users = [
      undefined,
      ...['jane', 'joe', 'system:serviceaccount:a:b', 'system:anonymous'].map((name) => userNamed(name)),
      userNamed('joe', ['dev']),
      userNamed('jane', ['dev']),
    ];
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 5 }), (rules) => {
        const { findings, policy } = lintAuditPolicy(policyOf(rules));
        const idle = new Set(
          findings
            .filter((finding) => finding.rule === 'unreachable-rule' || finding.rule === 'never-matches')
            .map(({ path }) => path[1]),
        );
        for (const user of users) {
          for (const verb of ['get', 'list', 'create', 'delete', 'watch']) {
            for (const [resource, subresource] of [
              ['pods', ''],
              ['pods', 'exec'],
              ['secrets', ''],
              ['services', ''],
              ['deployments', 'scale'],
            ] as const) {
              for (const namespace of ['a', 'b', 'kube-system']) {
                const group = resource === 'deployments' ? 'apps' : '';
                const name = subresource === '' && verb !== 'get' && verb !== 'delete' ? '' : 'x';
                const request = {
                  ...(user && { user }),
                  verb,
                  path: '',
                  resource: { group, resource, subresource, namespace, name },
                };
                // Verbs that a subresource does not have are asked by nobody.
                if (subresource !== '' && verb !== 'get') continue;
                const decided = decideAudit(policy, request).rule;
                if (decided !== undefined) expect(idle.has(policy.rules.indexOf(decided))).toBe(false);
              }
            }
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('are not those that decide about something that can be asked', () => {
    const simple = policyOf([
      { level: 'None', userGroups: ['system:authenticated'] },
      { level: 'Request', users: ['jane'] },
      { level: 'Metadata' },
    ]);
    // Whoever has a name is authenticated, so the second is never reached; the third has refused logins.
    const { findings } = lintAuditPolicy(simple);
    expect(
      findings.filter(({ rule: code }) => code === 'unreachable-rule').map(({ path }) => formatPath(path)),
    ).toEqual(['rules[1]']);
  });
});

describe('one cause', () => {
  it('is told once: a misspelt condition explains the rules that are never reached', () => {
    const { findings } = lintAuditPolicy(
      policyOf([
        { level: 'RequestResponse', resource: [core('pods')] },
        ...['a', 'b', 'c', 'd'].map((user) => ({ level: 'None', users: [user] })),
        everything,
      ]),
    );
    expect(findings.filter(({ rule: code }) => code === 'unreachable-rule')).toEqual([]);
    expect(findings.find(({ rule: code }) => code === 'ignored-key')).toMatchObject({
      why: 'rules[0] applies to more requests than it seems to: rules[1], rules[2], rules[3] and 2 more are never reached',
    });
  });

  it.each<[string, readonly Json[], string]>([
    ['two levels', [{ level: 'None', verbs: ['get'] }, { level: 'Request' }], 'is logged at Request or not logged'],
    ['its own too', [{ level: 'Metadata', verbs: ['get'] }, { level: 'Request' }], 'is in part logged at Request'],
  ])('says what is logged instead: %s', (_, rules, text) => {
    const { findings } = lintAuditPolicy(policyOf([...rules, { level: 'Metadata', resources: [core('pods')] }]));
    const [found] = findings.filter(({ rule: code }) => code === 'unreachable-rule');
    expect(found?.why).toBe(`what it should log at level Metadata ${text}`);
  });

  it('is a key that the file repeats', () => {
    const { findings } = lintAuditPolicy(policyOf([everything]), { repeated: [['rules', 0, 'level']] });
    expect(findings).toContainEqual({
      rule: 'repeated-key',
      severity: 'warning',
      path: ['rules', 0, 'level'],
      message: 'rules[0].level is there twice',
      why: 'the API server takes the last (Metadata), and leaves out what the other says',
      fix: 'remove one level',
    });
  });
});

describe('any JSON at all', () => {
  it('is linted', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ rules: fc.array(fc.jsonValue()) })), (value) => {
        for (const { path, message, why, fix } of lintAuditPolicy(value as Json).findings) {
          expect([formatPath(path), message, why, fix].every((text) => typeof text === 'string')).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('of many rules is read in bounded time', () => {
    const many = Array.from({ length: 3000 }, (_, index) => ({
      level: 'Request',
      users: [`u${index}`],
      namespaces: [`n${index}`],
    }));
    const { unchecked } = lintAuditPolicy(policyOf(many));
    expect(unchecked).toContain('too many conditions');
    expect(readAuditPolicy(policyOf(many)).problems).toEqual([]);
  });
});
