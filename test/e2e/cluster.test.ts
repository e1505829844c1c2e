import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectCluster } from '../../src/collect/cluster/collect.ts';
import { listedResources } from '../../src/collect/cluster/resources.ts';
import { minimalClusterRole } from '../../src/collect/cluster/role.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';

warnIfNoLab('test/e2e/cluster.test.ts');

const password = 'correct-horse-battery-staple';
const objects = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: report, namespace: shop}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: report, image: busybox}]}}}}
---
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: shop}
stringData: {username: shop, password: ${password}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}}
---
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: open}
spec:
  privileged: true
  seLinux: {rule: RunAsAny}
  runAsUser: {rule: RunAsAny}
  supplementalGroups: {rule: RunAsAny}
  fsGroup: {rule: RunAsAny}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rollouts.argoproj.io}
spec:
  group: argoproj.io
  scope: Namespaced
  names: {plural: rollouts, singular: rollout, kind: Rollout}
  versions:
    - name: v1alpha1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: nobody, namespace: shop}
`;
const rollout = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: checkout, namespace: shop}
spec: {template: {spec: {containers: [{name: checkout, image: checkout}]}}}
`;

const tenant = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: tenant, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
  - {apiGroups: [""], resources: [namespaces], verbs: [get]}
  - {apiGroups: ["", apps], resources: [pods, deployments, secrets], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: tenant}]
`;

describe.skipIf(!labAvailable)('a live cluster', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab({ port: 17453 });
    await lab.kubectl(['apply', '-f', '-'], objects);
    await lab.kubectl(['apply', '-f', '-'], minimalClusterRole());
    await lab.kubectl(['wait', '--for=condition=Established', 'crd/rollouts.argoproj.io', '--timeout=30s']);
    await lab.kubectl(['apply', '-f', '-'], rollout);
    await waitForPods(lab, 3);
  }, 300_000);

  afterAll(async () => {
    await lab?.stop();
  }, 120_000);

  const token = (namespace: string, account: string): Promise<string> =>
    lab.kubectl(['--namespace', namespace, 'create', 'token', account]).then((text) => text.trim());

  it('is read completely as administrator: what kubectl lists, and no Secret value', async () => {
    const { objects, gaps, inputs, cluster } = await collectCluster({ kubeconfig: lab.kubeconfig });
    expect(gaps).toEqual([]);
    expect(inputs).toEqual([]);
    expect(cluster).toMatchObject({ server: lab.server, version: 'v1.20.2', unread: [] });
    const collected = new Set(objects.map(({ kind, namespace, name }) => `${kind} ${namespace ?? ''}/${name}`));
    const served = (await lab.kubectl(['api-resources', '--output', 'name'])).trim().split('\n');
    const names = listedResources
      .filter(({ elseOf }) => elseOf === undefined)
      .map(({ group, resource }) => (group === '' ? resource : `${resource}.${group}`));
    const listed = [...names, 'rollouts.argoproj.io'].filter((name) => served.includes(name));
    const { items } = JSON.parse(await lab.kubectl(['get', listed.join(), '--all-namespaces', '--output', 'json']));
    const expected = new Set(
      items.map(
        ({ kind, metadata }: { kind: string; metadata: { namespace?: string; name: string } }) =>
          `${kind} ${metadata.namespace ?? ''}/${metadata.name}`,
      ),
    );
    expect(collected).toEqual(expected);
    expect(collected).toContain('CronJob shop/report');
    expect(collected).toContain('Rollout shop/checkout');

    const text = JSON.stringify(objects);
    expect(text).not.toContain('fieldsV1');
    expect(text).not.toContain(password);
    expect(text).not.toContain(Buffer.from(password).toString('base64'));
    const secret = objects.find(({ kind, name }) => kind === 'Secret' && name === 'database');
    expect(secret?.value['data']).toEqual({
      username: { redacted: 'text', bytes: 4 },
      password: { redacted: 'password', bytes: password.length },
    });
    const web = objects.find(({ kind, name }) => kind === 'Deployment' && name === 'web');
    expect(web).toMatchObject({
      apiVersion: 'apps/v1',
      source: { file: '/apis/apps/v1/namespaces/shop/deployments/web' },
    });
    expect(JSON.parse(await lab.kubectl(['get', '--raw', web?.source.file ?? '']))).toMatchObject(web?.value ?? {});
  });

  it('gives the same objects in the same order in small pages', async () => {
    const [large, small] = [
      await collectCluster({ kubeconfig: lab.kubeconfig }),
      await collectCluster({ kubeconfig: lab.kubeconfig, pageSize: 3 }),
    ];
    expect(small.gaps).toEqual([]);
    expect(small.objects.map(({ source }) => source.file)).toEqual(large.objects.map(({ source }) => source.file));
  });

  it('is read completely, without Secrets, by a service account with just the printed role', async () => {
    const kubeconfig = await lab.kubeconfigFor('minimal', await token('bulwark', 'bulwark-scan'));
    const { objects, gaps, cluster } = await collectCluster({ kubeconfig });
    expect(gaps).toEqual([]);
    expect(cluster.unread).toMatchObject([
      {
        code: 'forbidden',
        what: '/api/v1/secrets',
        rule: { apiGroups: [''], resources: ['secrets'], verbs: ['list'] },
      },
    ]);
    expect(objects.some(({ kind }) => kind === 'Secret')).toBe(false);
    expect(objects.some(({ kind }) => kind === 'Rollout')).toBe(true);
    const admin = await collectCluster({ kubeconfig: lab.kubeconfig, secrets: 'left-out' });
    expect(objects.map(({ source }) => source.file)).toEqual(admin.objects.map(({ source }) => source.file));
  });

  it('is all gaps for a user who may read nothing, and their rules close every one', async () => {
    const kubeconfig = await lab.kubeconfigFor('nobody', await token('shop', 'nobody'));
    const { objects, gaps, cluster } = await collectCluster({ kubeconfig });
    expect(objects).toEqual([]);
    expect(cluster.version).toBe('v1.20.2');
    expect(new Set(gaps.map(({ code }) => code))).toEqual(new Set(['forbidden']));
    expect(gaps.find(({ what }) => what === '/api/v1/pods')).toMatchObject({
      reason:
        'pods is forbidden: User "system:serviceaccount:shop:nobody" cannot list resource "pods" in API group "" at the cluster scope',
      rule: { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    });
    const rules = [...gaps, ...(cluster.unread ?? [])].map(({ rule }) => rule);
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'closed' },
      rules,
    };
    await lab.kubectl(['apply', '-f', '-'], JSON.stringify(role));
    await lab.kubectl([
      'create',
      'clusterrolebinding',
      'closed',
      '--clusterrole=closed',
      '--serviceaccount=shop:nobody',
    ]);
    const closed = await collectCluster({ kubeconfig });
    expect(closed.gaps).toEqual([]);
    expect(closed.cluster.unread).toEqual([]);
    expect(closed.objects.length).toBeGreaterThan(100);
  });

  it('reads one namespace with a Role in it', async () => {
    await lab.kubectl(['apply', '-f', '-'], tenant);
    const kubeconfig = await lab.kubeconfigFor('tenant', await token('shop', 'tenant'));
    const { objects, gaps, cluster } = await collectCluster({ kubeconfig, namespaces: ['shop'] });
    expect(cluster.namespaces).toEqual(['shop']);
    expect(objects.filter(({ kind }) => kind === 'Pod')).toHaveLength(3);
    expect(new Set(objects.map(({ kind }) => kind))).toEqual(new Set(['Namespace', 'Pod', 'Deployment', 'Secret']));
    expect(objects.every(({ namespace, kind }) => namespace === 'shop' || kind === 'Namespace')).toBe(true);
    const forbidden = gaps.map(({ what }) => what);
    expect(forbidden).toContain('/apis/batch/v1/namespaces/shop/jobs');
    expect(forbidden.every((path) => path.includes('/namespaces/shop/'))).toBe(true);
  });

  it('refuses a token that the server does not know', async () => {
    const kubeconfig = await lab.kubeconfigFor('stranger', 'not-a-token');
    await expect(collectCluster({ kubeconfig })).rejects.toMatchObject({
      code: 'credentials-failed',
      message: `${lab.server} does not know these credentials: Unauthorized`,
    });
  });

  it('does not talk to a server that it cannot verify', async () => {
    const file = await lab.kubeconfigFor('unverified', 'abc');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    delete config.clusters[0].cluster['certificate-authority-data'];
    writeFileSync(file, JSON.stringify(config));
    await expect(collectCluster({ kubeconfig: file })).rejects.toMatchObject({
      code: 'server-unreachable',
      message: expect.stringContaining('certificate'),
      hint: expect.stringContaining('certificate-authority-data'),
    });
  });
});

/** Without nodes the pods stay pending; they are there all the same. */
async function waitForPods(lab: Lab, count: number): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const names = await lab.kubectl(['--namespace', 'shop', 'get', 'pods', '--output', 'name']);
    if (names.trim().split('\n').filter(Boolean).length >= count) return;
    await new Promise((done) => setTimeout(done, 500));
  }
  throw new Error(`no ${count} pods after 30 s`);
}
