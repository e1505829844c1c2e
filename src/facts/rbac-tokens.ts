import { isObject, type Json, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { serviceAccountUser } from '../semantics/rbac/binding.ts';
import { addedSubjects } from '../semantics/rbac/default-objects.ts';
import { defineFact } from './facts.ts';
import { rbac } from './rbac.ts';

/** Which rights a service account has beyond those of every account, as far as the snapshot shows its bindings. */
export type HasRights = (namespace: string | undefined, name: string) => boolean;

/**
 * Whether any binding gives a service account a role, by its name or by a group that it is in. A role that is not in
 * the snapshot counts. A namespace that a manifest leaves open may be any.
 */
export const hasRights = defineFact('has-rights', (facts): HasRights => {
  const known = facts.get(rbac);
  const accounts = new Set<string>();
  const names = new Set<string>();
  const groups = new Set<string>();
  for (const binding of known.bindings) {
    const rules = known.rulesOf(binding);
    const role = known.roleOf(binding);
    if (role !== undefined && rules?.length === 0) continue;
    for (const { kind, name, namespace } of binding.subjects) {
      if (kind === 'User') accounts.add(name);
      if (kind !== 'ServiceAccount') continue;
      accounts.add(serviceAccountUser(namespace ?? '', name));
      names.add(name);
    }
    for (const { kind, name } of addedSubjects(binding)) if (kind === 'Group') groups.add(name);
  }
  const everyone = groups.has('system:serviceaccounts') || groups.has('system:authenticated');
  return (namespace, name) => {
    if (everyone) return true;
    if (namespace === undefined) return names.has(name);
    return (
      accounts.has(serviceAccountUser(namespace, name)) ||
      accounts.has(serviceAccountUser('', name)) ||
      groups.has(`system:serviceaccounts:${namespace}`)
    );
  };
});

/** The ServiceAccount object that a pod of a namespace names. */
export const serviceAccountOf = defineFact(
  'service-account-of',
  ({ snapshot }): ((namespace: string | undefined, name: string) => KubeObject | undefined) => {
    const accounts = new Map<string, KubeObject>();
    for (const object of snapshot.objects) {
      if (object.kind === 'ServiceAccount' && object.apiVersion === 'v1')
        accounts.set(keyOf(object.namespace, object.name), object);
    }
    return (namespace, name) => accounts.get(keyOf(namespace, name));
  },
);

/** The workloads that leave it to their service account whether its token is mounted. */
export interface TokenUse {
  readonly workloads: number;
  /** By kind and name. */
  readonly first: KubeObject;
}

/**
 * Who gets the token of a service account mounted unless the account says no. Objects that a controller made are its
 * matter, and mirror pods get none (plugin/pkg/admission/serviceaccount). Read without the whole pod: there are many.
 */
export const tokenUseOf = defineFact(
  'token-use-of',
  ({ snapshot }): ((account: KubeObject) => TokenUse | undefined) => {
    const uses = new Map<string, { workloads: number; first: KubeObject }>();
    for (const object of snapshot.objects) {
      const path = specs.get(object.kind);
      if (path === undefined) continue;
      const metadata = own(object.value, 'metadata');
      if (isObject(metadata) && (isControlled(metadata) || isMirror(metadata))) continue;
      const spec = valueAt(object.value, path);
      if (!isObject(spec) || typeof own(spec, 'automountServiceAccountToken') === 'boolean') continue;
      const name = textOf(own(spec, 'serviceAccountName')) ?? textOf(own(spec, 'serviceAccount')) ?? 'default';
      const key = keyOf(object.namespace, name);
      const use = uses.get(key);
      if (use === undefined) uses.set(key, { workloads: 1, first: object });
      else {
        use.workloads += 1;
        if (isBefore(object, use.first)) use.first = object;
      }
    }
    return ({ namespace, name }) => uses.get(keyOf(namespace, name));
  },
);

function isBefore(a: KubeObject, b: KubeObject): boolean {
  return a.kind === b.kind ? a.name < b.name : a.kind < b.kind;
}

const inTemplate = ['spec', 'template', 'spec'];

const specs: ReadonlyMap<string, readonly string[]> = new Map([
  ['Pod', ['spec']],
  ['CronJob', ['spec', 'jobTemplate', 'spec', 'template', 'spec']],
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job'].map(
    (kind): [string, readonly string[]] => [kind, inTemplate],
  ),
]);

function isControlled(metadata: Json): boolean {
  return (
    isObject(metadata) && objectsIn(own(metadata, 'ownerReferences')).some((each) => own(each, 'controller') === true)
  );
}

/** Whether a Pod is what the kubelet shows of a static pod. */
function isMirror(metadata: Json): boolean {
  return typeof valueAt(metadata, ['annotations', 'kubernetes.io/config.mirror']) === 'string';
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}\n${name}`;
}
