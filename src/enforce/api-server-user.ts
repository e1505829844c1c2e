import type { AdmissionUser } from '../model/admission.ts';

/** As whom an API server writes what it needs itself (apiserver, pkg/authentication/user: `APIServerUser`). */
export const apiServer = { username: 'system:apiserver', group: 'system:masters' } as const;

/**
 * Whether an API server asks about a write of its own: default roles, priority classes, namespaces. A policy that refused
 * one would keep it from starting. Nobody else is that user, in a group that a certificate request cannot ask for.
 */
export function isApiServer({ username, groups }: AdmissionUser): boolean {
  return username === apiServer.username && groups.includes(apiServer.group);
}
