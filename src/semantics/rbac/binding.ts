import { isList, isObject, own } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { isOfRbac, type RoleReference } from './role-book.ts';

/** A RoleBinding or ClusterRoleBinding, read. */
export interface Binding {
  readonly object: KubeObject;
  /** What it gives a right to: everything, or what is in its own namespace. */
  readonly scope: 'cluster' | 'namespace';
  readonly role: RoleReference;
  readonly subjects: readonly BindingSubject[];
}

/** To whom a binding gives its role. */
export interface BindingSubject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  /** Of a service account: as written, else the binding's own; undefined where neither says it. */
  readonly namespace: string | undefined;
  readonly path: Path;
}

/** Someone who asks, as the API server has authenticated them. */
export interface RbacUser {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Reads a binding; undefined for any other object, and for one whose roleRef the API server would refuse. */
export function readBinding(object: KubeObject): Binding | undefined {
  const isCluster = object.kind === 'ClusterRoleBinding';
  if ((!isCluster && object.kind !== 'RoleBinding') || !isOfRbac(object)) return undefined;
  const reference = own(object.value, 'roleRef');
  if (!isObject(reference)) return undefined;
  const role = own(reference, 'kind');
  const name = own(reference, 'name');
  if ((role !== 'Role' && role !== 'ClusterRole') || typeof name !== 'string' || (isCluster && role === 'Role')) {
    return undefined;
  }
  return {
    object,
    scope: isCluster ? 'cluster' : 'namespace',
    role: { kind: role, name },
    subjects: readSubjects(object, isCluster ? undefined : object.namespace),
  };
}

/** Without a reader for each: a cluster has tens of thousands of them. */
function readSubjects({ value }: KubeObject, namespaceOfBinding: string | undefined): readonly BindingSubject[] {
  const list = own(value, 'subjects');
  if (!isList(list)) return [];
  const subjects: BindingSubject[] = [];
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index];
    if (!isObject(item)) continue;
    const kind = own(item, 'kind');
    const name = own(item, 'name');
    if (typeof name !== 'string' || (kind !== 'User' && kind !== 'Group' && kind !== 'ServiceAccount')) continue;
    const given = kind === 'ServiceAccount' ? own(item, 'namespace') : undefined;
    const local = kind === 'ServiceAccount' ? namespaceOfBinding : undefined;
    const namespace = typeof given === 'string' && given !== '' ? given : local;
    subjects.push(new ListedSubject(kind, name, namespace, index));
  }
  return subjects;
}

/** There are very many of them, and few are asked where they stand. */
class ListedSubject implements BindingSubject {
  readonly kind: BindingSubject['kind'];
  readonly name: string;
  readonly namespace: string | undefined;
  private readonly index: number;

  constructor(kind: BindingSubject['kind'], name: string, namespace: string | undefined, index: number) {
    this.kind = kind;
    this.name = name;
    this.namespace = namespace;
    this.index = index;
  }

  get path(): Path {
    return ['subjects', this.index];
  }
}

/**
 * Whether a binding's subject means a user. A ClusterRoleBinding's service account without a namespace means nobody;
 * `*` is a name like any other. Source: pkg/registry/rbac/validation/rule.go (appliesToUser).
 */
export function appliesTo({ kind, name, namespace }: BindingSubject, user: RbacUser): boolean {
  if (kind === 'User') return user.name === name;
  if (kind === 'Group') return user.groups.includes(name);
  return namespace !== undefined && user.name === serviceAccountUser(namespace, name);
}

/** The user name of a service account's tokens. */
export function serviceAccountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The groups that a service account's tokens are in. */
export function serviceAccountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
}
