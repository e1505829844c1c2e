import { matchesName } from '../engine/exception-pattern.ts';
import type { AdmissionRequest, ClusterView } from '../model/admission.ts';
import { equalJson } from '../model/equal-json.ts';
import type { Exception } from '../model/exception.ts';
import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { type Path, valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';

export interface ObjectName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The names under which exceptions may mean the object of a request. */
export interface RequestNames {
  readonly names: readonly ObjectName[];
  /** What it may be made of, as far as names tell, and why that is not believed. */
  readonly unproven: readonly { readonly name: ObjectName; readonly why: string }[];
}

/** What makes pods through something else: a Deployment through ReplicaSets, and how the pods' template is found. */
interface Maker {
  readonly group: string;
  readonly kind: string;
  /** What it makes, which makes the pods. */
  readonly between: string;
  readonly template: Path;
  /** Labels that the template gets on the way. */
  readonly added: readonly string[];
  /** The maker's name as that of what it makes shows it. */
  readonly name: RegExp;
}

const makers: readonly Maker[] = [
  {
    ...{ group: 'apps', kind: 'Deployment', between: 'ReplicaSet' },
    template: ['spec', 'template'],
    added: ['pod-template-hash'],
    name: /^(.+)-[^-]+$/,
  },
  {
    ...{ group: 'batch', kind: 'CronJob', between: 'Job' },
    template: ['spec', 'jobTemplate', 'spec', 'template'],
    added: ['controller-uid', 'job-name', 'batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name'],
    // Jobs of a CronJob end with the minute for which they were made.
    name: /^(.+)-\d{8,11}$/,
  },
];

/** The controllers of Kubernetes itself, whose owner references can be believed: anybody may write one. */
const controllers =
  /^system:serviceaccount:kube-system:(?:replicaset|replication|statefulset|daemon-set|deployment|job|cronjob)-controller$/;

/**
 * The names under which exceptions may mean the object of a request: its own; that of what made it, where one of
 * Kubernetes' own controllers creates it; and that of the Deployment or CronJob behind that, where it is proven.
 */
export function namesOf(object: KubeObject, request: AdmissionRequest, view: ClusterView): RequestNames {
  const namespace = object.namespace ?? '';
  const names: ObjectName[] = [{ kind: object.kind, namespace, name: object.name }];
  const { username } = request.userInfo;
  // Controllers write down what they make; what they only take over later was made by somebody else.
  if (request.operation !== 'CREATE') return { names, unproven: [] };
  if (username !== 'system:kube-controller-manager' && !controllers.test(username)) return { names, unproven: [] };
  const owner = controllerOf(object.value);
  if (owner === undefined) return { names, unproven: [] };
  names.push({ kind: owner.kind, namespace, name: owner.name });
  const maker = object.kind === 'Pod' ? makers.find(({ between }) => between === owner.kind) : undefined;
  if (maker === undefined) return { names, unproven: [] };
  const proof = prove(maker, { namespace, owner }, view);
  if (proof === undefined) return { names, unproven: [] };
  const name = { kind: maker.kind, namespace, name: proof.name };
  if (proof.why !== undefined) return { names, unproven: [{ name, why: proof.why }] };
  return { names: [...names, name], unproven: [] };
}

interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * Whether what owns a pod is of a Deployment or CronJob. Whoever may create ReplicaSets can give one any name, label
 * and owner reference; so the owner must be there, with the pod template that this one has. Undefined where nothing
 * claims to be behind it.
 */
function prove(
  maker: Maker,
  { namespace, owner }: { readonly namespace: string; readonly owner: Owner },
  view: ClusterView,
): { readonly name: string; readonly why?: string } | undefined {
  const between = `${owner.kind} ${owner.name}`;
  const guess = maker.name.exec(owner.name)?.[1];
  const doubt = (why: string) => (guess === undefined ? undefined : { name: guess, why });
  for (const kind of [owner.kind, maker.kind]) {
    const unread = view.unread.get(`${maker.group}/${kind}`);
    if (unread !== undefined) return doubt(`${kind}s could not be read: ${unread}`);
  }
  const made = find(view, { group: maker.group, ...owner, namespace });
  if (made === undefined) return doubt(`${between} is not known here yet, so that nobody can tell what made it`);
  const claimed = controllerOf(made.value);
  if (claimed === undefined) return doubt(`no ${maker.kind} controls ${between}`);
  if (claimed.kind !== maker.kind) return undefined;
  const { name } = claimed;
  const said = `${maker.kind} ${name}`;
  const found = find(view, { group: maker.group, ...claimed, namespace });
  if (found === undefined) return { name, why: `${between} says that it is of ${said}, which is not there` };
  const isSame = equalJson(
    templateOf(made.value, ['spec', 'template'], maker.added),
    templateOf(found.value, maker.template, maker.added),
  );
  return isSame ? { name } : { name, why: `the pod template of ${between} is not the one that ${said} has now` };
}

function find(
  view: ClusterView,
  { group, kind, namespace, name, uid }: Owner & { readonly group: string; readonly namespace: string },
): KubeObject | undefined {
  return view
    .objects(group, kind)
    .find(
      (object) =>
        object.name === name &&
        (object.namespace ?? '') === namespace &&
        uid !== '' &&
        valueAt(object.value, ['metadata', 'uid']) === uid,
    );
}

function controllerOf(object: JsonObject): Owner | undefined {
  for (const reference of objectsIn(valueAt(object, ['metadata', 'ownerReferences']))) {
    const [kind, name, uid] = [own(reference, 'kind'), own(reference, 'name'), own(reference, 'uid')];
    if (own(reference, 'controller') !== true || typeof kind !== 'string' || typeof name !== 'string') continue;
    return { kind, name, uid: typeof uid === 'string' ? uid : '' };
  }
  return undefined;
}

/** The template without what Kubernetes adds to it. */
function templateOf(object: JsonObject, path: Path, added: readonly string[]): JsonObject {
  const template = valueAt(object, path);
  if (!isObject(template)) return {};
  const metadata = own(template, 'metadata');
  const { creationTimestamp: _, ...rest } = isObject(metadata) ? metadata : {};
  const given = own(rest, 'labels');
  const labels = Object.fromEntries(
    Object.entries(isObject(given) ? given : {}).filter(([label]) => !added.includes(label)),
  );
  return { ...template, metadata: { ...rest, labels } };
}

/** Kinds that must be known for exceptions to hold for the pods of what they name, each as group and kind. */
export function ownerKinds(
  exceptions: readonly Exception[],
): readonly { readonly group: string; readonly kind: string }[] {
  return makers
    .filter(({ kind }) => exceptions.some(({ object }) => mayMean(object, kind)))
    .flatMap(({ group, kind, between }) => [
      { group, kind },
      { group, kind: between },
    ]);
}

/** One that names neither a kind nor an object means a pod by its namespace already. */
function mayMean(object: Exception['object'], kind: string): boolean {
  if (object === undefined) return false;
  return object.kind === undefined ? object.name !== undefined : matchesName(object.kind, kind);
}
