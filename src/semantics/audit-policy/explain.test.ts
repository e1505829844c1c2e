import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../model/json.ts';
import {
  decideAudit,
  describeRule,
  diffPolicies,
  explainAudit,
  mismatch,
  readAuditPolicy,
  userNamed,
} from './index.ts';

const policyOf = (...rules: Json[]) =>
  readAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules }).policy;
const words = (...all: string[]) => fc.subarray(all, { maxLength: 2 });

const rule = fc.record({
  level: fc.constantFrom('None', 'Metadata', 'Request', 'RequestResponse'),
  users: words('jane', 'joe'),
  userGroups: words('dev', 'system:authenticated'),
  verbs: words('get', 'create'),
  namespaces: words('a', ''),
  nonResourceURLs: words('/healthz*', '/api', '*'),
  resources: fc.array(
    fc.record({
      group: fc.constantFrom('', 'apps', '*'),
      resources: words('pods', 'pods/*', '*/exec', '*', 'pods/exec'),
      resourceNames: words('x', ''),
    }),
    { maxLength: 2 },
  ),
});

const request = fc.record(
  {
    user: fc.constantFrom(userNamed('jane'), userNamed('joe', ['dev']), { name: 'nobody in particular', groups: [] }),
    verb: fc.constantFrom('get', 'create', 'watch'),
    path: fc.constantFrom('/healthz/x', '/api', '/x'),
    resource: fc.record({
      group: fc.constantFrom('', 'apps'),
      resource: fc.constantFrom('pods', 'secrets'),
      subresource: fc.constantFrom('', 'exec', 'log'),
      namespace: fc.constantFrom('', 'a', 'b'),
      name: fc.constantFrom('', 'x', 'y'),
    }),
  },
  { requiredKeys: ['verb', 'path'] },
);

describe('explainAudit', () => {
  it('gives a reason for exactly the rules that do not match', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), request, (rules, asked) => {
        const policy = policyOf(...(rules as Json[]));
        for (const each of policy.rules) {
          const decided = decideAudit({ ...policy, rules: [each] }, asked).rule;
          expect(mismatch(each, asked) === undefined).toBe(decided === each);
        }
        const { decision, passed } = explainAudit(policy, asked);
        expect(passed.map((each) => each.rule)).toEqual(
          policy.rules.slice(0, decision.rule === undefined ? undefined : policy.rules.indexOf(decision.rule)),
        );
        expect(passed.map(({ reason }) => reason)).not.toContain('it matches');
      }),
      { numRuns: 300 },
    );
  });

  it('says why, and what decides', () => {
    const policy = policyOf(
      { level: 'None', users: ['system:kube-proxy'] },
      { level: 'Request', resources: [{ group: '', resources: ['pods'] }] },
      { level: 'Metadata', verbs: ['get'], namespaces: ['kube-system'] },
      { level: 'Metadata', resources: [{ group: 'apps' }] },
      { level: 'None', nonResourceURLs: ['/healthz*'] },
      { level: 'Metadata', resources: [{ group: '', resources: ['pods/*'] }] },
    );
    const asked = { group: '', resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web' };
    const { decision, passed } = explainAudit(policy, {
      user: userNamed('jane'),
      verb: 'get',
      path: '',
      resource: asked,
    });
    expect(passed.map(({ reason }) => reason)).toEqual([
      'users system:kube-proxy do not include jane',
      'resources pods of the core group do not include pods/exec: pods is without subresources',
      'namespaces kube-system do not include shop',
      'resources are of apps, and not of the core group',
      'it is for paths, and the request is for a resource',
    ]);
    expect(decision.rule && describeRule(decision.rule)).toBe('rules[5] (resources pods/*)');
  });
});

describe('diffPolicies', () => {
  it('finds no difference between a policy and itself written otherwise', () => {
    const one = policyOf({ level: 'Metadata', resources: [{ group: '', resources: ['secrets'] }] }, { level: 'None' });
    const two = policyOf(
      { level: 'None', verbs: ['get'], nonResourceURLs: ['*'] },
      { level: 'Metadata', resources: [{ group: '', resources: ['secrets'] }] },
    );
    expect(diffPolicies(one, two)).toEqual([]);
  });

  it('tells what goes from one level to another, and by which rules', () => {
    const one = policyOf({ level: 'Metadata' });
    const two = policyOf(
      {
        level: 'None',
        users: ['jane'],
        verbs: ['get'],
        resources: [{ group: '', resources: ['pods'] }],
        namespaces: ['shop'],
      },
      { level: 'RequestResponse', verbs: ['create'], resources: [{ group: 'apps', resources: ['deployments'] }] },
      { level: 'Metadata' },
    );
    const shown = diffPolicies(one, two).map(({ change, before, after, requests }) => ({
      change: `${change} ${before.level} ${after.level}`,
      requests,
    }));
    expect(shown).toEqual([
      {
        change: 'less Metadata None',
        requests: [{ users: 'jane', verbs: 'get', targets: 'pods', places: 'in shop' }],
      },
      {
        change: 'more Metadata RequestResponse',
        requests: [{ users: 'everyone', verbs: 'create', targets: 'deployments.apps', places: '' }],
      },
    ]);
  });

  it('agrees with the decisions for any two policies', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), fc.array(rule, { maxLength: 3 }), request, (a, b, asked) => {
        const [one, two] = [policyOf(...(a as Json[])), policyOf(...(b as Json[]))];
        if (diffPolicies(one, two).length > 0) return;
        // What cannot be asked may differ.
        const { resource, verb, user } = asked;
        if (user?.groups.length === 0 || verb === 'watch' || (resource !== undefined && !canBe(resource, verb))) return;
        expect(decideAudit(one, asked).level).toBe(decideAudit(two, asked).level);
      }),
      { numRuns: 200 },
    );
  });

  function canBe(
    { group, subresource, namespace, name }: { group: string; subresource: string; namespace: string; name: string },
    verb: string,
  ) {
    if (group !== '' || namespace === '') return false;
    if (subresource === '') return (name === '') === (verb === 'create');
    return name !== '' && (subresource === 'exec' || verb === 'get');
  }
});
