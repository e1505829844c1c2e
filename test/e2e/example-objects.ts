import { parseAllDocuments } from 'yaml';
import type { Manifest, ObjectClient } from './object-client.ts';

/** The objects of an example, in the order in which a server takes them: what others stand on first, webhooks last. */
export function objectsOf(text: string): readonly Manifest[] {
  const objects = parseAllDocuments(text, { uniqueKeys: false }).flatMap((document) => flattened(document.toJS()));
  return objects.toSorted((a, b) => stage(a) - stage(b));
}

function flattened(value: unknown): readonly Manifest[] {
  if (typeof value !== 'object' || value === null) return [];
  const { kind, apiVersion, items } = value as Record<string, unknown>;
  if (kind === 'List' && Array.isArray(items)) return items.flatMap(flattened);
  return typeof kind === 'string' && typeof apiVersion === 'string' ? [value as Manifest] : [];
}

function stage({ kind }: Manifest): number {
  if (kind === 'Namespace') return 0;
  if (kind === 'ServiceAccount' || kind.endsWith('Role')) return 1;
  return /Webhook|APIService/.test(kind) ? 3 : 2;
}

/** What a server asks for and an example leaves out for being short: images, ports, and the volumes that are mounted. */
export function completed(objects: readonly Manifest[]): readonly Manifest[] {
  return objects.flatMap((object) => {
    const copy = structuredClone(object) as Manifest & { spec?: unknown };
    const account = accountOfToken(object);
    if (account !== undefined) return [account, copy];
    if (object.kind === 'Pod') copy.spec = completedPod(copy.spec ?? {});
    else if (object.kind === 'Service') copy.spec = completedService(copy.spec);
    else completeTemplates(copy.spec);
    return copy;
  });
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function completeTemplates(spec: unknown): void {
  if (!isFields(spec)) return;
  const { template, jobTemplate } = spec;
  if (isFields(template) && isFields(template['spec'])) template['spec'] = completedPod(template['spec']);
  if (isFields(jobTemplate)) completeTemplates(jobTemplate['spec']);
}

function completedPod(spec: unknown): unknown {
  if (!isFields(spec)) return spec;
  const named = new Set(listOf(spec['volumes']).map((volume) => volume['name']));
  const added: Fields[] = [];
  const containers = (key: string) =>
    listOf(spec[key]).map((container) => {
      const mounts = listOf(container['volumeMounts']).map((mount) => ({ name: mount['name'], emptyDir: {} }));
      const devices = listOf(container['volumeDevices']).map(({ name }) => ({
        ...{ name, persistentVolumeClaim: { claimName: String(name) } },
      }));
      for (const volume of [...mounts, ...devices]) {
        if (!named.has(volume.name)) added.push(volume);
        named.add(volume.name);
      }
      return { image: `registry.example/app:1.0@sha256:${'0a'.repeat(32)}`, ...container };
    });
  const [init, main] = [containers('initContainers'), containers('containers')];
  const volumes = [...listOf(spec['volumes']), ...added];
  return {
    ...spec,
    ...(init.length > 0 && { initContainers: init }),
    containers: main.length > 0 ? main : containersOfNone,
    ...(volumes.length > 0 && { volumes }),
  };
}

/** A token of an account that is not there is deleted at once. */
function accountOfToken({ kind, metadata }: Manifest): Manifest | undefined {
  const annotations = metadata?.['annotations'];
  const name = isFields(annotations) ? annotations['kubernetes.io/service-account.name'] : undefined;
  if (kind !== 'Secret' || typeof name !== 'string') return undefined;
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: metadata?.namespace ?? 'default', name } };
}

const containersOfNone = [{ name: 'app', image: `registry.example/app:1.0@sha256:${'0a'.repeat(32)}` }];

function completedService(spec: unknown): unknown {
  const fields = isFields(spec) ? spec : {};
  const isOutside = fields['type'] === 'ExternalName';
  return isOutside || fields['ports'] !== undefined ? fields : { ...fields, ports: [{ port: 80 }] };
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** Of groups that no server has by itself, the kinds that belong to the cluster and not to a namespace. */
const clusterKinds = /^(?:Cluster|AdminNetworkPolicy|Baseline|SecurityContext|K8s|Felix|GlobalNetwork|GatewayClass)/;

const builtInGroups = new Set(
  ['', 'apps', 'batch', 'autoscaling', 'policy', 'extensions'].concat(
    ['admissionregistration', 'apiextensions', 'apiregistration', 'authentication', 'authorization', 'certificates']
      .concat([
        'coordination',
        'discovery',
        'events',
        'flowcontrol.apiserver',
        'internal.apiserver',
        'networking',
        'node',
      ])
      .concat(['rbac.authorization', 'resource', 'scheduling', 'storage', 'storagemigration'])
      .map((name) => `${name}.k8s.io`),
  ),
);

export function isCustomNamespaced(apiVersion: string, kind: string): boolean {
  const slash = apiVersion.indexOf('/');
  return slash !== -1 && !builtInGroups.has(apiVersion.slice(0, slash)) && !clusterKinds.test(kind);
}

/** A definition without a schema for each kind that is no part of Kubernetes. */
export function definitionsFor(objects: readonly Manifest[]): readonly Manifest[] {
  const versions = new Map<string, { group: string; kind: string; versions: Set<string> }>();
  for (const { apiVersion, kind } of objects) {
    const slash = apiVersion.indexOf('/');
    const group = slash === -1 ? '' : apiVersion.slice(0, slash);
    if (builtInGroups.has(group)) continue;
    const known = versions.get(`${group}/${kind}`) ?? { group, kind, versions: new Set() };
    known.versions.add(apiVersion.slice(slash + 1));
    versions.set(`${group}/${kind}`, known);
  }
  return [...versions.values()].map(({ group, kind, versions: served }) => {
    const singular = kind.toLowerCase();
    const plural = /[^aeiou]y$/.test(singular) ? `${singular.slice(0, -1)}ies` : `${singular.replace(/s$/, '')}s`;
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: `${plural}.${group}`,
        // Groups of Kubernetes itself are taken only with word of who approved them, or that nobody did.
        annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' },
      },
      spec: {
        group,
        scope: clusterKinds.test(kind) ? 'Cluster' : 'Namespaced',
        names: { kind, plural, singular },
        versions: [...served].map((name, index) => ({
          name,
          served: true,
          storage: index === 0,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        })),
      },
    };
  });
}

/** Objects in a live cluster that are there for a while, and after that it is as it was before. */
export class Visit {
  readonly #client: ObjectClient;
  readonly #objects: readonly Manifest[];
  readonly #undo: (() => Promise<unknown>)[] = [];

  constructor(client: ObjectClient, objects: readonly Manifest[]) {
    this.#client = client;
    this.#objects = objects;
  }

  /** Puts the objects there in order. Undefined where the server took them all, else what it said of the first it refused. */
  async begin(): Promise<string | undefined> {
    for (const object of this.#objects) {
      const refused = await this.#put(object);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  /** The fields that the server did not keep as they were given, since its version has others: `spec.hostUsers`. */
  async changed(): Promise<readonly string[]> {
    const lost: string[] = [];
    for (const object of this.#objects) lost.push(...changes(object, (await this.#client.read(object)).body, ''));
    return lost;
  }

  async end(): Promise<void> {
    for (const undo of this.#undo.reverse()) await undo();
  }

  async #put(object: Manifest): Promise<string | undefined> {
    let message = '';
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const { code, body } = await this.#client.create(object);
      if (code < 300) {
        this.#undo.push(() => this.#remove(object));
        return undefined;
      }
      if (code === 409) return this.#replace(object);
      message = body.message ?? `status ${code}`;
      const [, namespace = '', name = ''] = /looking up service account ([^/]+)\/([^:]+):/.exec(message) ?? [];
      if (name !== '') await this.#putAccount(namespace, name);
      // The token of an account comes a little later than the account.
      else if (/No API token found/.test(message)) await pause(100);
      else return message;
    }
    return message;
  }

  async #putAccount(namespace: string, name: string): Promise<void> {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } };
    const { code } = await this.#client.create(account);
    if (code < 300) this.#undo.push(() => this.#remove(account));
  }

  /** The server has an object of that name by itself: it is put back afterwards. */
  async #replace(object: Manifest): Promise<string | undefined> {
    const before = (await this.#client.read(object)).body;
    const { code, body } = await this.#client.replace(merged(object, before));
    if (code >= 300) return body.message ?? `status ${code}`;
    this.#undo.push(async () => {
      await this.#client.replace(merged(before, (await this.#client.read(object)).body));
    });
    return undefined;
  }

  async #remove(object: Manifest): Promise<void> {
    const makesOthers = /^(?:apps|batch)\//.test(object.apiVersion);
    await this.#client.delete(object, makesOthers ? 'Foreground' : 'Background');
    for (let attempt = 0; attempt < 400; attempt += 1) {
      if ((await this.#client.read(object)).code === 404) return;
      await pause(25);
    }
    throw new Error(`${object.kind} ${object.metadata?.name} does not go away`);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function changes(given: unknown, stored: unknown, path: string): readonly string[] {
  if (Array.isArray(given)) {
    const kept = Array.isArray(stored) ? stored : [];
    return given.flatMap((item, index) => changes(item, kept[index], `${path}[${index}]`));
  }
  if (typeof given !== 'object' || given === null) {
    const isEmpty = given === null || given === '' || given === false || given === 0;
    return stored === given || (isEmpty && stored === undefined) ? [] : [path];
  }
  const kept = typeof stored === 'object' && stored !== null ? (stored as Fields) : undefined;
  const entries = Object.entries(given);
  if (kept === undefined) return entries.length > 0 ? [path] : [];
  return entries.flatMap(([key, value]) => changes(value, kept[key], path === '' ? key : `${path}.${key}`));
}

/** With what the server holds an object by; a Namespace keeps its spec, which only the server writes. */
function merged(object: Manifest, now: Manifest): Manifest {
  const { resourceVersion, uid } = now.metadata ?? {};
  const spec = 'spec' in object || !('spec' in now) ? {} : { spec: now['spec'] };
  return { ...object, ...spec, metadata: { ...object.metadata, resourceVersion, uid } };
}
