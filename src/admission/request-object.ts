import type { AdmissionRequest } from '../model/admission.ts';
import { equalJson } from '../model/equal-json.ts';
import { isObject, type JsonObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind, isKnownWorkload } from '../model/workload.ts';
import { isSignificantPodUpdate } from '../semantics/pod-security/index.ts';

/** Subresources whose requests carry the whole pod. */
const podSubresources: ReadonlySet<string> = new Set(['', 'ephemeralcontainers', 'resize']);

/**
 * The object that a request is about, as the model has it; undefined where there is nothing to judge: a deletion, a
 * subresource that carries something else, or an update that leaves alone all that anybody judges.
 */
export function objectToJudge(request: AdmissionRequest, serverMinor: number | undefined): KubeObject | undefined {
  const { operation, subResource, kind } = request;
  if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
  const isPod = kind.kind === 'Pod' && kind.group === '';
  if (isPod ? !podSubresources.has(subResource) : subResource !== '') return undefined;
  const object = objectOf(request);
  if (object === undefined || operation === 'CREATE' || request.oldObject === undefined) return object;
  return isSignificant(object, request.oldObject, serverMinor) ? object : undefined;
}

/**
 * Until v1.22 requests for ephemeral containers carry an EphemeralContainers object and not the pod. It is judged as a
 * pod that shows no more: what its security context would give the containers is not known, and counts as unset.
 */
export function withPod(request: AdmissionRequest): AdmissionRequest {
  const { kind, resource, object, oldObject } = request;
  if (kind.kind !== 'EphemeralContainers' || resource.group !== '' || resource.resource !== 'pods') return request;
  const podOf = (given: JsonObject | undefined): JsonObject | undefined =>
    given && {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: own(given, 'metadata') ?? {},
      spec: { containers: [], ephemeralContainers: own(given, 'ephemeralContainers') ?? [] },
    };
  return { ...request, kind: { ...kind, kind: 'Pod' }, object: podOf(object), oldObject: podOf(oldObject) };
}

function objectOf({ kind, object, name, namespace }: AdmissionRequest): KubeObject | undefined {
  if (object === undefined) return undefined;
  const metadata = own(object, 'metadata');
  const given = isObject(metadata) ? (own(metadata, 'name') ?? own(metadata, 'generateName')) : undefined;
  return {
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
    name: name || (typeof given === 'string' ? given : ''),
    namespace: namespace === '' ? undefined : namespace,
    value: object,
    source: { file: 'request', document: 0, base: [] },
  };
}

/**
 * An old object that is not as it should be must still be able to lose a finalizer, get a label or be scaled through
 * its own subresource. So pods are judged again as Pod Security does it, what makes pods when its specification
 * changes, and everything else when more than its bookkeeping does.
 */
function isSignificant(object: KubeObject, old: JsonObject, serverMinor: number | undefined): boolean {
  const kind = groupKind(object);
  if (kind === '/Pod') return isSignificantPodUpdate(object.value, old, serverMinor);
  // The Deployment's controller scales old ReplicaSets down while it rolls out what is better.
  if (kind === 'apps/ReplicaSet') return !equalJson(valueAt(object.value, inSpec), valueAt(old, inSpec));
  const field = kind === '/PodTemplate' ? 'template' : 'spec';
  if (isKnownWorkload(kind)) return !equalJson(own(object.value, field), own(old, field));
  return !equalJson(withoutBookkeeping(object.value), withoutBookkeeping(old));
}

const inSpec = ['spec', 'template'];

const bookkeeping = ['managedFields', 'resourceVersion', 'generation', 'finalizers', 'ownerReferences'];

function withoutBookkeeping(object: JsonObject): JsonObject {
  const kept = new Map(Object.entries(object));
  kept.delete('status');
  const metadata = own(object, 'metadata');
  if (isObject(metadata)) {
    const fields = new Map(Object.entries(metadata));
    for (const field of bookkeeping) fields.delete(field);
    kept.set('metadata', Object.fromEntries(fields));
  }
  return Object.fromEntries(kept);
}
