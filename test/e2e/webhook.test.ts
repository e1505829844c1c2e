import https from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../src/collect/cluster/api-error.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { makeCertificate } from '../certificate.ts';
import { labAvailable, warnIfNoLab } from '../lab.ts';
import { keyText, type Program, startWebhookCluster, until, type WebhookCluster } from './webhook-cluster.ts';

warnIfNoLab('the webhook with a real API server');

const policies = `apiVersion: bulwark.dev/v1
kind: AdmissionPolicy
metadata:
  name: shop
spec:
  podSecurity:
    defaults:
      enforce: restricted
      warn: restricted
  images:
    registries:
      deny: [evil.example.com]
    mode: enforce
  hardening:
    fields: [seccompProfile, allowPrivilegeEscalation, capabilities, runAsNonRoot]
    namespaces: restricted
`;

/** A pod that hardening makes fit for the restricted level. */
const plain = { containers: [{ name: 'app', image: 'shop/web' }] };
const privileged = {
  hostNetwork: true,
  containers: [
    { name: 'app', image: 'evil.example.com/web', securityContext: { privileged: true } },
    { name: 'side', image: 'shop/side' },
  ],
};

interface Answer {
  readonly status: number;
  readonly message: string;
  readonly body: JsonObject | undefined;
}

describe.skipIf(!labAvailable)('the webhook with a real API server', () => {
  let cluster: WebhookCluster;
  let first: Program;
  let second: Program;
  let keeper: Program;
  let made = 0;

  /** Asks for a pod; a dry run where nothing should be kept. */
  const create = async (
    spec: JsonObject,
    { namespace = 'shop', dryRun = true }: { readonly namespace?: string; readonly dryRun?: boolean } = {},
  ): Promise<Answer> => {
    made += 1;
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: `pod-${made}` }, spec };
    const path = `/api/v1/namespaces/${namespace}/pods${dryRun ? '?dryRun=All' : ''}`;
    try {
      return { status: 201, message: '', body: await cluster.api.call({ method: 'POST', path, body }) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { status: error.status ?? 0, message: error.message, body: undefined };
    }
  };

  const failsClosed = () =>
    until(async () => (await cluster.bulwark('status')).code === 0, {
      what: () => `the hook does not fail closed: ${keeper.log()}`,
    });

  beforeAll(async () => {
    cluster = await startWebhookCluster({ port: 21200 });
    cluster.writePolicies(policies);
    await cluster.lab.kubectl(['create', 'namespace', 'shop']);
    // Pods need the account that a controller makes a moment after the namespace.
    await until(
      () =>
        cluster.lab.kubectl(['-n', 'shop', 'get', 'serviceaccount', 'default']).then(
          () => true,
          () => false,
        ),
      {
        what: () => 'there is no service account',
      },
    );
  }, 200_000);

  afterAll(() => cluster?.stop(), 100_000);

  it('is accepted whole by a dry run, and applied', async () => {
    const url = `https://127.0.0.1:${cluster.port}`;
    const folder = `${cluster.folder}/policies`;
    const tried = await cluster.bulwark('install', '--policies', folder, '--dry-run');
    expect(tried.stdout.split('\n').filter((line) => line !== '' && !line.endsWith(': would be applied'))).toEqual([]);
    expect(tried.stdout.split('\n').length).toBeGreaterThan(18);
    expect(tried.code).toBe(0);
    await expect(cluster.lab.kubectl(['get', 'namespace', 'bulwark'])).rejects.toThrow('not found');
    const applied = await cluster.bulwark('install', '--policies', folder, '--url', url, '--apply');
    expect(applied.stdout).toContain('Namespace kube-system: labelled\n');
    expect(applied.code).toBe(0);
  }, 60_000);

  it('fails open until a server answers that API servers trust, and closed from then on', async () => {
    keeper = cluster.startKeeper();
    await until(async () => (await cluster.bulwark('status')).stdout.includes('enforce.webhook.bulwark.dev'), {
      what: () => keeper.log(),
    });
    expect((await cluster.bulwark('status')).stdout).toContain('enforce.webhook.bulwark.dev: failure policy Ignore');
    expect((await create(privileged)).status).toBe(201);
    [first, second] = await Promise.all([cluster.startServer(1), cluster.startServer(2)]);
    await failsClosed();
  }, 90_000);

  it('denies with every reason at once', async () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bad' }, spec: privileged };
    const created = cluster.lab.kubectl(['-n', 'shop', 'create', '-f', '-'], JSON.stringify(pod));
    const message = await created.then(
      () => 'created',
      (error: Error) => error.message,
    );
    expect(message).toContain('admission webhook "enforce.webhook.bulwark.dev" denied the request: ');
    expect(message).toContain('violates PodSecurity "restricted:latest": ');
    expect(message).toContain('host namespaces (hostNetwork=true)');
    expect(message).toContain('privileged (container "app" must not set securityContext.privileged=true)');
    expect(message).toContain('evil.example.com');
  });

  it('mutates what it can mend', async () => {
    const { status, body } = await create(plain);
    expect(status).toBe(201);
    const spec = (body?.['spec'] ?? {}) as JsonObject;
    expect(spec['securityContext']).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect((spec['containers'] as readonly JsonObject[])[0]?.['securityContext']).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('warns of a template, and lets it pass', async () => {
    const template = { metadata: { labels: { app: 'web' } }, spec: { ...plain, hostPID: true } };
    const spec = { selector: { matchLabels: { app: 'web' } }, template };
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec };
    const said = await cluster.lab
      .kubectl(
        ['-n', 'shop', 'create', '--dry-run=server', '--warnings-as-errors', '-f', '-'],
        JSON.stringify(deployment),
      )
      .catch((error: Error) => error.message);
    expect(said).toContain('would violate PodSecurity "restricted:latest"');
    expect(said).toContain('host namespaces (hostPID=true)');
    await cluster.lab.kubectl(['-n', 'shop', 'create', '--dry-run=server', '-f', '-'], JSON.stringify(deployment));
  });

  it('lets nobody exempt a namespace by the name of another', async () => {
    await expect(
      cluster.lab.kubectl(['label', '--overwrite', 'namespace', 'shop', 'kubernetes.io/metadata.name=kube-system']),
    ).rejects.toThrow(
      "namespace shop must not carry the label kubernetes.io/metadata.name=kube-system: it is another's name",
    );
    expect((await create(privileged)).status).toBe(403);
  });

  it.each([
    ['without a certificate', () => undefined],
    ['with a certificate of another authority', () => makeCertificate({ subject: 'CN=kube-apiserver-webhooks' })],
  ])('ends the connection of a caller %s', async (_, certificate) => {
    await expect(callDirectly(cluster, certificate())).rejects.toThrow(/certificate|ECONNRESET|socket hang up|EPIPE/i);
  });

  it('refuses a certificate with another name, and answers the right one', async () => {
    expect(await callDirectly(cluster, cluster.clients.other)).toEqual([
      403,
      'the client certificate has a name that may not call\n',
    ]);
    expect(await callDirectly(cluster, cluster.clients.server)).toEqual([
      400,
      'the body is no AdmissionReview: its kind is missing\n',
    ]);
  });

  it('keeps the last good policies, and says so', async () => {
    cluster.writePolicies(policies.replace('podSecurity:', 'podSecurty:'));
    await until(() => first.log().includes('the last good ones stay in force'), { what: () => first.log() });
    const ready = await fetch(`http://127.0.0.1:${cluster.port + 11}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.text()).toMatch(
      /warning: the last good policies are in force: .*policies\.yaml:6:.*podSecurity/,
    );
    const metrics = await (await fetch(`http://127.0.0.1:${cluster.port + 11}/metrics`)).text();
    expect(metrics).toContain('bulwark_webhook_policies_current 0');
    expect((await create(privileged)).status).toBe(403);
    cluster.writePolicies(policies);
  });

  it('survives kill -9 of a server under load', async () => {
    const load = startLoad(create);
    await wait(2_000);
    const before = load.answers.length;
    const killedAt = performance.now();
    await first.kill('SIGKILL');
    await wait(5_000);
    const answers = await load.stop();
    expect(before).toBeGreaterThan(20);
    // A privileged pod was never let in. A plain one is not created where a call for it was under way, or comes to the
    // judging hook as it was sent, since the mutating one may fail; and all is well a moment later.
    expect(answers.filter(({ isPlain, status }) => !isPlain && status === 201)).toEqual([]);
    const failed = answers.filter(({ isPlain, status }) => status !== (isPlain ? 201 : 403));
    expect(failed.filter(({ at }) => at < killedAt || at > killedAt + 2_500)).toEqual([]);
    expect(answers.filter(({ at }) => at > killedAt + 2_500).length).toBeGreaterThan(20);
    first = await cluster.startServer(1);
  }, 90_000);

  it('changes authority and certificate under load without one failed call', async () => {
    await keeper.kill('SIGTERM');
    keeper = cluster.startKeeper('--certificate-life', '18', '--authority-life', '48', '--overlap', '4');
    const load = startLoad(create);
    const leaves = new Set<string>();
    for (const end = performance.now() + 45_000; performance.now() < end; await wait(500)) {
      leaves.add(cluster.served());
    }
    const answers = await load.stop();
    expect(answers.filter(({ isPlain, status }) => status !== (isPlain ? 201 : 403))).toEqual([]);
    expect(answers.length).toBeGreaterThan(200);
    expect(leaves.size).toBeGreaterThanOrEqual(3);
    expect(keeper.log()).toContain('the new authority signs');
    await keeper.kill('SIGTERM');
    keeper = cluster.startKeeper();
    await failsClosed();
  }, 120_000);

  it('is unlocked for a time, and then refuses again', async () => {
    expect((await cluster.bulwark('unlock', '--for', '30m')).code).toBe(2);
    const unlocked = await cluster.bulwark('unlock', '--for', '8s', '--reason', 'INC-7: the registry moved');
    expect(unlocked.stdout).toMatch(/^Refusals are suspended until \S+Z: INC-7: the registry moved\n$/);
    await until(async () => (await create(privileged)).status === 201, { what: () => second.log(), seconds: 6 });
    const status = await cluster.bulwark('status', '-o', 'json');
    expect(JSON.parse(status.stdout)).toMatchObject({ unlocked: { reason: 'INC-7: the registry moved' } });
    expect(status.code).toBe(1);
    const events = await cluster.lab.kubectl(['-n', 'default', 'get', 'events', '-o', 'name']);
    expect(events).toContain('event/bulwark-webhook.');
    await until(async () => (await create(privileged)).status === 403, { what: () => second.log(), seconds: 20 });
    await failsClosed();
    expect(`${first.log()}${second.log()}`).toContain('"message":"unlocked"');
  }, 60_000);

  it('locks out neither kube-system nor itself while no server answers', async () => {
    await Promise.all([first.kill('SIGKILL'), second.kill('SIGKILL')]);
    const refused = await create(plain);
    expect(refused.message).toMatch(/failed calling webhook "enforce\.webhook\.bulwark\.dev"/);
    for (const namespace of ['kube-system', 'bulwark']) {
      expect(await create(plain, { namespace }), namespace).toMatchObject({ status: 201 });
    }
    // Leases, nodes and the webhook's own registration go on as well.
    await cluster.lab.kubectl(['annotate', 'validatingwebhookconfiguration', 'bulwark-webhook', 'touched=yes']);
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'alive', namespace: 'shop' },
    };
    await cluster.lab.kubectl(['create', '-f', '-'], JSON.stringify(lease));
  }, 60_000);

  it('leaves nothing behind', async () => {
    const listed = await cluster.bulwark('uninstall');
    expect(listed.stdout).toContain('ValidatingWebhookConfiguration bulwark-webhook: would be removed\n');
    const removed = await cluster.bulwark('uninstall', '--apply');
    expect(removed.code).toBe(0);
    await keeper.kill('SIGTERM');
    const kinds = [
      'namespaces',
      'clusterroles',
      'clusterrolebindings',
      'validatingwebhookconfigurations',
      'mutatingwebhookconfigurations',
      'secrets',
      'configmaps',
      'deployments',
    ];
    await until(
      async () => {
        const names = await cluster.lab.kubectl(['get', kinds.join(), '--all-namespaces', '-o', 'name']);
        return !names.includes('bulwark');
      },
      { what: () => 'something of bulwark is left' },
    );
    const labels = await cluster.lab.kubectl(['get', 'namespace', 'kube-system', '-o', 'jsonpath={.metadata}']);
    expect(labels).not.toContain('bulwark');
    expect(JSON.parse(labels)).not.toHaveProperty('labels');
    expect((await create(privileged)).status).toBe(201);
  }, 90_000);
});

interface Load {
  readonly callers: number;
  readonly answers: readonly { readonly isPlain: boolean; readonly status: number }[];
  stop(): Promise<
    readonly { readonly isPlain: boolean; readonly status: number; readonly message: string; readonly at: number }[]
  >;
}

/** Asks for pods, good and bad, as fast as they are answered. */
function startLoad(create: (spec: JsonObject) => Promise<Answer>): Load {
  const answers: { isPlain: boolean; status: number; message: string; at: number }[] = [];
  const callers = 6;
  const over = new AbortController();
  const caller = async (isPlain: boolean): Promise<void> => {
    while (!over.signal.aborted) {
      const { status, message } = await create(isPlain ? plain : privileged);
      answers.push({
        isPlain,
        status,
        message: status === 201 || status === 403 ? '' : message,
        at: performance.now(),
      });
    }
  };
  const all = Promise.all(Array.from({ length: callers }, (_, index) => caller(index % 2 === 0)));
  return {
    callers,
    answers,
    async stop() {
      over.abort();
      await all;
      return answers;
    },
  };
}

function callDirectly(
  { port }: WebhookCluster,
  certificate: Parameters<typeof keyText>[0] | undefined,
): Promise<readonly [status: number | undefined, text: string]> {
  return new Promise((resolve, reject) => {
    const request = https.request(
      {
        host: '127.0.0.1',
        port: port + 1,
        path: '/validate?timeout=5s',
        method: 'POST',
        rejectUnauthorized: false,
        agent: false,
        headers: { 'content-type': 'application/json' },
        ...(certificate !== undefined && { cert: certificate.pem, key: keyText(certificate) }),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve([response.statusCode, text]));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end('{}');
  });
}
