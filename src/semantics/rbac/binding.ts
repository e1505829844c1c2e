import type { Path } from '../../model/path.ts';
import { Reader } from '../../model/reader.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { groupKind } from '../../model/workload.ts';
import { type RoleReference, rbacGroup } from './role-book.ts';

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
  const kind = groupKind(object);
  const isCluster = kind === `${rbacGroup}/ClusterRoleBinding`;
  if (!isCluster && kind !== `${rbacGroup}/RoleBinding`) return undefined;
  const reader = new Reader(object.value, [], []);
  const reference = reader.object('roleRef');
  const role = reference.string('kind');
  const name = reference.string('name');
  if ((role !== 'Role' && role !== 'ClusterRole') || name === undefined || (isCluster && role === 'Role')) {
    return undefined;
  }
  return {
    object,
    scope: isCluster ? 'cluster' : 'namespace',
    role: { kind: role, name },
    subjects: reader.objects('subjects').flatMap((subject) => {
      const kind = subject.string('kind');
      const name = subject.string('name');
      if (name === undefined || (kind !== 'User' && kind !== 'Group' && kind !== 'ServiceAccount')) return [];
      const namespace =
        kind === 'ServiceAccount'
          ? subject.string('namespace') || (isCluster ? undefined : object.namespace)
          : undefined;
      return [{ kind, name, namespace, path: subject.path }];
    }),
  };
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
