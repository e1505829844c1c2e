import { setMaxListeners } from 'node:events';
import type { ClusterView } from '../../model/admission.ts';
import { isObject, type JsonObject, own } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { backoff, pause } from '../../watch/backoff.ts';
import { type Follower, followCollection } from './follow.ts';
import type { KubeApi } from './kube-api.ts';
import { collectionPath, findServedKind, type GroupKind, type ServedKind } from './served-kind.ts';

export interface LiveViewOptions {
  readonly api: KubeApi;
  /** Besides namespaces. */
  readonly kinds: readonly GroupKind[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onTrouble: (what: string, reason: string) => void;
}

/** Stands among what is unread until it is known. */
const versionKey = '/version';
const namespaces: GroupKind = { group: '', kind: 'Namespace' };

/**
 * What the webhook knows of the cluster, kept up to date. While the API server is away it answers with what it knew
 * last; `staleSeconds` says how old that is.
 */
export class LiveView implements ClusterView {
  readonly unread = new Map<string, string>();
  serverMinor: number | undefined;
  /** Resolves once every kind was read. */
  readonly filled: Promise<void>;
  private readonly options: LiveViewOptions;
  private readonly stores = new Map<string, Store>();
  private fill: () => void = () => undefined;

  constructor(options: LiveViewOptions) {
    this.options = options;
    this.filled = new Promise((resolve) => {
      this.fill = resolve;
    });
    this.unread.set(versionKey, 'it is not read yet');
    for (const kind of [namespaces, ...options.kinds]) {
      const key = keyOf(kind);
      this.stores.set(key, new Store(options.now));
      this.unread.set(key, 'it is not read yet');
    }
  }

  namespace(name: string): JsonObject | undefined {
    return this.stores.get(keyOf(namespaces))?.find(name);
  }

  objects(group: string, kind: string): readonly KubeObject[] {
    return this.stores.get(keyOf({ group, kind }))?.all() ?? [];
  }

  /** Whether every kind was read once, or is known not to be there. */
  get isComplete(): boolean {
    return this.unread.size === 0;
  }

  /** Whether all of these kinds are followed. */
  covers(kinds: readonly GroupKind[]): boolean {
    return kinds.every((kind) => this.stores.has(keyOf(kind)));
  }

  private read(key: string): void {
    this.unread.delete(key);
    if (this.unread.size === 0) this.fill();
  }

  /** Seconds since the server was last heard of each kind. */
  *staleSeconds(): Iterable<readonly [kind: string, seconds: number]> {
    const now = this.options.now();
    for (const [kind, { heardAt }] of this.stores) if (heardAt > 0) yield [kind, Math.max(0, (now - heardAt) / 1000)];
  }

  /** Follows all kinds until `stop` is aborted. */
  async run(stop: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stop]);
    // Every kind listens, and Node takes more than ten listeners for a leak.
    setMaxListeners(0, signal);
    const all = [...this.stores].map(([key, store]) => this.followKind(key, store, signal));
    await Promise.all([this.findVersion(signal), ...all]);
  }

  private async findVersion(signal: AbortSignal): Promise<void> {
    await this.insist(versionKey, signal, async () => {
      const minor = new Reader(await this.options.api.get(versionKey), [], []).string('minor');
      this.serverMinor = Number.parseInt(minor ?? '', 10) || undefined;
      this.read(versionKey);
    });
  }

  private async followKind(key: string, store: Store, signal: AbortSignal): Promise<void> {
    const [group = '', kind = ''] = key.split(/\/(?=[^/]*$)/);
    const found: { served?: ServedKind } = {};
    await this.insist(key, signal, async () => {
      const served = await findServedKind(this.options.api, { group, kind });
      if (served !== undefined) found.served = served;
    });
    const { served } = found;
    if (served === undefined) {
      // A server without the kind has no objects of it.
      this.read(key);
      return;
    }
    const follower: Follower = {
      replace: (objects) => {
        store.replace(objects.map((object) => asKubeObject(object, served)));
        this.read(key);
      },
      set: (object) => store.set(asKubeObject(object, served)),
      remove: (object) => store.remove(asKubeObject(object, served)),
      touched: () => store.touch(),
      failed: (reason) => {
        if (this.unread.has(key)) this.unread.set(key, reason);
        this.options.onTrouble(key, reason);
      },
    };
    await followCollection({ api: this.options.api, path: collectionPath(served) }, follower, signal);
  }

  /** Tries until it succeeds. */
  private async insist(what: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const waits = backoff({ first: 500, most: 30_000 });
    while (!signal.aborted) {
      try {
        await work();
        return;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (this.unread.has(what)) this.unread.set(what, reason);
        if (!signal.aborted) this.options.onTrouble(what, reason);
        await pause(waits.next(), signal);
      }
    }
  }
}

/** `rbac.authorization.k8s.io/Role`, `/Namespace`. */
function keyOf({ group, kind }: GroupKind): string {
  return `${group}/${kind}`;
}

class Store {
  heardAt = 0;
  private readonly now: () => number;
  private objects = new Map<string, KubeObject>();
  private list: readonly KubeObject[] | undefined;

  constructor(now: () => number) {
    this.now = now;
  }

  find(key: string): JsonObject | undefined {
    return this.objects.get(key)?.value;
  }

  all(): readonly KubeObject[] {
    this.list ??= [...this.objects.values()];
    return this.list;
  }

  replace(objects: readonly KubeObject[]): void {
    this.objects = new Map(objects.map((object) => [nameOf(object), object]));
    this.list = undefined;
  }

  set(object: KubeObject): void {
    this.objects.set(nameOf(object), object);
    this.list = undefined;
  }

  remove(object: KubeObject): void {
    this.objects.delete(nameOf(object));
    this.list = undefined;
  }

  touch(): void {
    this.heardAt = this.now();
  }
}

function nameOf({ namespace, name }: KubeObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function asKubeObject(object: JsonObject, served: ServedKind): KubeObject {
  const metadata = new Reader(object, [], []).object('metadata');
  const name = metadata.string('name') ?? '';
  const namespace = metadata.string('namespace');
  const apiVersion = served.group === '' ? served.version : `${served.group}/${served.version}`;
  return {
    apiVersion,
    kind: served.kind,
    name,
    namespace,
    // Items of a list do not say what they are.
    value: { ...withoutBulk(object), apiVersion, kind: served.kind },
    source: { file: `${collectionPath(served, namespace)}/${name}`, document: 0, base: [] },
  };
}

/** Without what no policy reads, and what is most of the bytes. */
function withoutBulk(object: JsonObject): JsonObject {
  const metadata = own(object, 'metadata');
  if (!isObject(metadata) || own(metadata, 'managedFields') === undefined) return object;
  const { managedFields: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}
