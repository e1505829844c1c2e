import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../model/json.ts';
import { formatPath } from '../../model/path.ts';
import { type AuditedRequest, bodyLogged, decideAudit, describeRequest, readAuditPolicy, unrecorded } from './index.ts';

const upstream = join(import.meta.dirname, '../../../../shared/conformance/audit-policy');
const there = existsSync(upstream);
if (!there) console.warn("skipped: upstream's audit policy tables are not here");

interface Row {
  readonly name: string;
  readonly policy: Json;
  readonly attributes: {
    readonly user?: { readonly name: string; readonly groups?: readonly string[] };
    readonly verb?: string;
    readonly namespace?: string;
    readonly resource?: string;
    readonly apiGroup?: string;
    readonly subresource?: string;
    readonly name?: string;
    readonly path?: string;
    readonly resourceRequest?: boolean;
  };
  readonly want: {
    readonly level: string;
    readonly omitStages: readonly string[];
    readonly omitManagedFields: boolean;
  };
}

function requestOf({ user, verb = '', path = '', resourceRequest, ...rest }: Row['attributes']): AuditedRequest {
  const { apiGroup: group = '', resource = '', subresource = '', namespace = '', name = '' } = rest;
  return {
    ...(user !== undefined && { user: { name: user.name, groups: user.groups ?? [] } }),
    verb,
    path,
    ...(resourceRequest === true && { resource: { group, resource, subresource, namespace, name } }),
  };
}

const policyOf = (...rules: Json[]) => readAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }).policy;

describe.skipIf(!there)("upstream's tables", () => {
  const rows = there
    ? readFileSync(join(upstream, 'upstream-table.ndjson'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Row)
    : [];

  it.each(rows.map((row) => [row.name, row] as const))('%s', (_, { policy, attributes, want }) => {
    const { level, omitStages, omitManagedFields } = decideAudit(readAuditPolicy(policy).policy, requestOf(attributes));
    expect({ level, omitStages: [...omitStages].sort(), omitManagedFields }).toEqual({
      ...want,
      omitStages: [...want.omitStages].sort(),
    });
  });

  const validation = there
    ? (JSON.parse(readFileSync(join(upstream, 'validation.json'), 'utf8')) as {
        readonly name: string;
        readonly valid: boolean;
        readonly policy: Json;
        readonly errorPaths?: readonly string[];
      }[])
    : [];

  it.each(validation.map((row) => [row.name, row] as const))('validation: %s', (_, { policy, errorPaths = [] }) => {
    // A policy without rules is refused by the loader, and by the validation itself is not.
    const problems = readAuditPolicy(policy).problems.filter(({ path }) => formatPath(path) !== 'rules');
    expect(problems.map(({ path }) => formatPath(path))).toEqual(errorPaths);
  });
});

describe('what upstream has no row for', () => {
  const pods = { group: '', resource: 'pods', subresource: '', namespace: 'a', name: 'x' };
  const user = { name: 'jane', groups: ['system:authenticated'] };
  const level = (rule: Json, request: Partial<AuditedRequest>): string =>
    decideAudit(policyOf(rule), { verb: 'get', path: '', user, resource: pods, ...request }).level;

  it.each<[string, Json, Partial<AuditedRequest>, string]>([
    ['pods/* is plain pods too', { level: 'Metadata', resources: [{ resources: ['pods/*'] }] }, {}, 'Metadata'],
    ['*/* is nothing', { level: 'Metadata', resources: [{ resources: ['*/*'] }] }, {}, 'None'],
    [
      '*/ is no pattern for what has no subresource',
      { level: 'Metadata', resources: [{ resources: ['*/'] }] },
      {},
      'None',
    ],
    ['a group of its own', { level: 'Metadata', resources: [{ group: 'apps' }] }, {}, 'None'],
    [
      'a failed login has no groups',
      { level: 'Metadata', userGroups: ['system:unauthenticated'] },
      { user: undefined as never },
      'None',
    ],
    ['a star is no verb', { level: 'Metadata', verbs: ['*'] }, {}, 'None'],
    ['a star is no user', { level: 'Metadata', users: ['*'] }, {}, 'None'],
  ])('%s', (_, rule, request, expected) => {
    expect(level(rule, request)).toBe(expected);
  });

  it('reads a misspelt field as upstream does: not at all', () => {
    const { policy, problems } = readAuditPolicy({
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      rules: [{ level: 'Request', resources: [{ group: '', resource: ['pods'] }] }],
    });
    expect(problems).toEqual([
      {
        path: ['rules', 0, 'resources', 0, 'resource'],
        message: 'rules[0].resources[0].resource is no field of an audit policy and is ignored',
        ignored: true,
      },
    ]);
    const secrets = { group: '', resource: 'secrets', verbs: ['get', 'create'] };
    expect(bodyLogged(policy, secrets)?.decision.level).toBe('Request');
  });

  it('takes * for a group since v1.36', () => {
    const value = {
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      rules: [{ level: 'Metadata', resources: [{ group: '*' }] }],
    };
    expect(readAuditPolicy(value, { minor: 36 }).problems).toEqual([]);
    expect(readAuditPolicy(value, { minor: 35 }).problems.map(({ message }) => message)).toEqual([
      'group "*" is no API group',
    ]);
  });
});

describe('coverage', () => {
  const secrets = { group: '', resource: 'secrets', verbs: ['get', 'list', 'create'] };
  const ofSecrets = { resources: [{ group: '', resources: ['secrets'] }] };

  it('finds what nobody records', () => {
    const policy = policyOf({ level: 'Metadata', verbs: ['create'], ...ofSecrets });
    const found = unrecorded(policy, secrets);
    expect(found && describeRequest(found.request)).toBe('get secrets by a person');
  });

  it('finds the body that a rule for one user logs', () => {
    const policy = policyOf(
      { level: 'Request', users: ['system:admin'], namespaces: ['kube-system'] },
      { level: 'Metadata', ...ofSecrets },
      { level: 'RequestResponse' },
    );
    const found = bodyLogged(policy, secrets);
    expect(found && describeRequest(found.request)).toBe('create secrets in kube-system by system:admin');
  });

  it.each<[string, string, boolean]>([
    ['Request', 'get', false],
    ['Request', 'deletecollection', false],
    ['Request', 'patch', true],
    ['RequestResponse', 'get', true],
    ['RequestResponse', 'watch', false],
    ['RequestResponse', 'delete', false],
  ])('level %s of %s holds the object: %s', (level, verb, expected) => {
    const found = bodyLogged(policyOf({ level }), { ...secrets, verbs: [verb] });
    expect(found !== undefined).toBe(expected);
  });

  it('knows that an earlier rule keeps a body out of the log', () => {
    expect(bodyLogged(policyOf({ level: 'Metadata', ...ofSecrets }, { level: 'Request' }), secrets)).toBeUndefined();
  });

  it('sees a request that is recorded at no stage', () => {
    const policy = policyOf({ level: 'Metadata', omitStages: ['RequestReceived', 'ResponseComplete'] });
    expect(unrecorded(policy, secrets)?.decision.level).toBe('Metadata');
    const exec = { group: '', resource: 'pods', subresource: 'exec', verbs: ['create'] };
    expect(unrecorded(policy, exec)).toBeUndefined();
  });
});

describe('any JSON at all', () => {
  it('is read and decided', () => {
    const level = fc.constantFrom('None', 'Metadata', 'Request', 'RequestResponse', 'x');
    const rule = fc.record(
      {
        level,
        users: fc.oneof(fc.jsonValue(), fc.array(fc.constantFrom('a person', 'x', '*'))),
        verbs: fc.oneof(fc.jsonValue(), fc.array(fc.constantFrom('get', 'create'))),
        resources: fc.oneof(
          fc.jsonValue(),
          fc.array(
            fc.record({ group: fc.constantFrom('', '*'), resources: fc.array(fc.constantFrom('secrets', '*')) }),
          ),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ rules: fc.array(fc.oneof(rule, fc.jsonValue())) })), (value) => {
        const { policy } = readAuditPolicy(value as Json);
        const secrets = { group: '', resource: 'secrets', verbs: ['get', 'create'] };
        const found = bodyLogged(policy, secrets);
        if (found !== undefined) expect(found.decision.level).toMatch(/^Request/);
        const silent = unrecorded(policy, secrets);
        if (silent !== undefined) expect(decideAudit(policy, silent.request).level).toBe('None');
      }),
      { numRuns: 200 },
    );
  });
});
