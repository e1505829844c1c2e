import type { AuditedObject, AuditStatus, AuditUser } from '../../model/audit-event.ts';
import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';

export function userOf(raw: Json | undefined): AuditUser | null {
  if (!isObject(raw)) return null;
  const name = text(raw.username);
  return name === '' ? null : new ReadUser(raw, name);
}

export function objectOf(raw: Json | undefined): AuditedObject | null {
  if (!isObject(raw)) return null;
  return {
    group: text(raw.apiGroup),
    version: text(raw.apiVersion),
    resource: text(raw.resource),
    subresource: text(raw.subresource),
    namespace: text(raw.namespace),
    name: text(raw.name),
    uid: text(raw.uid),
  };
}

/** Below 1.23 the message is in the body only. */
export function statusOf({ responseStatus, responseObject }: JsonObject): AuditStatus | null {
  if (!isObject(responseStatus)) return null;
  const { code, reason, message } = responseStatus;
  const said = isObject(responseObject) && responseObject.kind === 'Status' ? responseObject : undefined;
  return {
    code: typeof code === 'number' ? code : 0,
    reason: text(reason) || text(said?.reason),
    message: text(message) || text(said?.message),
  };
}

/** AKS puts a word in place of a body that it found too large. */
export function body(value: Json | undefined): Json | undefined {
  return value === null || value === 'skipped-too-big-size-object' ? undefined : value;
}

class ReadUser implements AuditUser {
  readonly name: string;
  readonly uid: string;
  private readonly raw: JsonObject;
  private readGroups: readonly string[] | undefined = undefined;
  private readExtra: ReadonlyMap<string, readonly string[]> | undefined = undefined;

  constructor(raw: JsonObject, name: string) {
    this.name = name;
    this.uid = text(raw.uid);
    this.raw = raw;
  }

  get groups(): readonly string[] {
    this.readGroups ??= strings(this.raw.groups);
    return this.readGroups;
  }

  get extra(): ReadonlyMap<string, readonly string[]> {
    if (this.readExtra === undefined) {
      const { extra } = this.raw;
      this.readExtra = isObject(extra)
        ? new Map(Object.entries(extra).map(([key, value]) => [key, strings(value)]))
        : noExtra;
    }
    return this.readExtra;
  }
}

const noStrings: readonly string[] = Object.freeze([]);
const noAnnotations: ReadonlyMap<string, string> = new Map();
const noExtra: ReadonlyMap<string, readonly string[]> = new Map();

export function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function strings(value: Json | undefined): readonly string[] {
  if (!isList(value)) return noStrings;
  const isString = (item: Json): item is string => typeof item === 'string';
  return value.every(isString) ? value : value.filter(isString);
}

export function stringMap(value: Json | undefined): ReadonlyMap<string, string> {
  if (!isObject(value)) return noAnnotations;
  const map = new Map<string, string>();
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'string') map.set(key, item);
  }
  return map;
}
