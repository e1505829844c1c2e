import type { AdmissionRequest, AdmissionUser, GroupVersionKind, GroupVersionResource } from '../../model/admission.ts';
import { isObject, type JsonObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import {
  type AccessQuestion,
  type Ask,
  bool,
  dyn,
  int,
  listOf,
  mapOf,
  named,
  objectOf,
  string,
  type Type,
} from '../cel/index.ts';
import type { AccessAnswer, Authorise } from './policy-set.ts';

const gvk = objectOf('kubernetes.GroupVersionKind', { group: string, version: string, kind: string });
const gvr = objectOf('kubernetes.GroupVersionResource', { group: string, version: string, resource: string });
const timestamp = named('google.protobuf.Timestamp');

/** Source: apiserver pkg/admission/plugin/cel/compile.go (BuildRequestType). */
const requestType = objectOf('kubernetes.AdmissionRequest', {
  kind: gvk,
  resource: gvr,
  subResource: string,
  requestKind: gvk,
  requestResource: gvr,
  requestSubResource: string,
  name: string,
  namespace: string,
  operation: string,
  userInfo: objectOf('kubernetes.UserInfo', {
    username: string,
    uid: string,
    groups: listOf(string),
    extra: mapOf(string, listOf(string)),
  }),
  dryRun: bool,
  options: dyn,
});

/** Source: apiserver pkg/admission/plugin/cel/compile.go (BuildNamespaceType), capitals included. */
const namespaceType = objectOf('kubernetes.Namespace', {
  metadata: objectOf('kubernetes.NamespaceMetadata', {
    name: string,
    generateName: string,
    namespace: string,
    labels: mapOf(string, string),
    annotations: mapOf(string, string),
    UID: string,
    creationTimestamp: timestamp,
    deletionGracePeriodSeconds: int,
    deletionTimestamp: timestamp,
    generation: int,
    resourceVersion: string,
    finalizers: listOf(string),
  }),
  spec: objectOf('kubernetes.NamespaceSpec', { finalizers: listOf(string) }),
  status: objectOf('kubernetes.NamespaceStatus', {
    conditions: listOf(
      objectOf('kubernetes.NamespaceCondition', {
        status: string,
        type: string,
        lastTransitionTime: timestamp,
        message: string,
        reason: string,
      }),
    ),
    phase: string,
  }),
});

/** What every expression of admission may ask for. */
export const requestVariableTypes: ReadonlyMap<string, Type> = new Map([
  ['object', dyn],
  ['oldObject', dyn],
  ['request', requestType],
  ['namespaceObject', namespaceType],
  ['authorizer', named('kubernetes.authorization.Authorizer')],
  ['authorizer.requestResource', named('kubernetes.authorization.ResourceCheck')],
]);

/**
 * `request` as expressions see it: what is empty is not there, as Go leaves it out.
 * Source: apiserver pkg/admission/plugin/cel/condition.go (CreateAdmissionRequest).
 */
export function requestValue(
  request: AdmissionRequest,
  resource: GroupVersionResource,
  objectKind: GroupVersionKind,
): JsonObject {
  const { userInfo } = request;
  const value: Record<string, JsonObject | string | boolean> = {
    kind: { ...objectKind },
    resource: { ...resource },
    requestKind: { ...request.kind },
    requestResource: { ...request.resource },
    operation: request.operation,
    userInfo: userValue(userInfo),
    dryRun: request.dryRun,
  };
  if (request.subResource !== '') {
    value['subResource'] = request.subResource;
    value['requestSubResource'] = request.subResource;
  }
  if (request.name !== '') value['name'] = request.name;
  if (request.namespace !== '') value['namespace'] = request.namespace;
  if (request.options !== undefined) value['options'] = request.options;
  return value;
}

function userValue({ username, uid, groups, extra }: AdmissionUser): JsonObject {
  return {
    ...(username === '' ? {} : { username }),
    ...(uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

const namespaceFields = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'finalizers',
];

/** `namespaceObject`: without owners and managed fields. Source: condition.go (CreateNamespaceObject). */
export function namespaceValue(namespace: JsonObject): JsonObject {
  const metadata = valueAt(namespace, ['metadata']);
  const kept = isObject(metadata)
    ? namespaceFields.flatMap((field) => {
        const value = own(metadata, field);
        return value === undefined ? [] : [[field, value] as const];
      })
    : [];
  return {
    metadata: Object.fromEntries(kept),
    spec: own(namespace, 'spec') ?? {},
    status: own(namespace, 'status') ?? {},
  };
}

/** Who is asked, for the user of the request or the service account that an expression names. */
export function askerFor(user: AdmissionUser, authorise: Authorise | undefined): Ask {
  if (authorise === undefined) return () => ({ answer: 'unknown', reason: 'no authorisation data is at hand' });
  return (question: AccessQuestion): AccessAnswer => {
    const { account, ...attributes } = question;
    return authorise(account === undefined ? user : serviceAccountUser(account), attributes);
  };
}

function serviceAccountUser({ namespace, name }: { readonly namespace: string; readonly name: string }): AdmissionUser {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid: '',
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra: new Map(),
  };
}
