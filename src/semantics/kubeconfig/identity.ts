import type { Certificate } from '../../model/certificate.ts';
import type { KubeconfigUser, TokenClaims } from '../../model/kubeconfig.ts';

export type CredentialType =
  | 'client-certificate'
  | 'service-account-token'
  | 'oidc-token'
  | 'token'
  | 'token-file'
  | 'exec-plugin'
  | 'auth-provider'
  | 'password'
  | 'none';

/** Who the API server takes a kubeconfig user for. */
export interface Identity {
  readonly type: CredentialType;
  /** Absent where only the server, or a plugin, knows. */
  readonly name?: string;
  readonly groups: readonly string[];
  /** Milliseconds since the epoch. Absent: not known; `never`: it does not expire. */
  readonly expires?: number | 'never';
  /** Whom its requests are made as instead, where it impersonates. */
  readonly as?: { readonly name: string; readonly groups: readonly string[] };
  /** What is worth knowing: how the name was found, what decides it otherwise. */
  readonly notes: readonly string[];
}

/** The group whose members may do anything: no role can be taken away from them. */
export const mastersGroup = 'system:masters';

const authenticated = 'system:authenticated';
const serviceAccount = /^system:serviceaccount:([a-z0-9.-]+):([a-z0-9.-]+)$/;

/**
 * Who the API server takes a user for, as far as the kubeconfig tells: a certificate's common name and organizations,
 * a service account token's subject. A token in the request is asked before the certificate is (kube-apiserver's
 * authenticators: front proxy, client certificate, tokens; the first that knows the caller wins, so the certificate).
 */
export function identityOf(user: KubeconfigUser | undefined, certificate: Certificate | undefined): Identity {
  if (user === undefined)
    return { type: 'none', name: 'system:anonymous', groups: ['system:unauthenticated'], notes: [] };
  const base = ownIdentity(user, certificate);
  if (user.as === '') return base;
  return { ...base, as: { name: user.as, groups: impersonatedGroups(user) } };
}

function ownIdentity(user: KubeconfigUser, certificate: Certificate | undefined): Identity {
  if (certificate !== undefined) {
    const { commonName, organizations } = certificate.subject;
    return {
      type: 'client-certificate',
      name: commonName,
      groups: [...organizations, authenticated],
      expires: certificate.notAfter,
      notes:
        user.token || user.tokenFile !== '' ? ['its token counts only where the server refuses the certificate'] : [],
    };
  }
  if (user.certificate !== undefined) {
    return { type: 'client-certificate', groups: [], notes: ['its certificate cannot be read'] };
  }
  if (user.token || user.tokenFile !== '') return tokenIdentity(user);
  if (user.username !== '' || user.password) {
    return {
      type: 'password',
      name: user.username,
      groups: [],
      notes: ['API servers have taken no passwords since v1.19'],
    };
  }
  if (user.exec !== undefined) {
    return { type: 'exec-plugin', groups: [], notes: [`only ${user.exec.command || 'its plugin'} knows the name`] };
  }
  if (user.authProvider !== undefined) {
    return { type: 'auth-provider', groups: [], notes: [`only the ${user.authProvider.name} provider knows the name`] };
  }
  return {
    type: 'none',
    name: 'system:anonymous',
    groups: ['system:unauthenticated'],
    notes: ['it has no credential'],
  };
}

function tokenIdentity({ claims, tokenFile }: KubeconfigUser): Identity {
  if (claims === undefined)
    return { type: tokenFile === '' ? 'token' : 'token-file', groups: [], notes: ['the token was not read'] };
  if (claims === 'opaque') return { type: 'token', groups: [], notes: ['only the server knows whose this token is'] };
  const expires = claims.expires === undefined ? 'never' : claims.expires * 1000;
  const match = serviceAccount.exec(claims.subject ?? '');
  if (match !== null) {
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${match[1]}`, authenticated];
    return { type: 'service-account-token', name: claims.subject ?? '', groups, expires, notes: [] };
  }
  return {
    type: 'oidc-token',
    groups: [],
    expires,
    notes: [`${oidcWords(claims)}; the server's OIDC settings decide which claims are name and groups`],
  };
}

function oidcWords({ issuer = 'an unknown issuer', subject, name, groups = [] }: TokenClaims): string {
  const of = name ?? subject;
  const whose = of === undefined ? '' : ` for ${of}`;
  return `${issuer} gave it out${whose}${groups.length === 0 ? '' : ` in ${groups.join(', ')}`}`;
}

function impersonatedGroups({ as, asGroups }: KubeconfigUser): readonly string[] {
  const match = serviceAccount.exec(as);
  // The impersonation filter adds these itself (apiserver endpoints/filters/impersonation.go).
  const own =
    match !== null && asGroups.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${match[1]}`] : [];
  return [...asGroups, ...own, ...(as === 'system:anonymous' ? [] : [authenticated])];
}

/** Whether nothing can be refused to it. */
export function isMaster({ groups, as }: Identity): boolean {
  return (as?.groups ?? groups).includes(mastersGroup);
}
