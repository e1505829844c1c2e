import { type RbacUser, serviceAccountGroups, serviceAccountUser } from './binding.ts';

const accountPrefix = 'system:serviceaccount:';
const nodePrefix = 'system:node:';

/**
 * Somebody with the groups that the API server adds by itself: to service accounts those of their kind and namespace,
 * to nodes `system:nodes`, which their certificates name, to requests without credentials `system:unauthenticated`, and
 * to everybody else `system:authenticated`. Sources: apiserver/pkg/authentication/serviceaccount/util.go (MakeGroupNames),
 * apiserver/pkg/authentication/group.
 */
export function identityOf(name: string, groups: readonly string[] = []): RbacUser {
  return { name, groups: [...new Set([...groups, ...impliedGroups(name, groups)])] };
}

function impliedGroups(name: string, groups: readonly string[]): readonly string[] {
  const account = serviceAccountOfUser(name);
  if (account !== undefined) return serviceAccountGroups(account.namespace);
  if (name === 'system:anonymous' || groups.includes('system:unauthenticated')) return ['system:unauthenticated'];
  if (name.startsWith(nodePrefix)) return ['system:nodes', 'system:authenticated'];
  return ['system:authenticated'];
}

export interface AccountName {
  readonly namespace: string;
  readonly name: string;
}

/** The service account of a user name; undefined for other users, and for what no account can be called. */
export function serviceAccountOfUser(user: string): AccountName | undefined {
  if (!user.startsWith(accountPrefix)) return undefined;
  const [namespace = '', name = '', ...more] = user.slice(accountPrefix.length).split(':');
  return namespace === '' || name === '' || more.length > 0 ? undefined : { namespace, name };
}

/**
 * Whom people mean: `sa:shop/web` and `system:serviceaccount:shop:web` the service account, `group:ops` a group alone,
 * `user:anne` and `anne` a user. A group alone has no name and is in no other group.
 */
export function readIdentity(text: string, groups: readonly string[] = []): RbacUser {
  const [, namespace, account] = /^(?:sa|serviceaccount):([^/:]+)\/([^/:]+)$/i.exec(text) ?? [];
  if (namespace !== undefined && account !== undefined)
    return identityOf(serviceAccountUser(namespace, account), groups);
  if (text.startsWith('group:')) return { name: '', groups: [...new Set([text.slice('group:'.length), ...groups])] };
  return identityOf(text.startsWith('user:') ? text.slice('user:'.length) : text, groups);
}
