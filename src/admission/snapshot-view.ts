import type { ClusterView } from '../model/admission.ts';
import { isObject, type JsonObject, own } from '../model/json.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';

export interface SnapshotViewOptions {
  readonly serverMinor: number | undefined;
  /** Group and kind, as `rbac.authorization.k8s.io/Role`, to why they could not be read. */
  readonly unread?: ReadonlyMap<string, string>;
  /** Whether a namespace that is not among the objects is taken to be there all the same, without labels. */
  readonly missingNamespaces: 'absent' | 'assumed';
}

/** What is known of a cluster from objects: a saved snapshot's, or manifests'. Of copies the last one counts. */
export class SnapshotView implements ClusterView {
  readonly unread: ReadonlyMap<string, string>;
  readonly serverMinor: number | undefined;
  /** Namespaces that were only taken to be there. */
  readonly assumed = new Set<string>();
  private readonly byKind = new Map<string, KubeObject[]>();
  private readonly namespaces = new Map<string, JsonObject>();
  private readonly missingNamespaces: SnapshotViewOptions['missingNamespaces'];

  constructor(objects: readonly KubeObject[], options: SnapshotViewOptions) {
    this.unread = options.unread ?? new Map();
    this.serverMinor = options.serverMinor;
    this.missingNamespaces = options.missingNamespaces;
    for (const object of objects) {
      const kind = groupKind(object);
      if (kind === '/Namespace') this.namespaces.set(object.name, withNameLabel(object));
      const same = this.byKind.get(kind);
      if (same === undefined) this.byKind.set(kind, [object]);
      else same.push(object);
    }
  }

  namespace(name: string): JsonObject | undefined {
    const known = this.namespaces.get(name);
    if (known !== undefined || this.missingNamespaces === 'absent' || name === '') return known;
    this.assumed.add(name);
    return { metadata: { name, labels: { 'kubernetes.io/metadata.name': name } } };
  }

  objects(group: string, kind: string): readonly KubeObject[] {
    return this.byKind.get(`${group}/${kind}`) ?? none;
  }
}

const none: readonly KubeObject[] = [];

/** The API server gives every namespace a label with its name, whatever a manifest says. */
function withNameLabel({ name, value }: KubeObject): JsonObject {
  const metadata = own(value, 'metadata');
  const before = isObject(metadata) ? metadata : {};
  const labels = own(before, 'labels');
  return {
    ...value,
    metadata: { ...before, labels: { ...(isObject(labels) ? labels : {}), 'kubernetes.io/metadata.name': name } },
  };
}
