import type { AuditEvent } from '../model/audit-event.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import type { Pod } from '../model/pod.ts';
import { readWorkload } from '../model/workload.ts';
import { type Identity, identityOf } from './identity.ts';
import { objectSetBy } from './json-patch.ts';
import { type RuleOutcome, ruleOutcome, verbOf } from './request-kind.ts';
import { hidden } from './truth.ts';

/** What a detector knows besides the event. */
export interface Surroundings {
  /** `identityOf`, remembered. */
  identify(name: string): Identity;
  isTrusted(event: AuditEvent): boolean;
  /** Names of the address lists that hold an address. */
  listsOf(address: string): readonly string[];
  /** Who changed the workload for which a controller made this object. */
  changerOf(event: AuditEvent): Changer | undefined;
  /** The object's state before, as far as the log has told it. */
  before(event: AuditEvent): JsonObject | undefined;
}

/** Somebody who changed a workload. */
export interface Changer {
  readonly name: string;
  readonly groups: readonly string[];
  /** Rules that fired on the change, or on what was made for it before. */
  readonly told: readonly string[];
  /** What was changed, in words. */
  readonly target: string;
}

export const nothingAround: Surroundings = {
  identify: identityOf,
  isTrusted: () => false,
  listsOf: () => [],
  changerOf: () => undefined,
  before: () => undefined,
};

/** The object as it is after the request; `partial` where only a patch is known. */
export interface ObjectAfter {
  readonly value: JsonObject;
  readonly partial: boolean;
}

const writes: ReadonlySet<string> = new Set(['create', 'update', 'patch']);
const connects: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);

/** One event while rules ask of it: what several of them need is worked out once. */
export class EventView {
  readonly event: AuditEvent;
  readonly around: Surroundings;
  private knownActor: Identity | undefined;
  private knownChanger: Changer | null | undefined;
  private knownVerb: string | undefined;
  private knownOutcome: RuleOutcome | undefined;
  private knownTrust: boolean | undefined;
  private knownObject: ObjectAfter | null | typeof hidden | undefined;
  private knownPods: readonly Pod[] | undefined;
  private knownValues: Map<string, unknown> | undefined;

  constructor(event: AuditEvent, around: Surroundings) {
    this.event = event;
    this.around = around;
  }

  /** Who is behind the request: for what a controller made, whoever changed the workload. */
  get actor(): Identity {
    if (this.knownActor === undefined) {
      const { changer, event } = this;
      this.knownActor = this.around.identify((changer ?? event.user)?.name ?? '');
    }
    return this.knownActor;
  }

  get actorGroups(): readonly string[] {
    return (this.changer ?? this.event.user)?.groups ?? [];
  }

  get changer(): Changer | undefined {
    if (this.knownChanger === undefined) this.knownChanger = this.around.changerOf(this.event) ?? null;
    return this.knownChanger ?? undefined;
  }

  get isTrusted(): boolean {
    this.knownTrust ??= this.changer === undefined && this.around.isTrusted(this.event);
    return this.knownTrust;
  }

  /** What was done, whatever it was logged as: an apply that made the object is a create. */
  get verb(): string {
    this.knownVerb ??= verbOf(this.event);
    return this.knownVerb;
  }

  get outcome(): RuleOutcome {
    this.knownOutcome ??= ruleOutcome(this.event);
    return this.knownOutcome;
  }

  /** The body of the request: `hidden` where there was one that the log does not hold. */
  get request(): Json | undefined | typeof hidden {
    const { event } = this;
    const { request } = event;
    if (request !== undefined) return request;
    if (!writes.has(event.verb) || connects.has(event.action)) return undefined;
    if (event.level === 'Metadata') return hidden;
    // What was refused before it was decoded has no body at any level.
    return event.outcome === 'ok' || event.annotations.has('audit.k8s.io/truncated') ? hidden : undefined;
  }

  get response(): Json | undefined | typeof hidden {
    const { event } = this;
    const { response } = event;
    if (response !== undefined) return response;
    if (event.stage === 'ResponseStarted' || connects.has(event.action) || event.object === undefined) return undefined;
    return event.level === 'RequestResponse' && event.outcome !== 'ok' ? undefined : hidden;
  }

  /** The object that a create, update or patch is about; undefined for any other request. */
  get object(): ObjectAfter | undefined | typeof hidden {
    if (this.knownObject === undefined) this.knownObject = objectAfter(this) ?? null;
    return this.knownObject ?? undefined;
  }

  /** The pods of a pod or workload that is written; none for any other object. */
  get pods(): readonly Pod[] {
    if (this.knownPods === undefined) {
      const { object } = this;
      this.knownPods = object === undefined || object === hidden ? [] : podsOf(object.value, this.event);
    }
    return this.knownPods;
  }

  /** A value that several fields share, worked out on first use. */
  once<T>(key: string, compute: () => T): T {
    this.knownValues ??= new Map();
    if (!this.knownValues.has(key)) this.knownValues.set(key, compute());
    return this.knownValues.get(key) as T;
  }
}

function objectAfter(view: EventView): ObjectAfter | undefined | typeof hidden {
  const { event, request, response } = view;
  if (!writes.has(event.verb) || event.object === undefined || connects.has(event.action)) return undefined;
  // What comes back is the object itself, unless the client asked for a table or only metadata.
  if (response !== hidden && isObject(response) && !notTheObject.has(response.kind))
    return { value: response, partial: false };
  if (request === hidden) return hidden;
  if (isObject(request)) return { value: request, partial: view.verb === 'patch' };
  return isList(request) ? { value: objectSetBy(request), partial: true } : undefined;
}

const notTheObject: ReadonlySet<Json | undefined> = new Set(['Status', 'Table', 'PartialObjectMetadata']);

/** Kinds by the resources that serve them. The body of a patch names none, and the API server asks for none. */
const workloadKinds: ReadonlyMap<string, string> = new Map([
  ['/pods', 'Pod'],
  ['/podtemplates', 'PodTemplate'],
  ['/replicationcontrollers', 'ReplicationController'],
  ...['apps', 'extensions'].flatMap((group): [string, string][] => [
    [`${group}/deployments`, 'Deployment'],
    [`${group}/statefulsets`, 'StatefulSet'],
    [`${group}/daemonsets`, 'DaemonSet'],
    [`${group}/replicasets`, 'ReplicaSet'],
  ]),
  ['batch/jobs', 'Job'],
  ['batch/cronjobs', 'CronJob'],
]);

function podsOf(value: JsonObject, { object }: AuditEvent): readonly Pod[] {
  const served = object === undefined ? undefined : workloadKinds.get(`${object.group}/${object.resource}`);
  const apiVersion = served === undefined || object === undefined ? value.apiVersion : `${object.group}/v1`;
  const kind = served ?? value.kind;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return [];
  const source = { file: '', document: 0, base: [] };
  const workload = readWorkload({ apiVersion, kind, name: '', namespace: undefined, value, source });
  return workload?.templates.map(({ pod }) => pod) ?? [];
}

/** `metadata` of an object; an empty one where it has none. */
export function metadataOf(value: JsonObject): JsonObject {
  const metadata = own(value, 'metadata');
  return isObject(metadata) ? metadata : {};
}
