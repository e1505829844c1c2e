import type { AdmissionOperation, AdmissionRequest, AdmissionUser, ClusterView } from '../model/admission.ts';
import { isObject, type JsonObject, own } from '../model/json.ts';
import { type Path, valueAt } from '../model/path.ts';
import type { PodTemplate } from '../model/pod-template.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind, readWorkload } from '../model/workload.ts';
import { apiResources } from '../semantics/audit-policy/api-resources.ts';
import { identityOf } from '../semantics/rbac/index.ts';

export interface SimulatedRequestOptions {
  readonly user: AdmissionUser;
  /** The namespace of objects that name none. */
  readonly namespace: string;
  /** The object as the cluster has it, for an update. */
  readonly old?: KubeObject | undefined;
}

/** The request that creating or updating an object would make. */
export function requestOf(object: KubeObject, { user, namespace, old }: SimulatedRequestOptions): AdmissionRequest {
  const slash = object.apiVersion.indexOf('/');
  const group = slash === -1 ? '' : object.apiVersion.slice(0, slash);
  const version = object.apiVersion.slice(slash + 1);
  const resource = resourceOf(object.kind);
  const isNamespaced = isInNamespace(group, resource, object);
  const place = isNamespaced ? (object.namespace ?? namespace) : '';
  const operation: AdmissionOperation = old === undefined ? 'CREATE' : 'UPDATE';
  const value = isNamespaced ? inNamespace(object.value, place) : object.value;
  const request = {
    uid: '00000000-0000-0000-0000-000000000000',
    kind: { group, version, kind: object.kind },
    resource: { group, version, resource },
    subResource: '',
    name: object.name,
    // The API server gives requests about a namespace its own name here.
    namespace: group === '' && resource === 'namespaces' ? object.name : place,
    operation,
  };
  return {
    ...request,
    userInfo: user,
    object: value,
    oldObject: old?.value,
    options: undefined,
    dryRun: false,
    value: {
      ...request,
      requestKind: request.kind,
      requestResource: request.resource,
      userInfo: { username: user.username, uid: user.uid, groups: user.groups },
      object: value,
      ...(old !== undefined && { oldObject: old.value }),
      dryRun: false,
    },
  };
}

/** Who makes the pods of a kind: a controller's own account, and not whoever wrote the object. */
const makers: ReadonlyMap<string, string> = new Map([
  ['apps/Deployment', 'replicaset-controller'],
  ['apps/ReplicaSet', 'replicaset-controller'],
  ['apps/StatefulSet', 'statefulset-controller'],
  ['apps/DaemonSet', 'daemon-set-controller'],
  ['batch/Job', 'job-controller'],
  ['batch/CronJob', 'job-controller'],
  ['/ReplicationController', 'replication-controller'],
]);

/** Stands in names and labels for what a controller would make up. */
const hash = 'simulated';

/**
 * The request for the first pod that a controller of Kubernetes would make of an object; undefined for what makes none,
 * and for kinds whose controllers are not known.
 */
export function podRequestOf(object: KubeObject, namespace: string): AdmissionRequest | undefined {
  const controller = makers.get(groupKind(object));
  const template = controller === undefined ? undefined : readWorkload(object)?.templates[0];
  if (controller === undefined || template === undefined) return undefined;
  const maker = makerOf(object);
  const metadata = valueAt(object.value, template.pod.metadataPath);
  const labels = isObject(metadata) ? own(metadata, 'labels') : undefined;
  const place = object.namespace ?? namespace;
  const pod: JsonObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(isObject(metadata) ? metadata : {}),
      generateName: `${maker.name}-`,
      namespace: place,
      labels: {
        ...(isObject(labels) ? labels : {}),
        ...(maker.kind === 'ReplicaSet' && { 'pod-template-hash': hash }),
      },
      ownerReferences: [{ apiVersion: object.apiVersion, ...maker, controller: true, uid: madeUid }],
    },
    spec: specOf(object, template),
  };
  const account = `system:serviceaccount:kube-system:${controller}`;
  const user = { username: account, uid: '', groups: identityOf(account).groups, extra: new Map() };
  const source: KubeObject = {
    ...{ apiVersion: 'v1', kind: 'Pod', name: '', namespace: place },
    ...{ value: pod, source: object.source },
  };
  return requestOf(source, { user, namespace: place });
}

/** Uids of what is simulated, and of what would be made of it. */
const ownUid = 'simulated';
const madeUid = 'simulated-owner';

/** The view as it would be once the controllers have made what lies between an object and its pods. */
export function viewWithOwners(object: KubeObject, namespace: string, view: ClusterView): ClusterView {
  const maker = makerOf(object);
  const template = readWorkload(object)?.templates[0];
  if (maker.kind === object.kind || template === undefined) return view;
  const place = object.namespace ?? namespace;
  const { apiVersion, kind, name, source } = object;
  const metadata = valueAt(object.value, ['metadata']);
  const given = { ...(isObject(metadata) ? metadata : {}), uid: ownUid };
  const owner: KubeObject = { ...object, namespace: place, value: { ...object.value, metadata: given } };
  const between: KubeObject = {
    ...{ apiVersion, ...maker, namespace: place, source },
    value: {
      metadata: { uid: madeUid, ownerReferences: [{ apiVersion, kind, name, uid: ownUid, controller: true }] },
      spec: {
        template: {
          metadata: valueAt(object.value, template.pod.metadataPath) ?? {},
          spec: specOf(object, template),
        },
      },
    },
  };
  const group = groupKind(object).split('/')[0];
  const made = new Map([
    [`${group}/${kind}`, [owner]],
    [`${group}/${maker.kind}`, [between]],
  ]);
  return {
    namespace: (asked) => view.namespace(asked),
    objects: (askedGroup, askedKind) => made.get(`${askedGroup}/${askedKind}`) ?? view.objects(askedGroup, askedKind),
    unread: new Map([...view.unread].filter(([key]) => !made.has(key))),
    serverMinor: view.serverMinor,
  };
}

function makerOf({ kind, name }: KubeObject): { readonly kind: string; readonly name: string } {
  if (kind === 'Deployment') return { kind: 'ReplicaSet', name: `${name}-${hash}` };
  return kind === 'CronJob' ? { kind: 'Job', name: `${name}-00000000` } : { kind, name };
}

function specOf({ value }: KubeObject, { pod }: PodTemplate): JsonObject {
  const spec = valueAt(value, pod.path as Path);
  return isObject(spec) ? spec : {};
}

/** The plural of a kind as kubectl guesses it. Source: apimachinery, meta.UnsafeGuessKindToResource. */
function resourceOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower === 'endpoints') return lower;
  if (lower.endsWith('s')) return `${lower}es`;
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

const scopes: ReadonlyMap<string, boolean> = new Map(
  apiResources
    .filter(({ subresource }) => subresource === '')
    .map(({ group, resource, isNamespaced }) => [`${group}/${resource}`, isNamespaced]),
);

/** Custom resources are taken to be in a namespace, unless a cluster shows them without one. */
function isInNamespace(group: string, resource: string, object: KubeObject): boolean {
  return (
    scopes.get(`${group}/${resource}`) ?? (object.namespace !== undefined || object.source.positions !== undefined)
  );
}

function inNamespace(value: JsonObject, namespace: string): JsonObject {
  const metadata = own(value, 'metadata');
  if (isObject(metadata) && own(metadata, 'namespace') === namespace) return value;
  return { ...value, metadata: { ...(isObject(metadata) ? metadata : {}), namespace } };
}
