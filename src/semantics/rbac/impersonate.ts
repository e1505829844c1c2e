import type { Grant, RbacAuthorizer, RequestNamespace } from './authorize.ts';
import type { RbacUser } from './binding.ts';
import { type AccountName, serviceAccountOfUser } from './identity.ts';
import type { ResourceRequest } from './rule.ts';

/** As whom somebody wants to act: what the Impersonate headers say. */
export interface ImpersonationTarget {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly uid?: string;
  readonly extra?: ReadonlyMap<string, readonly string[]>;
}

/** A request and where it is made. */
export interface PlacedRequest {
  readonly request: ResourceRequest;
  readonly namespace: RequestNamespace;
}

export type Impersonation =
  | { readonly allowed: true; readonly by: 'legacy' | ConstrainedMode; readonly grants: readonly Grant[] }
  /** The first thing that is lacking. */
  | { readonly allowed: false; readonly lacks: PlacedRequest };

const authentication = 'authentication.k8s.io';

/** The verbs of constrained impersonation, behind `impersonate:`. */
export type ConstrainedMode = 'user-info' | 'serviceaccount' | 'arbitrary-node' | 'associated-node';

/**
 * Everything that a user must be allowed to act as somebody, with the verb `impersonate`. A service account is asked for
 * in its namespace, and so a RoleBinding is enough; its own groups are asked for only where the request names groups.
 * Source: apiserver/pkg/endpoints/filters/impersonation.go.
 */
export function impersonationRequests(target: ImpersonationTarget): readonly PlacedRequest[] {
  return requestsWith(target, (kind) => ({ verb: 'impersonate', apiGroup: legacyGroup(kind) }));
}

/** Users, groups and service accounts are asked for in the core group, the rest in that of authentication. */
function legacyGroup(kind: string): string {
  return kind === 'uids' || kind === 'userextras' ? authentication : '';
}

function requestsWith(
  { user, groups = [], uid, extra }: ImpersonationTarget,
  asked: (kind: string) => { readonly verb: string; readonly apiGroup: string },
): readonly PlacedRequest[] {
  const account = serviceAccountOfUser(user);
  const of = (resource: string, name: string, subresource?: string): PlacedRequest => ({
    request: { ...asked(resource), resource, name, ...(subresource !== undefined && { subresource }) },
    namespace: undefined,
  });
  const first: PlacedRequest =
    account === undefined
      ? of('users', user)
      : { ...of('serviceaccounts', account.name), namespace: account.namespace };
  return [
    first,
    ...groups.map((group) => of('groups', group)),
    ...(uid === undefined ? [] : [of('uids', uid)]),
    ...[...(extra ?? [])].flatMap(([key, values]) => values.map((value) => of('userextras', value, key))),
  ];
}

/**
 * Both halves of constrained impersonation: to act as the target, and to do one request as them. The mode follows from
 * the target; a node with which the caller runs (`associated-node`) is asked for before any node. Without both halves
 * the API server asks for the verb `impersonate`. Source: KEP-5284; alpha in v1.35, beta in v1.36.
 */
export function constrainedRequests(
  target: ImpersonationTarget,
  { request, namespace }: PlacedRequest,
  isAssociated: 'associated' | 'other' = 'other',
): { readonly mode: ConstrainedMode; readonly requests: readonly PlacedRequest[] } {
  const mode = modeOf(target, serviceAccountOfUser(target.user), isAssociated);
  const act: PlacedRequest = {
    request: { ...request, verb: `impersonate-on:${mode}:${request.verb}` },
    namespace,
  };
  const verb = `impersonate:${mode}`;
  const node = target.user.slice('system:node:'.length);
  const name = mode === 'associated-node' ? '*' : node;
  const identity: readonly PlacedRequest[] =
    mode === 'user-info' || mode === 'serviceaccount'
      ? requestsWith(target, () => ({ verb, apiGroup: authentication }))
      : [{ request: { verb, apiGroup: authentication, resource: 'nodes', name }, namespace: undefined }];
  return { mode, requests: [...identity, act] };
}

function modeOf(
  { user }: ImpersonationTarget,
  account: AccountName | undefined,
  isAssociated: 'associated' | 'other',
): ConstrainedMode {
  if (account !== undefined) return 'serviceaccount';
  if (!user.startsWith('system:node:')) return 'user-info';
  return isAssociated === 'associated' ? 'associated-node' : 'arbitrary-node';
}

export interface ImpersonationQuestion {
  readonly target: ImpersonationTarget;
  /** What is to be done as the target; without it only the verb `impersonate` is looked at. */
  readonly action?: PlacedRequest;
  /** Of the API server, 35 for v1.35; undefined where it is not known, which leaves constrained impersonation out. */
  readonly minor?: number;
}

/** The minor version from which constrained impersonation is on without being switched on. */
export const constrainedSince = 36;

/** Whether a user may act as somebody by RBAC. Whether the target may do it is a question of its own. */
export function mayImpersonate(
  authorizer: RbacAuthorizer,
  user: RbacUser,
  { target, action, minor }: ImpersonationQuestion,
): Impersonation {
  if (action !== undefined && minor !== undefined && minor >= constrainedSince) {
    const { mode, requests } = constrainedRequests(target, action);
    const grants = grantsOf(authorizer, user, requests);
    if (grants !== undefined) return { allowed: true, by: mode, grants };
  }
  const requests = impersonationRequests(target);
  const grants: Grant[] = [];
  for (const each of requests) {
    const grant = authorizer.grantOf(user, each.request, each.namespace);
    if (grant === undefined) return { allowed: false, lacks: each };
    grants.push(grant);
  }
  return { allowed: true, by: 'legacy', grants };
}

function grantsOf(
  authorizer: RbacAuthorizer,
  user: RbacUser,
  requests: readonly PlacedRequest[],
): readonly Grant[] | undefined {
  const grants: Grant[] = [];
  for (const { request, namespace } of requests) {
    const grant = authorizer.grantOf(user, request, namespace);
    if (grant === undefined) return undefined;
    grants.push(grant);
  }
  return grants;
}
