import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labAvailable, warnIfNoLab } from '../lab.ts';
import { type Program, startWebhookCluster, until, type WebhookCluster } from './webhook-cluster.ts';

warnIfNoLab('controls that are judged by what the cluster holds');

const policies = `apiVersion: bulwark.dev/v1
kind: AdmissionPolicy
metadata:
  name: house
spec:
  controls:
    - {control: rbac/*, mode: enforce}
    - {control: container-runtime/memory-limit, mode: enforce}
`;

const limits = `apiVersion: v1
kind: LimitRange
metadata: {name: limits, namespace: shop}
spec: {limits: [{type: Container, default: {memory: 64Mi}}]}
`;

describe.skipIf(!labAvailable)('controls that are judged by what the cluster holds', () => {
  let cluster: WebhookCluster;
  let keeper: Program;

  /** What kubectl says; the first line of an error. */
  const kubectl = (args: readonly string[], input?: string): Promise<string> =>
    cluster.lab.kubectl([...args], input).catch((error: Error) => error.message);

  const createRole = (name: string, verb: string, resource: string) =>
    kubectl(['create', 'clusterrole', name, `--verb=${verb}`, `--resource=${resource}`]);

  beforeAll(async () => {
    cluster = await startWebhookCluster({ port: 21300 });
    cluster.writePolicies(policies);
    await cluster.lab.kubectl(['create', 'namespace', 'shop']);
    const url = `https://127.0.0.1:${cluster.port}`;
    const applied = await cluster.bulwark(
      'install',
      '--policies',
      `${cluster.folder}/policies`,
      '--url',
      url,
      '--apply',
    );
    expect(applied.code).toBe(0);
    keeper = cluster.startKeeper();
    await cluster.startServer(1);
    await until(async () => (await createRole('probe', '*', '*')).includes('denied the request'), {
      what: () => `nothing is refused: ${keeper.log()}`,
    });
  }, 200_000);

  afterAll(() => cluster?.stop(), 100_000);

  it('refuse a role that allows everything, and let others be made', async () => {
    expect(await createRole('all', '*', '*.*')).toContain(
      'whoever is bound to it can do everything; nobody is in what was read (control rbac/full-wildcard)',
    );
    expect(await createRole('reader', 'get', 'services')).toContain('created');
  });

  it('refuse a binding of cluster-admin', async () => {
    const args = ['create', 'clusterrolebinding', 'anne', '--clusterrole=cluster-admin', '--user=anne'];
    expect(await kubectl(args)).toContain(
      'User anne can do everything in the whole cluster (control rbac/cluster-admin)',
    );
  });

  it('tell who holds a role that is made wider', async () => {
    const args = ['create', 'clusterrolebinding', 'readers', '--clusterrole=reader', '--group=readers'];
    expect(await kubectl(args)).toContain('created');
    const patch = '[{"op":"add","path":"/rules/-","value":{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}}]';
    const widen = () => kubectl(['patch', 'clusterrole', 'reader', '--type=json', '-p', patch, '--dry-run=server']);
    // The binding reaches the webhook by a watch.
    await until(async () => (await widen()).includes('Group readers can do everything in the whole cluster'), {
      what: () => 'the binding is not seen',
    });
  }, 60_000);

  it('know the limits of a namespace', async () => {
    const create = () =>
      kubectl(['-n', 'shop', 'create', 'deployment', 'web', '--image=shop/web:1', '--dry-run=server']);
    expect(await create()).toContain('(control container-runtime/memory-limit)');
    expect(await kubectl(['create', '-f', '-'], limits)).toContain('created');
    await until(async () => (await create()).includes('created'), { what: () => 'the LimitRange is not seen' });
  }, 60_000);
});
