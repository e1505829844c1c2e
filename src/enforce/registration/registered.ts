import { isObject, type JsonObject, own } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import { failsOpenBecause, failsOpenFor, metadataNameLabel, unlockedUntil, unlockReason } from './names.ts';

/** What stands in one of the two configurations. */
export interface Registered {
  readonly hooks: readonly RegisteredHook[];
  readonly unlock: Unlock | undefined;
  /** Why it fails open, as the keeper says; undefined where it does not, or nobody said. */
  readonly failsOpen: string | undefined;
  /** Policies whose requests are let through while no server answers, as the keeper says: a line each. */
  readonly notes: readonly string[];
}

export interface RegisteredHook {
  readonly name: string;
  readonly failurePolicy: string;
  /** In PEM. */
  readonly bundle: string;
  /** Namespaces that its selector leaves out by their label. */
  readonly exempt: readonly string[];
}

/** A time without refusals, that somebody asked for. */
export interface Unlock {
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly reason: string;
}

/** No unlock lasts longer, whatever the annotation says. */
const longestUnlock = 24 * 3_600_000;

export function readRegistered(configuration: JsonObject): Registered {
  const reader = new Reader(configuration, [], []);
  const annotations = reader.object('metadata').object('annotations');
  const until = Date.parse(annotations.string(unlockedUntil) ?? '');
  return {
    hooks: reader.objects('webhooks').map((hook) => ({
      name: hook.string('name') ?? '',
      failurePolicy: hook.string('failurePolicy') ?? '',
      bundle: Buffer.from(hook.object('clientConfig').string('caBundle') ?? '', 'base64').toString('utf8'),
      exempt: hook
        .object('namespaceSelector')
        .objects('matchExpressions')
        .filter((each) => each.string('key') === metadataNameLabel && each.string('operator') === 'NotIn')
        .flatMap((each) => each.strings('values')),
    })),
    unlock: Number.isNaN(until) ? undefined : { until, reason: annotations.string(unlockReason) ?? '' },
    failsOpen: annotations.string(failsOpenBecause),
    notes: (annotations.string(failsOpenFor) ?? '').split('\n').filter((line) => line !== ''),
  };
}

/** Whether refusals are suspended at `now`, in milliseconds since 1970. */
export function isUnlocked(unlock: Unlock | undefined, now: number): unlock is Unlock {
  return unlock !== undefined && now < unlock.until && unlock.until - now <= longestUnlock;
}

/** A configuration with other annotations and webhooks; `null` takes an annotation away. */
export function changedConfiguration(
  configuration: JsonObject,
  {
    annotations,
    webhooks,
  }: { readonly annotations: Readonly<Record<string, string | null>>; readonly webhooks: readonly JsonObject[] },
): JsonObject {
  const metadata = own(configuration, 'metadata');
  const before = isObject(metadata) ? own(metadata, 'annotations') : undefined;
  const all = new Map(Object.entries(isObject(before) ? before : {}));
  for (const [key, value] of Object.entries(annotations)) {
    if (value === null) all.delete(key);
    else all.set(key, value);
  }
  return {
    ...configuration,
    metadata: { ...(isObject(metadata) ? metadata : {}), annotations: Object.fromEntries(all) },
    webhooks,
  };
}
