import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/model/json.ts';
import { labAvailable, warnIfNoLab } from '../lab.ts';
import { type Program, startWebhookCluster, until, type WebhookCluster } from './webhook-cluster.ts';

warnIfNoLab('what could lock a cluster out, or let a namespace past the webhook');

const policies = `apiVersion: bulwark.dev/v1
kind: AdmissionPolicy
metadata:
  name: shop
spec:
  podSecurity:
    defaults:
      enforce: baseline
`;

const key = 'kubernetes.io/metadata.name';

describe.skipIf(!labAvailable)('a webhook that an API server of 1.20 shows no certificate', () => {
  let cluster: WebhookCluster;
  let server: Program;
  let keeper: Program;

  const kubectl = (...args: readonly string[]): Promise<string> =>
    cluster.lab.kubectl(args).catch((error: Error) => error.message);
  const labelOf = (namespace: string): Promise<string> =>
    kubectl('get', 'namespace', namespace, '-o', 'jsonpath={.metadata.labels.kubernetes\\.io/metadata\\.name}');
  const probes = async (path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${cluster.port + 11}${path}`)).text();
  const status = async (): Promise<string> => (await cluster.bulwark('status')).stdout;
  const patchStatus = (namespace: string, label: string | null): Promise<string> =>
    cluster.api
      .call({
        method: 'PATCH',
        path: `/api/v1/namespaces/${namespace}/status`,
        body: { metadata: { labels: { [key]: label } } },
      })
      .then(
        () => 'changed',
        (error: Error) => error.message,
      );

  beforeAll(async () => {
    cluster = await startWebhookCluster({ port: 21230, apiServer: 'shows-none' });
    cluster.writePolicies(policies);
    await kubectl('create', 'namespace', 'shop');
    const url = `https://127.0.0.1:${cluster.port}`;
    const applied = await cluster.bulwark(
      ...['install', '--policies', `${cluster.folder}/policies`, '--url', url, '--apply'],
    );
    expect(applied.code).toBe(0);
    keeper = cluster.startKeeper();
  }, 200_000);

  afterAll(() => cluster?.stop(), 100_000);

  it('fails open while servers ask for one, and says so everywhere', async () => {
    server = await cluster.startServer(1);
    await until(async () => /fails open: .*\(no call of the API server gets in: .*certificate/.test(await status()), {
      what: () => keeper.log(),
    });
    await wait(3_000);
    expect(await status()).toContain('enforce.webhook.bulwark.dev: failure policy Ignore');
    expect(await probes('/readyz')).toMatch(
      /warning: callers are turned away, and none got in for five minutes: the client shows no certificate/,
    );
    expect(await probes('/metrics')).toMatch(/turned_away_total\{reason="no-certificate"\} [1-9]/);
    expect(server.log()).toContain('"turned":"no-certificate"');
    expect(server.log().match(/"policies in force"/g)).toHaveLength(1);
  }, 60_000);

  it('fails closed once a call of the API server got in, and opens again where none does any more', async () => {
    await server.kill('SIGKILL');
    server = await cluster.startServer(1, 'anybody');
    await until(async () => (await cluster.bulwark('status')).code === 0, { what: () => keeper.log() });
    expect(server.log()).not.toContain('Event');
    await server.kill('SIGKILL');
    await wait(4_500);
    expect((await cluster.bulwark('status')).code).toBe(0);
    server = await cluster.startServer(1);
    await until(async () => (await status()).includes('failure policy Ignore, '), { what: () => keeper.log() });
    await until(async () => (await status()).includes('enforce.webhook.bulwark.dev fails open'), {
      what: () => keeper.log(),
    });
    await server.kill('SIGKILL');
    server = await cluster.startServer(1, 'anybody');
    await until(async () => (await cluster.bulwark('status')).code === 0, { what: () => keeper.log() });
  }, 90_000);

  it('keeps the labels that namespaces are exempt by, by every way to change them', async () => {
    const kept = `namespace kube-system must keep the label ${key}=kube-system`;
    expect(await kubectl('label', 'namespace', 'kube-system', `${key}-`)).toContain(kept);
    expect(await patchStatus('kube-system', null)).toContain(kept);
    expect(await patchStatus('bulwark', null)).toContain('namespace bulwark must keep the label');
    const taken = `namespace shop must not carry the label ${key}=kube-system`;
    expect(await kubectl('label', 'namespace', 'shop', `${key}=kube-system`)).toContain(taken);
    expect(await patchStatus('shop', 'kube-system')).toContain(taken);
    expect(await labelOf('kube-system')).toBe('kube-system');
    expect(await labelOf('shop')).toBe('');
  }, 30_000);

  it('keeps them while no server answers, and kube-system goes on', async () => {
    await server.kill('SIGKILL');
    expect(await kubectl('label', 'namespace', 'kube-system', `${key}-`)).toMatch(
      /failed calling webhook "(guard|enforce)\.webhook\.bulwark\.dev"/,
    );
    expect(await patchStatus('shop', 'kube-system')).toContain('guard.webhook.bulwark.dev');
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    };
    const path = '/api/v1/namespaces/kube-system/pods?dryRun=All';
    await cluster.api.call({ method: 'POST', path, body: pod });
  }, 30_000);

  it('has labels set right that changed all the same, with no server there', async () => {
    // Whoever may write configurations takes the guard away for a moment.
    await keeper.kill('SIGTERM');
    const configuration = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/bulwark-webhook';
    const registered = await cluster.api.get(configuration);
    const hooks = registered['webhooks'] as readonly { readonly name: string }[];
    const without = hooks.filter(({ name }) => !name.startsWith('guard.')).map((hook) => ({ ...hook }));
    await cluster.api.call({ method: 'PUT', path: configuration, body: { ...registered, webhooks: without } });
    await until(async () => (await patchStatus('shop', 'kube-system')) === 'changed', { what: () => 'it is guarded' });
    expect(await patchStatus('kube-system', null)).toBe('changed');
    const changed = await cluster.api.get(configuration);
    await cluster.api.call({
      method: 'PUT',
      path: configuration,
      body: { ...changed, webhooks: hooks.map((hook) => ({ ...hook })) },
    });
    await until(
      async () =>
        /guard/.test(
          await kubectl('label', '--overwrite', 'namespace', 'kube-system', `${key}=kube-system`, '--dry-run=server'),
        ),
      {
        what: () => 'the guard is not back',
      },
    );
    expect(await status()).toContain(`problem: namespace kube-system has no label ${key}=kube-system`);
    expect(await status()).toContain(
      `problem: namespace shop carries the label ${key}=kube-system, and is exempt by it`,
    );
    keeper = cluster.startKeeper();
    await until(async () => (await labelOf('kube-system')) === 'kube-system' && (await labelOf('shop')) === 'shop', {
      what: () => keeper.log(),
    });
    expect(await status()).toContain('enforce.webhook.bulwark.dev fails open');
    expect(keeper.log()).toContain('by which it is exempt: set right');
    server = await cluster.startServer(1, 'anybody');
    await until(async () => (await cluster.bulwark('status')).code === 0, { what: () => keeper.log() });
  }, 60_000);
});

const lively = `apiVersion: bulwark.dev/v1
kind: AdmissionPolicy
metadata:
  name: lively
spec:
  podSecurity: {defaults: {enforce: baseline}}
  controls: [{control: rbac/*, mode: enforce}]
  exemptions: {namespaces: [calico-system]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: everything}
spec:
  matchConstraints: {resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: ['*']}]}
  validations: [{expression: "!has(object.metadata) || object.metadata.name != 'forbidden'"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: everything}
spec: {policyName: everything, validationActions: [Deny]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: nodes}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [''], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [nodes, nodes/status, configmaps]}
      - {apiGroups: [coordination.k8s.io], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [leases]}
      - apiGroups: [apiregistration.k8s.io, flowcontrol.apiserver.k8s.io]
        apiVersions: ['*']
        operations: [CREATE, UPDATE]
        resources: [apiservices, apiservices/status, flowschemas, flowschemas/status, prioritylevelconfigurations]
      - {apiGroups: [authentication.k8s.io], apiVersions: [v1], operations: [CREATE], resources: [tokenreviews]}
      - {apiGroups: [admissionregistration.k8s.io], apiVersions: [v1], operations: ['*'], resources: [validatingwebhookconfigurations]}
  validations: [{expression: "!has(object.metadata.labels) || !('forbidden' in object.metadata.labels)"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: nodes}
spec: {policyName: nodes, validationActions: [Deny]}
`;

describe.skipIf(!labAvailable)('a cluster whose policies reach what it lives by', () => {
  let cluster: WebhookCluster;
  let server: Program;

  const kubectl = (...args: readonly string[]): Promise<string> =>
    cluster.lab.kubectl(args).catch((error: Error) => error.message);
  const create = (path: string, body: JsonObject): Promise<string> =>
    cluster.api.call({ method: 'POST', path, body }).then(
      () => 'created',
      (error: Error) => error.message,
    );
  const role = (name: string, labels: JsonObject = {}): Promise<string> =>
    create('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      metadata: { name, labels },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    });
  const pod = (namespace: string): Promise<string> =>
    create(`/api/v1/namespaces/${namespace}/pods?dryRun=All`, {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    });
  const discovery = (): Promise<string> =>
    kubectl('get', 'clusterrole', 'system:discovery', '-o', 'jsonpath={.rules[*].nonResourceURLs}');

  beforeAll(async () => {
    cluster = await startWebhookCluster({ port: 21110 });
    cluster.writePolicies(lively);
    await kubectl('create', 'namespace', 'shop');
    await kubectl('create', 'namespace', 'calico-system');
    await kubectl('create', 'namespace', 'weave');
    await create('/api/v1/nodes', { metadata: { name: 'node-1' } });
    const url = `https://127.0.0.1:${cluster.port}`;
    const applied = await cluster.bulwark(
      ...['install', '--policies', `${cluster.folder}/policies`, '--url', url, '--exempt', 'weave', '--apply'],
    );
    expect(applied.stderr).toContain(
      'ValidatingAdmissionPolicy everything: */*: this reaches what the cluster lives by',
    );
    expect(applied.code).toBe(0);
    const keeper = cluster.startKeeper('--exempt', 'weave');
    server = await cluster.startServer(1);
    await until(async () => (await cluster.bulwark('status')).code === 0, { what: () => keeper.log() });
  }, 200_000);

  afterAll(() => cluster?.stop(), 100_000);

  it('says what is let through while no server answers', async () => {
    const { stdout } = await cluster.bulwark('status');
    expect(stdout).toContain('note: ValidatingAdmissionPolicy everything: */*: this reaches what the cluster lives by');
    expect(stdout).toContain(
      'note: ValidatingAdmissionPolicy nodes: coordination.k8s.io/leases, nodes and nodes/status: the cluster lives by these',
    );
    expect(stdout).toMatch(/note: controls rbac\/.*clusterroles.*API servers before 1.30 write these when they start/);
  });

  it('has its policies obeyed all the same, while a server answers', async () => {
    expect(await role('all')).toContain('denied the request');
    expect(await role('all', { 'kubernetes.io/bootstrapping': 'rbac-defaults' })).toContain('denied the request');
    const lease = { metadata: { name: 'forbidden' } };
    expect(await create('/apis/coordination.k8s.io/v1/namespaces/shop/leases', lease)).toContain('denied the request');
  });

  it('goes on while none does', async () => {
    await server.kill('SIGKILL');
    expect(await pod('shop')).toContain('failed calling webhook "enforce.webhook.bulwark.dev"');
    expect(await create('/api/v1/namespaces/shop/configmaps', { metadata: { name: 'c' } })).toContain(
      'failed calling webhook "enforce.webhook.bulwark.dev"',
    );
    for (const namespace of ['kube-system', 'calico-system', 'weave']) expect(await pod(namespace)).toBe('created');
    const beat = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    await cluster.api.call({ method: 'PATCH', path: '/api/v1/nodes/node-1/status', body: beat });
    const lease = { metadata: { name: 'node-1' } };
    for (const namespace of ['kube-node-lease', 'shop'])
      expect(await create(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, lease)).toBe('created');
    const review = { spec: { token: 'nobody' } };
    expect(await create('/apis/authentication.k8s.io/v1/tokenreviews', review)).toBe('created');
  }, 30_000);

  it.each([
    ['while none does', 'away'],
    ['while one does that would refuse its own roles to others', 'there'],
  ])(
    'starts its API server, which writes its own roles, %s',
    async (_, what) => {
      const change = JSON.stringify([{ op: 'replace', path: '/rules', value: [] }]);
      expect(await discovery()).toContain('/openapi');
      await kubectl('patch', 'clusterrole', 'system:discovery', '--type=json', '-p', change);
      await kubectl('delete', 'clusterrole', 'system:kube-controller-manager');
      await kubectl('delete', 'clusterrole', 'cluster-admin');
      await kubectl('delete', 'role', '-n', 'kube-public', 'system:controller:bootstrap-signer');
      await kubectl('delete', 'flowschema', 'service-accounts');
      expect(await discovery()).toBe('');
      if (what === 'there') server = await cluster.startServer(1);
      await restartApiServer(cluster.lab.folder);
      await until(
        async () => (await kubectl('get', '--raw', '/readyz/poststarthook/rbac/bootstrap-roles')).startsWith('ok'),
        {
          what: () => readFileSync(`${cluster.lab.folder}/log/kube-apiserver.log`, 'utf8').slice(-3000),
          seconds: 45,
        },
      );
      expect(await discovery()).toContain('/openapi');
      for (const name of ['system:kube-controller-manager', 'cluster-admin'])
        expect(await kubectl('get', 'clusterrole', name, '-o', 'name')).toContain(name);
      expect(
        await kubectl('get', 'role', '-n', 'kube-public', 'system:controller:bootstrap-signer', '-o', 'name'),
      ).toMatch(/^role/);
      expect(await kubectl('get', 'flowschema', 'service-accounts', '-o', 'name')).toContain('service-accounts');
      expect(await kubectl('get', '--raw', '/readyz')).toBe('ok');
      if (what === 'there') expect(await role('all')).toContain('denied the request');
      else expect(await pod('shop')).toContain('failed calling webhook "enforce.webhook.bulwark.dev"');
    },
    90_000,
  );

  it('is unlocked for any reason, and for none not', async () => {
    const none = await cluster.bulwark('unlock', '--for', '1m', '--reason', ' ');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('an unlock has a time and a reason')]);
    const short = await cluster.bulwark('unlock', '--for', '1m', '--reason', 't');
    expect([short.code, short.stdout]).toEqual([0, expect.stringMatching(/^Refusals are suspended until .*: t\n$/)]);
  });
});

/** Ends the API server, and starts it with the arguments that it had. The lab stops the new one in its place. */
async function restartApiServer(folder: string): Promise<void> {
  const file = `${folder}/run/kube-apiserver.pid`;
  const before = Number(readFileSync(file, 'utf8'));
  const [program = '', ...args] = readFileSync(`/proc/${before}/cmdline`, 'utf8').split('\0').slice(0, -1);
  process.kill(before, 'SIGKILL');
  await until(() => !existsSync(`/proc/${before}`), { what: () => 'the API server goes on' });
  const log = openSync(`${folder}/log/kube-apiserver.log`, 'a');
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  closeSync(log);
  writeFileSync(file, `${child.pid}\n`);
}
