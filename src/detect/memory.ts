import type { AuditEvent } from '../model/audit-event.ts';
import { isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { verbOf } from './request-kind.ts';
import { BoundedStore } from './store.ts';
import { jsonText } from './walk.ts';

/** What is kept of the objects whose change matters: the part that rules compare. */
const kept: ReadonlyMap<string, readonly string[]> = new Map([
  ['namespaces', ['metadata']],
  ['roles.rbac.authorization.k8s.io', ['rules']],
  ['clusterroles.rbac.authorization.k8s.io', ['rules']],
  ['mutatingwebhookconfigurations.admissionregistration.k8s.io', ['webhooks']],
  ['validatingwebhookconfigurations.admissionregistration.k8s.io', ['webhooks']],
]);

/** Most characters of what is kept of one object. */
const longest = 16_384;

/** The last state of some objects, as far as bodies in the log have shown it. */
export class ObjectMemory {
  private readonly objects: BoundedStore<JsonObject>;

  constructor(maxKeys: number) {
    this.objects = new BoundedStore(maxKeys);
  }

  get evicted(): number {
    return this.objects.evicted;
  }

  before(event: AuditEvent): JsonObject | undefined {
    const key = keyOf(event);
    return key === undefined ? undefined : this.objects.peek(key);
  }

  observe(event: AuditEvent): void {
    if (event.outcome !== 'ok') return;
    const key = keyOf(event);
    if (key === undefined) return;
    if (event.verb === 'delete') {
      this.objects.delete(key);
      return;
    }
    const body = bodyOf(event);
    if (body === undefined) return;
    const state = summary(body, kept.get(resourceOf(event)) ?? []);
    if (jsonText(state).length <= longest) this.objects.set(key, state);
    else this.objects.delete(key);
  }

  save(): Json {
    return this.objects.save((object) => object);
  }

  restore(saved: Json | undefined): void {
    this.objects.restore(saved, (entry) => (isObject(entry) ? entry : undefined));
  }
}

/** Whether the memory learns from events of this resource. */
export function isRemembered(resource: string): boolean {
  return kept.has(resource);
}

function resourceOf({ object }: AuditEvent): string {
  if (object === undefined) return '';
  return object.group === '' ? object.resource : `${object.resource}.${object.group}`;
}

function keyOf(event: AuditEvent): string | undefined {
  const { object } = event;
  if (object === undefined || object.subresource !== '' || object.name === '') return undefined;
  const resource = resourceOf(event);
  return kept.has(resource) ? `${resource} ${object.namespace}/${object.name}` : undefined;
}

function bodyOf(event: AuditEvent): JsonObject | undefined {
  const { request, response } = event;
  const verb = verbOf(event);
  if (isObject(response) && !['Status', 'Table', 'PartialObjectMetadata'].includes(String(response.kind)))
    return response;
  return isObject(request) && (verb === 'create' || verb === 'update') ? request : undefined;
}

function summary(body: JsonObject, parts: readonly string[]): JsonObject {
  const state: Record<string, Json> = {};
  for (const key of parts) {
    const value = own(body, key);
    if (value === undefined) continue;
    const labels = key === 'metadata' && isObject(value) ? own(value, 'labels') : undefined;
    state[key] = key === 'metadata' ? { labels: labels ?? {} } : value;
  }
  return state;
}
