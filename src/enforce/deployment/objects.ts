import { ApiError } from '../../collect/cluster/api-error.ts';
import type { JsonObject } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import type { KubeApi } from '../cluster/kube-api.ts';

/** How an object is named and found. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

export function referenceOf(object: JsonObject): ObjectReference {
  const reader = new Reader(object, [], []);
  const metadata = reader.object('metadata');
  return {
    apiVersion: reader.string('apiVersion') ?? '',
    kind: reader.string('kind') ?? '',
    namespace: metadata.string('namespace'),
    name: metadata.string('name') ?? '',
  };
}

/** `Deployment bulwark/bulwark-webhook`. */
export function referenceText({ kind, namespace, name }: ObjectReference): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** Kinds that are installed, whose plural is not their name in lower case and an s. */
const plurals: ReadonlyMap<string, string> = new Map([['NetworkPolicy', 'networkpolicies']]);

export function objectPath({ apiVersion, kind, namespace, name }: ObjectReference): string {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const resource = plurals.get(kind) ?? `${kind.toLowerCase()}s`;
  return `${base}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource}/${name}`;
}

export interface Applied {
  readonly reference: ObjectReference;
  /** Why the server refused it; undefined where it took it. */
  readonly refused: string | undefined;
}

/**
 * Applies objects in their order, by server-side apply; a dry run keeps none of them. What is refused does not stop
 * the others. Throws `ApiError` where the server cannot be reached.
 */
export async function applyObjects(
  api: KubeApi,
  objects: readonly JsonObject[],
  mode: 'apply' | 'dry-run',
): Promise<readonly Applied[]> {
  const applied: Applied[] = [];
  // Nothing fits into a namespace that a dry run did not make: there it is tried in one that every cluster has.
  let missing: string | undefined;
  for (const object of objects) {
    const reference = referenceOf(object);
    const { kind, name, namespace } = reference;
    if (mode === 'dry-run' && kind === 'Namespace' && (await api.find(objectPath(reference))) === undefined)
      missing = name;
    const isMoved = missing !== undefined && namespace === missing;
    const tried = isMoved
      ? { ...object, metadata: { ...(object['metadata'] as JsonObject), namespace: 'default' } }
      : object;
    const query = `fieldManager=bulwark-webhook&force=true${mode === 'dry-run' ? '&dryRun=All' : ''}`;
    const path = objectPath(isMoved ? { ...reference, namespace: 'default' } : reference);
    const contentType = 'application/apply-patch+yaml';
    try {
      await api.call({ method: 'PATCH', path: `${path}?${query}`, body: tried, contentType });
      applied.push({ reference, refused: undefined });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === undefined) throw error;
      applied.push({ reference, refused: error.message });
    }
  }
  return applied;
}
