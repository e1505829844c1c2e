import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectCluster } from '../../src/collect/cluster/collect.ts';
import { isObject, type JsonObject } from '../../src/model/json.ts';
import { objectsIn } from '../../src/model/json-list.ts';
import { valueAt } from '../../src/model/path.ts';
import {
  admitPod,
  beforeAdmission,
  lintPodSecurityPolicy,
  type PodSecurityPolicy,
  type PodServiceAccount,
  type PolicyDecision,
  policyUse,
  readPodSecurityPolicy,
} from '../../src/semantics/pod-security-policy/index.ts';
import { type Access, accessOf } from '../../src/semantics/rbac/access.ts';
import type { RbacUser } from '../../src/semantics/rbac/binding.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { runProgram } from '../run-program.ts';
import {
  accounts,
  type Case,
  casesOf,
  grantsOf,
  makers,
  namespaces,
  policiesOf,
  runtimeClasses,
  wrongPoliciesOf,
} from './pod-security-policy-corpus.ts';
import { difference } from './pod-security-policy-difference.ts';
import { type Answer, type Api, apiOf, inParallel } from './rbac-api.ts';

warnIfNoLab('test/e2e/pod-security-policy.test.ts');

const rbac = 'rbac.authorization.k8s.io';
const seed = Number(process.env['PSP_SEED'] ?? 20_2611);
const caseCount = Number(process.env['PSP_CASES'] ?? 1500);
const policyCount = 48;
const policyPath = '/apis/policy/v1beta1/podsecuritypolicies';

describe.skipIf(!labAvailable)('PodSecurityPolicy against the plugin of a real API server', () => {
  let lab: Lab;
  let api: Api;
  let files: string;
  let policies: readonly PodSecurityPolicy[];
  let access: Access;
  const known = new Map<string, PodServiceAccount>();

  beforeAll(async () => {
    console.info(`PodSecurityPolicy corpus: PSP_SEED=${seed} PSP_CASES=${caseCount}`);
    files = mkdtempSync(join(tmpdir(), 'bulwark-psp-'));
    const auditPolicy = {
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata', resources: [{ group: '', resources: ['pods'] }] }, { level: 'None' }],
    };
    writeFileSync(join(files, 'audit.yaml'), JSON.stringify(auditPolicy));
    lab = await startLab({
      port: 21150,
      serverFlags: [
        '--enable-admission-plugins=NodeRestriction,PodSecurityPolicy',
        `--audit-policy-file=${join(files, 'audit.yaml')}`,
        `--audit-log-path=${join(files, 'audit.log')}`,
      ],
    });
    api = await apiOf(lab);
  }, 300_000);

  afterAll(async () => {
    api?.close();
    await lab?.stop();
    if (files !== undefined) rmSync(files, { recursive: true, force: true });
  }, 120_000);

  it('lets nobody create a pod while there is no policy', async () => {
    await until(async () => (await call('GET', '/api/v1/namespaces/default/serviceaccounts/default')).code === 200);
    const pod = { ...plainPod, metadata: { name: 'web' } };
    const said = await call('POST', '/api/v1/namespaces/default/pods?dryRun=All', { body: pod });
    const decision = admitPod({ pod: beforeAdmission(pod), operation: 'CREATE', policies: [], mayUse: () => true });
    expect(said.body.message).toBe(`pods "web" is forbidden: ${decision.message}`);
    expect(decision.message).toContain('no providers available');
  }, 30_000);

  it('lets nobody create a pod who may use no policy, and does not say why', async () => {
    await create(rbacPath('ClusterRole'), {
      ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: makers } },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['create', 'update'] }],
    });
    await create(rbacPath('ClusterRoleBinding'), {
      ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name: makers } },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: makers },
      subjects: [{ kind: 'Group', apiGroup: rbac, name: makers }],
    });
    await create(policyPath, { ...plainPolicy, metadata: { name: 'trap' } });
    const pod = { ...plainPod, metadata: { name: 'web' } };
    const path = '/api/v1/namespaces/default/pods?dryRun=All';
    const as = { user: 'stranger', groups: [makers] };
    const decision = admitPod({
      ...{ pod: beforeAdmission(pod), operation: 'CREATE', mayUse: () => false },
      policies: [readPodSecurityPolicy({ ...plainPolicy, metadata: { name: 'trap' } })],
    });
    expect(decision.message).toBe('PodSecurityPolicy: unable to admit pod: []');
    const expected = `pods "web" is forbidden: ${decision.message}`;
    await until(async () => (await call('POST', path, { body: pod, as })).body.message === expected);
    expect((await call('POST', path, { body: pod })).code).toBe(201);
    expect((await call('DELETE', `${policyPath}/trap`)).code).toBe(200);
  }, 40_000);

  it(`decides ${caseCount} creates alike, and leaves the same pods`, async () => {
    await prepare();
    const cases = casesOf(seed, caseCount);
    const answers = await inParallel([...cases.entries()], ([index, each]) => {
      const path = `/api/v1/namespaces/${each.namespace}/pods?dryRun=All&fieldManager=case-${index}`;
      return call('POST', path, { body: each.pod, ...(each.user && { as: asked(each.user) }) });
    });
    const events = auditEvents();
    const counts = { allowed: 0, mutated: 0, refused: 0, invalid: 0, secondPhase: 0 };
    const differences: object[] = [];
    for (const [index, each] of cases.entries()) {
      const answer = answers[index];
      if (answer === undefined) continue;
      const decision = decide(each);
      const problem = difference({ answer, decision, event: events.get(`case-${index}`) });
      if (problem !== undefined) differences.push({ index, problem, pod: each.pod });
      if (answer.code === 422) counts.invalid += 1;
      else if (answer.code === 201) counts.allowed += 1;
      else counts.refused += 1;
      if (answer.code === 201 && decision.changes.length > 0) counts.mutated += 1;
      if (decision.message?.includes('unable to validate') === true) counts.secondPhase += 1;
    }
    console.info(`PodSecurityPolicy corpus: ${JSON.stringify(counts)}`);
    expect({ count: differences.length, first: differences.slice(0, 3) }).toEqual({ count: 0, first: [] });
    // A corpus in which nothing gets in, or everything does, proves nothing.
    expect(counts.allowed).toBeGreaterThan(caseCount / 5);
    expect(counts.mutated).toBeGreaterThan(caseCount / 20);
    expect(counts.refused).toBeGreaterThan(caseCount / 5);
    expect(counts.invalid).toBeLessThan(caseCount / 5);
  }, 240_000);

  it('decides updates alike, which change nothing', async () => {
    const candidates = casesOf(seed + 1, 300).filter(({ pod }) => !('generateName' in (pod['metadata'] as JsonObject)));
    const stored: { readonly each: Case; readonly pod: JsonObject }[] = [];
    await inParallel([...candidates.entries()], async ([index, each]) => {
      // Made by the administrator, and changed by whoever the case names.
      const metadata = { ...(each.pod['metadata'] as JsonObject), name: `made-${index}` };
      const path = `/api/v1/namespaces/${each.namespace}/pods`;
      const { code, body } = await call('POST', path, { body: { ...each.pod, metadata } });
      if (code === 201) stored.push({ each, pod: body as JsonObject });
    });
    const kinds = ['label', 'hint', 'finalizer'] as const;
    const updates = stored.flatMap(({ each, pod }, index) => {
      const kind = kinds[index % kinds.length] ?? 'label';
      return [{ ...each, oldPod: pod, pod: changed(pod, kind) }];
    });
    const answers = await inParallel([...updates.entries()], ([index, { namespace, user, pod }]) => {
      const name = String(valueAt(pod, ['metadata', 'name']));
      const path = `/api/v1/namespaces/${namespace}/pods/${name}?dryRun=All&fieldManager=update-${index}`;
      return call('PUT', path, { body: pod, ...(user && { as: asked(user) }) });
    });
    const events = auditEvents();
    const counts = { allowed: 0, refused: 0 };
    const differences = updates.flatMap((update, index) => {
      const answer = answers[index];
      // Somebody else, such as the scheduler, was faster.
      if (answer === undefined || answer.code === 409) return [];
      counts[answer.code === 200 ? 'allowed' : 'refused'] += 1;
      const { namespace, user, pod, oldPod } = update;
      const serviceAccountName = String(valueAt(pod, ['spec', 'serviceAccountName']));
      const use = policyUse(access, { namespace, serviceAccountName, user: identity(user) });
      const mayUse = (policy: string): boolean => use(policy).by !== undefined;
      const decision = admitPod({ pod, oldPod, operation: 'UPDATE', policies, mayUse });
      const as201 = { ...answer, code: answer.code === 200 ? 201 : answer.code };
      const problem = difference({ answer: as201, decision, event: events.get(`update-${index}`) });
      return problem === undefined ? [] : [{ index, problem }];
    });
    console.info(`PodSecurityPolicy updates: ${JSON.stringify(counts)}`);
    expect({ count: differences.length, first: differences.slice(0, 3) }).toEqual({ count: 0, first: [] });
    expect(counts.allowed).toBeGreaterThan(20);
    expect(counts.refused).toBeGreaterThan(20);
  }, 120_000);

  it('refuses the same policies with the same words', async () => {
    const written = wrongPoliciesOf(seed + 2, 300);
    const answers = await inParallel(written, (body) => call('POST', `${policyPath}?dryRun=All`, { body }));
    const differences = written.flatMap((object, index) => {
      const { code, body } = answers[index] ?? { code: 0, body: {} };
      const policy = readPodSecurityPolicy(object);
      const errors = [...new Set(lintPodSecurityPolicy(policy).map(({ text }) => text))];
      const [first = ''] = errors;
      const list = errors.length === 1 ? first : `[${errors.join(', ')}]`;
      const own = errors.length === 0 ? 'taken' : `PodSecurityPolicy.extensions "${policy.name}" is invalid: ${list}`;
      const said = code === 201 ? 'taken' : body.message;
      return said === own ? [] : [{ said, own }];
    });
    expect({ count: differences.length, first: differences.slice(0, 3) }).toEqual({ count: 0, first: [] });
    expect(answers.filter(({ code }) => code === 201).length).toBeGreaterThan(10);
  }, 60_000);

  it('reads a policy and what the API server stores of it alike', async () => {
    const { body } = await call('GET', policyPath);
    const stored = objectsIn((body as JsonObject)['items']).map(readPodSecurityPolicy);
    const plain = (policy: PodSecurityPolicy): object => ({ ...policy, isStored: true, allowedProcMountTypes: [] });
    const byName = new Map(policies.map((policy) => [policy.name, plain(policy)]));
    expect(stored.length).toBe(policies.length);
    for (const policy of stored) expect(plain(policy)).toEqual(byName.get(policy.name));
  });

  it('takes what bulwark generate psp writes, and lets the pods in by it', async () => {
    const namespace = namespaces[0];
    const pods = casesOf(seed + 3, 12).map(({ pod }, index) => {
      const {
        serviceAccount: _a,
        serviceAccountName: _b,
        ephemeralContainers: _c,
        ...spec
      } = pod['spec'] as JsonObject;
      const { name: _n, generateName: _g, ...metadata } = pod['metadata'] as JsonObject;
      return { ...pod, metadata: { ...metadata, name: `pod-${index}`, namespace }, spec };
    });
    const runnable = [];
    for (const pod of pods) {
      const body = { ...pod, spec: { ...pod.spec, serviceAccountName: 'one' } };
      const { code } = await call('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, { body });
      // What the administrator cannot create either is no pod, or one that a feature which is off would change.
      if (code === 201 && !JSON.stringify(body).includes('Unmasked')) runnable.push(body);
    }
    expect(runnable.length).toBeGreaterThan(2);
    const manifest = runnable.map((pod) => JSON.stringify(pod)).join('\n---\n');
    const args = ['--namespace', namespace, '--service-account', 'one', '--server-version', '1.20', '-'];
    const { code, out } = await cli(['generate', 'psp', ...args], manifest);
    expect(code).toBe(0);
    await lab.kubectl(['apply', '--filename', '-'], out);
    // Whoever asks may create pods, and may use no policy: it is the pod's account that may.
    const as = { user: 'stranger', groups: [makers] };
    for (const body of runnable) {
      const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
      let said = await call('POST', path, { body, as });
      await until(async () => (said = await call('POST', path, { body, as })).code === 201).catch(() => undefined);
      expect(said.body.message).toBeUndefined();
      const chosen = valueAt(said.body as JsonObject, ['metadata', 'annotations', 'kubernetes.io/psp']);
      expect(typeof chosen).toBe('string');
    }
    for (const more of [
      ['--server-version', '1.20'],
      ['--server-version', '1.30'],
    ]) {
      const plain = await cli(['generate', 'psp', '--namespace', namespace, ...more], '');
      const verb = more.includes('1.30') ? ['apply'] : ['create', '--dry-run=server'];
      await lab.kubectl([...verb, '--filename', '-'], plain.out);
      expect(plain.code).toBe(more.includes('1.30') ? 2 : 0);
    }
  }, 90_000);

  const cli = (args: readonly string[], stdin: string) =>
    runProgram(args, { cwd: lab.folder, stdin: async () => Buffer.from(stdin), now: () => new Date() });

  const call = (...args: Parameters<Api['call']>): Promise<Answer> => api.call(...args);

  function decide({ namespace, user, pod }: Case): PolicyDecision {
    const before = beforeAdmission(pod);
    const account = valueAt(before, ['spec', 'serviceAccountName']);
    const serviceAccountName = typeof account === 'string' ? account : '';
    const settled = beforeAdmission(pod, known.get(`${namespace}/${serviceAccountName}`));
    const use = policyUse(access, { namespace, serviceAccountName, user: identity(user) });
    return admitPod({
      pod: settled,
      operation: 'CREATE',
      policies,
      mayUse: (policy) => use(policy).by !== undefined,
    });
  }

  /** Namespaces, accounts, policies and grants; and waits until the API server decides by them. */
  async function prepare(): Promise<void> {
    const written = policiesOf(seed, policyCount);
    const names = written.map((policy) => String(valueAt(policy, ['metadata', 'name'])));
    const { roles, bindings } = grantsOf(seed, names);
    await inParallel([...namespaces], (name) =>
      create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
    );
    await inParallel([...runtimeClasses], (name) =>
      create('/apis/node.k8s.io/v1/runtimeclasses', {
        ...{ apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler: name },
      }),
    );
    for (const namespace of namespaces) {
      await create(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
        ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'one' } },
      });
      await create(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
        ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'two' }, automountServiceAccountToken: false },
      });
    }
    await inParallel([...roles, ...bindings], (object) => {
      const { kind, metadata } = object as { kind: string; metadata: { namespace?: string } };
      return create(rbacPath(kind, metadata.namespace), object);
    });
    const last = { ...plainPolicy, metadata: { name: 'zz-last' } };
    await inParallel([...written, last], (policy) => create(policyPath, policy));
    policies = [...written, last].map(readPodSecurityPolicy);
    await settle(last.metadata.name);
    access = accessOf({
      objects: (await collectCluster({ kubeconfig: lab.kubeconfig })).objects,
      ...{ minor: 20, evidence: 'complete' },
    });
  }

  /** Every account has its token, and the plugin knows the last policy and the last grant. */
  async function settle(policy: string): Promise<void> {
    for (const namespace of namespaces) {
      for (const name of accounts) {
        await until(async () => {
          const { body } = await call('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`);
          const account = body as JsonObject;
          const [secret] = objectsIn(account['secrets']);
          if (secret === undefined) return false;
          const automount = account['automountServiceAccountToken'];
          known.set(`${namespace}/${name}`, {
            tokenSecret: String(secret['name']),
            automount: typeof automount === 'boolean' ? automount : undefined,
          });
          return true;
        });
      }
    }
    const name = 'settled';
    await create(rbacPath('ClusterRole'), {
      ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name } },
      rules: [{ apiGroups: ['policy'], resources: ['podsecuritypolicies'], resourceNames: [policy], verbs: ['use'] }],
    });
    for (const namespace of namespaces) {
      await create(rbacPath('RoleBinding', namespace), {
        ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { name, namespace } },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
        subjects: [{ kind: 'User', apiGroup: rbac, name }],
      });
      const as = { user: name, groups: [makers] };
      await until(async () => {
        const body = { ...plainPod, metadata: { name } };
        return (await call('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, { body, as })).code === 201;
      });
    }
  }

  async function create(path: string, body: object): Promise<void> {
    const answer = await call('POST', path, { body });
    if (answer.code !== 201) throw new Error(`${path}: ${answer.code} ${answer.body.message}`);
  }

  /** What the audit log says of each case: the annotations of its event, by the name that the case gave itself. */
  function auditEvents(): ReadonlyMap<string, JsonObject> {
    const events = new Map<string, JsonObject>();
    for (const line of readFileSync(join(files, 'audit.log'), 'utf8').split('\n')) {
      if (line === '') continue;
      const event = JSON.parse(line) as JsonObject;
      const [, name] = /fieldManager=([a-z]+-\d+)/.exec(String(event['requestURI'])) ?? [];
      const annotations = event['annotations'];
      if (name !== undefined && isObject(annotations)) events.set(name, annotations);
    }
    return events;
  }
});

const plainPod = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'app', image: 'app:1' }] } };
const any = { rule: 'RunAsAny' };
const plainPolicy = {
  ...{ apiVersion: 'policy/v1beta1', kind: 'PodSecurityPolicy' },
  spec: { runAsUser: any, seLinux: any, fsGroup: any, supplementalGroups: any, volumes: ['secret'] },
};

function rbacPath(kind: string, namespace?: string): string {
  const place = kind.startsWith('Cluster') ? '' : `namespaces/${namespace}/`;
  return `/apis/${rbac}/v1/${place}${kind.toLowerCase()}s`;
}

function identity(user: Case['user']): RbacUser {
  return user === undefined
    ? { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }
    : { name: user.name, groups: [...user.groups, 'system:authenticated'] };
}

function asked({ name, groups }: NonNullable<Case['user']>): { user: string; groups: readonly string[] } {
  return { user: name, groups };
}

function changed(pod: JsonObject, kind: 'label' | 'hint' | 'finalizer'): JsonObject {
  const metadata = pod['metadata'] as JsonObject;
  if (kind === 'finalizer') return { ...pod, metadata: { ...metadata, finalizers: ['example.org/keep'] } };
  if (kind === 'label') return { ...pod, metadata: { ...metadata, labels: { tier: 'web' } } };
  const annotations = { ...(metadata['annotations'] as JsonObject), 'kubernetes.io/psp': 'zz-last' };
  return { ...pod, metadata: { ...metadata, annotations } };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the API server does not see what was written');
}
