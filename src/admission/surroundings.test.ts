import { describe, expect, it } from 'vitest';
import { controls } from '../controls/registry.ts';
import type { AdmissionRequest, ClusterView } from '../model/admission.ts';
import type { JsonObject } from '../model/json.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { Decider } from './decide.ts';
import { loadAdmission } from './load.ts';
import { SnapshotView } from './snapshot-view.ts';

const rbacGroup = 'rbac.authorization.k8s.io';
const everything = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };

async function decider(...chosen: readonly string[]): Promise<Decider> {
  const list = chosen.map((each) => `{control: "${each}"}`).join(', ');
  const text = `apiVersion: bulwark.dev/v1\nkind: AdmissionPolicy\nmetadata: {name: house}\nspec: {controls: [${list}]}`;
  const { policies, problems } = await loadAdmission([{ file: 'policy.yaml', text }], { controls });
  expect(problems).toEqual([]);
  if (policies === undefined) throw new Error('no policies');
  return new Decider(policies, { now: () => new Date('2026-11-21T12:00:00Z') });
}

function object(apiVersion: string, kind: string, value: JsonObject, name = 'x'): KubeObject {
  const namespace = kind.startsWith('Cluster') || kind === 'StorageClass' ? undefined : 'shop';
  const metadata = { name, uid: `uid-${name}`, ...(namespace !== undefined && { namespace }) };
  const source = { file: 'cluster', document: 0, base: [] };
  return { apiVersion, kind, name, namespace, value: { apiVersion, kind, metadata, ...value }, source };
}

const clusterRole = (rules: JsonObject[], name = 'x') => object(`${rbacGroup}/v1`, 'ClusterRole', { rules }, name);

function clusterBinding(role: string, subjects: JsonObject[], name = 'b'): KubeObject {
  const roleRef = { apiGroup: rbacGroup, kind: 'ClusterRole', name: role };
  return object(`${rbacGroup}/v1`, 'ClusterRoleBinding', { roleRef, subjects }, name);
}

const anne = { kind: 'User', apiGroup: rbacGroup, name: 'anne' };

function creation({ apiVersion, kind, name, namespace = '', value }: KubeObject): AdmissionRequest {
  const slash = apiVersion.indexOf('/');
  const [group, version] = [apiVersion.slice(0, Math.max(slash, 0)), apiVersion.slice(slash + 1)];
  return {
    ...{ uid: 'u', name, namespace, subResource: '', operation: 'CREATE', object: value, oldObject: undefined },
    ...{ kind: { group, version, kind }, resource: { group, version, resource: `${kind.toLowerCase()}s` } },
    ...{ userInfo: { username: 'bob', uid: '', groups: [], extra: new Map() }, options: undefined, dryRun: false },
    value: {},
  };
}

function view(objects: readonly KubeObject[] = [], unread: ReadonlyMap<string, string> = new Map()): ClusterView {
  return new SnapshotView(objects, { serverMinor: 33, unread, missingNamespaces: 'assumed' });
}

function said(by: Decider, asked: KubeObject, cluster = view()): string[] {
  return by.validate(creation(asked), cluster).denials.map(({ policy, message }) => `${policy}: ${message}`);
}

describe('controls that are judged by what is around an object', () => {
  it('refuse roles that allow everything, and bindings of cluster-admin', async () => {
    const by = await decider('rbac/*');
    expect(said(by, clusterRole([everything]))).toEqual([
      'control rbac/full-wildcard: whoever is bound to it can do everything; nobody is in what was read',
    ]);
    expect(said(by, clusterBinding('cluster-admin', [anne]))).toEqual([
      'control rbac/cluster-admin: User anne can do everything in the whole cluster',
    ]);
    expect(said(by, clusterRole([{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] }]))).toEqual([]);
  });

  it('see who holds a role that is changed, and the role as it will be', async () => {
    const by = await decider('rbac/full-wildcard');
    const before = clusterRole([{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]);
    const cluster = view([before, clusterBinding('x', [anne])]);
    expect(said(by, clusterRole([everything]), cluster)).toEqual([
      'control rbac/full-wildcard: User anne can do everything in the whole cluster',
    ]);
    // What others hold is not this request's matter.
    expect(said(by, before, view([clusterRole([everything], 'other'), clusterBinding('other', [anne])]))).toEqual([]);
  });

  it('find a binding by the role that the cluster has', async () => {
    const by = await decider('rbac/powerful-daemonset');
    const template = { spec: { serviceAccountName: 'app', containers: [{ name: 'a', image: 'b' }] } };
    const agent = object('apps/v1', 'DaemonSet', { spec: { template } }, 'agent');
    const app = { kind: 'ServiceAccount', name: 'app', namespace: 'shop' };
    const secrets = clusterRole([{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]);
    expect(said(by, agent, view([secrets, clusterBinding('x', [app])]))).toEqual([
      expect.stringContaining('and its token is on every node'),
    ]);
    expect(said(by, agent, view([secrets]))).toEqual([]);
  });

  it('know the limits that a namespace gives', async () => {
    const by = await decider('container-runtime/memory-limit');
    const template = { spec: { containers: [{ name: 'a', image: 'b' }] } };
    const web = object('apps/v1', 'Deployment', { spec: { template } }, 'web');
    expect(said(by, web)).toEqual([expect.stringMatching(/^control container-runtime\/memory-limit: container a /)]);
    const limits = [{ type: 'Container', default: { memory: '64Mi' } }];
    expect(said(by, web, view([object('v1', 'LimitRange', { spec: { limits } })]))).toEqual([]);
  });

  it('leave open what could not be read, and refuse nothing for it', async () => {
    const by = await decider('rbac/*', 'container-runtime/memory-limit');
    const unread = new Map([
      [`${rbacGroup}/RoleBinding`, 'forbidden'],
      ['/LimitRange', 'it is not read yet'],
    ]);
    const decision = by.validate(creation(clusterRole([everything])), view([], unread));
    expect(decision.allowed).toBe(true);
    expect(decision.undecided.get('control rbac/full-wildcard')).toBe(
      'objects of rbac.authorization.k8s.io/RoleBinding could not be read: forbidden',
    );
    const template = { spec: { containers: [{ name: 'a', image: 'b' }] } };
    const web = by.validate(creation(object('apps/v1', 'Deployment', { spec: { template } })), view([], unread));
    expect([...web.undecided]).toEqual([
      ['control container-runtime/memory-limit', 'objects of /LimitRange could not be read: it is not read yet'],
    ]);
    expect(web.allowed).toBe(true);
  });

  it('ask for the kinds that they need, and are sent those that they judge', async () => {
    const by = await decider('rbac/full-wildcard', 'container-runtime/cpu-limit');
    expect(by.needs().map(({ group, kind }) => `${group}/${kind}`)).toEqual([
      ...['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'].map((kind) => `${rbacGroup}/${kind}`),
      '/LimitRange',
    ]);
    const { enforced, advisory } = by.rules();
    const sent = [...enforced, ...advisory].flatMap(({ apiGroups, resources }) =>
      resources.map((resource) => `${apiGroups[0]}/${resource}`),
    );
    expect(sent).toEqual(expect.arrayContaining([`${rbacGroup}/clusterroles`, `${rbacGroup}/roles`, '/pods']));
    expect(sent).toContain('argoproj.io/rollouts');
  });
});
