import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { DetectionNeeds, NeededRequests } from '../model/alert.ts';
import { detectionCoverage, lintAuditPolicy, readAuditPolicy } from '../semantics/audit-policy/index.ts';
import { type ServedDetection, smallestPolicy } from './audit-policy.ts';
import { type PolicyRuleText, policyValue, policyYaml } from './audit-policy-text.ts';

const needs = (part: Partial<DetectionNeeds>): DetectionNeeds => ({
  ...{ level: 'Metadata', stage: 'ResponseComplete', requests: [], paths: [], unauthenticated: false },
  ...part,
});
const of = (group: string, resource: string, ...verbs: string[]): NeededRequests => ({ group, resource, verbs });
const writes = ['create', 'update', 'patch'];

const detections: readonly ServedDetection[] = [
  {
    name: 'failed-login-burst',
    needs: needs({
      stage: 'ResponseStarted',
      requests: [of('*', '*', '*')],
      paths: ['*'],
      unauthenticated: true,
    }),
  },
  { name: 'secret-reads', needs: needs({ requests: [of('', 'secrets', 'get')] }) },
  { name: 'exec', needs: needs({ requests: [of('', 'pods/exec', 'get', 'create')] }) },
  {
    name: 'privileged-pod',
    needs: needs({ level: 'Request', requests: [of('', 'pods', ...writes), of('apps', 'deployments', ...writes)] }),
  },
  {
    name: 'role-widened',
    needs: needs({ level: 'RequestResponse', requests: [of('rbac.authorization.k8s.io', 'clusterroles', ...writes)] }),
  },
  { name: 'scaled', needs: needs({ level: 'Request', requests: [of('*', '*/scale', 'update', 'patch')] }) },
  {
    name: 'webhooks',
    needs: needs({
      level: 'RequestResponse',
      requests: [of('admissionregistration.k8s.io', '*', ...writes, 'delete')],
    }),
  },
  { name: 'anonymous', needs: needs({ requests: [of('*', '*', '*')], paths: ['*'] }) },
  { name: 'token-lifetime', needs: needs({ level: 'Request', requests: [of('', 'serviceaccounts/token', 'create')] }) },
  { name: 'deletions', needs: needs({ requests: [of('*', '*', 'delete', 'deletecollection')] }) },
  {
    name: 'any-workload',
    needs: needs({ level: 'Request', requests: [of('*', '*', ...writes)], paths: ['*'] }),
  },
  { name: 'probing', needs: needs({ requests: [], paths: ['/api*', '/logs*'] }) },
];

const everyMinor = [20, 22, 30, 35, 36];

function stateOf(rules: readonly PolicyRuleText[], minor: number, served: readonly ServedDetection[]) {
  const { policy, problems } = readAuditPolicy(policyValue({ rules, minor }), { minor });
  expect(problems.filter(({ path }) => path[0] !== 'rules' || path.length > 1)).toEqual([]);
  const coverage = detectionCoverage(
    policy,
    served.map((each) => each.needs),
  );
  return new Map(served.map((each) => [each.name, coverage(each.needs).state]));
}

function expectSmallest(chosen: readonly ServedDetection[], minor: number): void {
  const { rules, unserved } = smallestPolicy(chosen, { minor });
  const left = new Set(unserved.map(({ name }) => name));
  const served = chosen.filter(({ name }) => !left.has(name));
  if (served.length === 0) return;
  const visible = new Map(served.map(({ name }) => [name, 'visible']));
  expect(stateOf(rules, minor, served)).toEqual(visible);
  for (const rule of rules) {
    const without = stateOf(
      rules.filter((each) => each !== rule),
      minor,
      served,
    );
    // The rule before others that keeps credentials out of the log serves no detection.
    const left = policyValue({ rules: rules.filter((each) => each !== rule), minor });
    const leaks = lintAuditPolicy(left, { minor }).findings.some((finding) => finding.rule === 'logged-credentials');
    expect([...without.values()].some((state) => state !== 'visible') || leaks).toBe(true);
  }
  const { findings } = lintAuditPolicy(policyValue({ rules, minor }), { minor });
  expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
}

describe('smallestPolicy', () => {
  it.each(detections.map(({ name }) => [name]))('for %s alone is smallest, valid and clean', (name) => {
    const chosen = detections.filter((each) => each.name === name);
    for (const minor of everyMinor) expectSmallest(chosen, minor);
  });

  it('for any choice of detections is smallest, valid and clean', () => {
    fc.assert(
      fc.property(fc.subarray([...detections], { minLength: 1 }), fc.constantFrom(...everyMinor), (chosen, minor) =>
        expectSmallest(chosen, minor),
      ),
      { numRuns: 60 },
    );
  });

  it('for any needs at all is smallest, valid and clean', () => {
    const request = fc.record({
      group: fc.constantFrom('', 'apps', 'rbac.authorization.k8s.io', 'example.com', '*'),
      resource: fc.constantFrom('pods', 'secrets', 'deployments', 'roles', 'widgets', '*', 'pods/log', '*/scale'),
      verbs: fc.uniqueArray(fc.constantFrom('get', 'list', 'watch', ...writes, 'delete'), { minLength: 1 }),
    });
    // A need that no server has requests for is no need: there is nothing to see.
    const verbsOf: Record<string, string[]> = { 'pods/log': ['get'], '*/scale': ['get', 'update', 'patch'] };
    const exists = ({ group, resource, verbs }: NeededRequests) =>
      (verbsOf[resource]?.some((verb) => verbs.includes(verb)) ?? true) && hasResource(group, resource);
    const hasResource = (group: string, resource: string) =>
      group === '*' ||
      resource === '*' ||
      (resource === '*/scale'
        ? group === 'apps'
        : resource === 'widgets'
          ? group === 'example.com'
          : homes[resource] === group);
    const homes: Record<string, string> = {
      ...{ pods: '', secrets: '', 'pods/log': '', deployments: 'apps', roles: 'rbac.authorization.k8s.io' },
    };
    const need = fc.record({
      level: fc.constantFrom('Metadata' as const, 'Request' as const, 'RequestResponse' as const),
      stage: fc.constant('ResponseComplete' as const),
      requests: fc.array(request.filter(exists), { minLength: 1, maxLength: 3 }),
      paths: fc.subarray(['/api*', '/logs*', '*']),
      unauthenticated: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(need, { minLength: 1, maxLength: 4 }), fc.constantFrom(30, 36), (all, minor) => {
        expectSmallest(
          all.map((each, index) => ({ name: `detection ${index}`, needs: each })),
          minor,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('does not put Secrets into the log, and says so', () => {
    const permanent = {
      name: 'permanent-token',
      needs: needs({ level: 'Request', requests: [of('', 'secrets', 'create')] }),
    };
    expect(smallestPolicy([permanent], { minor: 33 })).toEqual({
      rules: [],
      unserved: [{ name: 'permanent-token', reason: 'it needs the values of Secrets in the log' }],
    });
  });

  it('is written as YAML that reads back the same', () => {
    for (const minor of everyMinor) {
      const { rules } = smallestPolicy(detections, { minor });
      const text = policyYaml({ rules, minor }, ['Made for a test.']);
      expect(load(text)).toEqual(policyValue({ rules, minor }));
      expect(text.split('\n').filter((line) => line.length > 112)).toEqual([]);
    }
  });
});

const facts = join(import.meta.dirname, '../../../shared/facts/detections.json');
const there = existsSync(facts);
if (!there) console.warn('skipped: the table of detections is not here');

describe.skipIf(!there)('the whole table of detections', () => {
  interface Row {
    readonly id: string;
    readonly minLevel: DetectionNeeds['level'];
    readonly resources: readonly string[];
    readonly stage: string;
  }
  const table = there ? (JSON.parse(readFileSync(facts, 'utf8')) as { detections: Row[] }).detections : [];
  const all = table.map(({ id, minLevel, resources, stage }): ServedDetection => {
    const requests = resources
      .filter((name) => !name.startsWith('nonResourceURLs'))
      .map((name) => {
        const [, resource = '', group = '', sub = ''] = /^([^./]+)(?:\.([^/]+))?(?:\/(.+))?$/.exec(name) ?? [];
        const combined = sub === '' ? resource : `${resource}/${sub}`;
        const verbs =
          resource === 'secrets' || minLevel === 'Metadata' ? ['*'] : [...writes, 'delete', 'deletecollection'];
        return of(combined === '*' && group === '' ? '*' : combined === '*/scale' ? '*' : group, combined, ...verbs);
      });
    const paths = resources.some((name) => name.startsWith('nonResourceURLs')) ? ['*'] : [];
    const started = stage === 'ResponseStarted' && resources.includes('*');
    return {
      name: id,
      needs: needs({
        ...{ level: minLevel, requests, paths, unauthenticated: started },
        stage: started ? 'ResponseStarted' : 'ResponseComplete',
      }),
    };
  });

  it.each([[20], [35], [36]])('is served for v1.%i', (minor) => {
    expect(all.length).toBeGreaterThan(100);
    expectSmallest(all, minor);
    expect(smallestPolicy(all, { minor }).unserved.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['CRED-011', 'CRED-014']),
    );
  });

  it('each by itself', () => {
    for (const each of all) expectSmallest([each], 33);
  });
});
