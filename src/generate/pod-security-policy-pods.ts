import type { Facts } from '../facts/facts.ts';
import { podSubjects } from '../facts/workloads.ts';
import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { PodSubject } from '../model/subject.ts';
import { beforeAdmission, type PodServiceAccount } from '../semantics/pod-security-policy/index.ts';

export interface AccountPods {
  /** As the plugin gets them, from templates where there are any; each named after what makes it. */
  readonly pods: readonly JsonObject[];
  /** Other service accounts that pods of the namespace run as, sorted. */
  readonly otherAccounts: readonly string[];
}

/** The pods of a service account. What manifests leave without a namespace is taken to be in this one. */
export function podsOfAccount(
  facts: Facts,
  { namespace, serviceAccount }: { readonly namespace: string; readonly serviceAccount: string },
): AccountPods {
  const known = new Set(facts.snapshot.objects.map(uidOf).filter((uid) => uid !== undefined));
  const account = accountOf(facts, namespace, serviceAccount);
  const pods: JsonObject[] = [];
  const others = new Set<string>();
  for (const subject of facts.get(podSubjects)) {
    const { object, pod } = subject;
    if ((object.namespace ?? namespace) !== namespace || isMadeBy(object, known)) continue;
    if (pod.serviceAccountName === serviceAccount) pods.push(beforeAdmission(podObject(subject), account));
    else others.add(pod.serviceAccountName);
  }
  return { pods, otherAccounts: [...others].sort() };
}

/** A pod that something else in the snapshot makes: its template says more plainly what it needs. */
function isMadeBy({ value }: KubeObject, known: ReadonlySet<string>): boolean {
  return objectsIn(valueAt(value, ['metadata', 'ownerReferences'])).some((owner) => {
    const uid = own(owner, 'uid');
    return typeof uid === 'string' && known.has(uid);
  });
}

function uidOf({ value }: KubeObject): string | undefined {
  const uid = valueAt(value, ['metadata', 'uid']);
  return typeof uid === 'string' ? uid : undefined;
}

function accountOf(facts: Facts, namespace: string, name: string): PodServiceAccount {
  const found = facts.snapshot.objects.find((object) => {
    return object.kind === 'ServiceAccount' && object.name === name && (object.namespace ?? namespace) === namespace;
  });
  const automount = found && own(found.value, 'automountServiceAccountToken');
  return { automount: typeof automount === 'boolean' ? automount : undefined };
}

/** Ephemeral containers are of a pod that runs, and no pod is created with them. */
function podObject({ object, pod }: PodSubject): JsonObject {
  const metadata = valueAt(object.value, pod.metadataPath);
  const annotations = isObject(metadata) ? own(metadata, 'annotations') : undefined;
  const { ephemeralContainers: _debugging, ...spec } = pod.raw;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${object.kind} ${object.name}`, ...(isObject(annotations) && { annotations }) },
    spec,
  };
}
