import type { Kubeconfig, KubeconfigUser } from '../../model/kubeconfig.ts';
import { mastersGroup } from '../../semantics/kubeconfig/identity.ts';
import { onNode, ownFile } from './example-kubeconfig.ts';
import { type KubeconfigQuestion, kubeconfigControls, quoted, type Wrong } from './kubeconfig-control.ts';

const dayMs = 86_400_000;
const certificate = onNode({ user: '{client-certificate: ann.crt, client-key: ann.key}' });

export default kubeconfigControls([
  {
    name: 'static-token',
    title: 'Kubeconfigs hold no lasting bearer token',
    severity: 'high',
    why: 'Whoever reads the file, a backup of it or a shell’s history has the token, and is its owner until it expires or is deleted.',
    remedy:
      'use an exec plugin, or tokens of an hour: `kubectl create token`; delete the Secret that the old token lies in',
    wrong: eachUser((user, { kubeconfig, now }) => {
      if (user.token) return tokenWrong(user, { kubeconfig, now, field: 'token' });
      if (user.tokenFile === '' || user.claims === undefined || isProjected(user.tokenFile)) return undefined;
      return tokenWrong(user, { kubeconfig, now, field: 'tokenFile' });
    }),
    examples: {
      fail: [onNode({ user: '{token: REDACTED}' }), ownFile({ user: `{token: ${jwt({ sub: 'ann' })}}` })],
      pass: [certificate, ownFile({ user: `{token: ${jwt({ sub: 'ann', exp: 1795262400 })}}` })],
    },
  },
  {
    name: 'password',
    title: 'Kubeconfigs hold no user name and password',
    severity: 'high',
    why: 'API servers have taken no passwords since v1.19: it opens nothing any more, and may be in use elsewhere.',
    remedy: 'remove username and password, and change the password wherever else it is used',
    wrong: eachUser((user) =>
      user.password
        ? { says: `${quoted('user', user.name)} has a password in the file`, field: 'password' }
        : undefined,
    ),
    examples: { fail: [onNode({ user: '{username: ann, password: REDACTED}' })], pass: [certificate] },
  },
  {
    name: 'auth-provider',
    title: 'Kubeconfigs use exec plugins instead of auth-provider',
    severity: 'medium',
    why: 'The gcp and azure providers went with v1.26; the oidc provider keeps refresh token and client secret in the file.',
    remedy: 'use an exec plugin, such as gke-gcloud-auth-plugin or kubelogin, and remove auth-provider',
    wrong: eachUser(({ name, authProvider }) => {
      if (authProvider === undefined) return undefined;
      const provider = authProvider.name || 'unnamed';
      const keeps = authProvider.keys.filter((key) => /token|secret/.test(key));
      const removed = provider === 'gcp' || provider === 'azure' ? ', which kubectl has not had since v1.26' : '';
      const kept = keeps.length === 0 ? '' : `, which keeps ${keeps.join(' and ')} in the file`;
      return {
        says: `${quoted('user', name)} uses the auth provider ${provider}${removed}${kept}`,
        field: 'auth-provider',
      };
    }),
    examples: {
      fail: [onNode({ user: '{auth-provider: {name: oidc, config: {refresh-token: REDACTED}}}' })],
      pass: [certificate],
    },
  },
  {
    name: 'impersonation',
    title: 'Kubeconfigs impersonate nobody',
    severity: 'medium',
    why: 'Every command runs as someone else, often with more rights than its user knows, and the right to impersonate is needed for good.',
    remedy: 'remove as, as-groups and as-uid; give --as to the one command that needs it',
    wrong: eachUser((user) => {
      if (user.as === '' && user.asGroups.length === 0) return undefined;
      const groups = user.asGroups.length === 0 ? '' : ` in ${user.asGroups.join(', ')}`;
      const severity = user.asGroups.includes(mastersGroup) ? 'high' : undefined;
      const says = `${quoted('user', user.name)} is always ${user.as || 'somebody'}${groups}`;
      return { says, field: 'as', ...(severity && { severity }) };
    }),
    examples: { fail: [onNode({ user: '{as: root, as-groups: [system:masters]}' })], pass: [certificate] },
  },
]);

type UserWrong = Omit<Wrong, 'at' | 'of'> & { readonly field: string };

function eachUser(
  ask: (user: KubeconfigUser, question: KubeconfigQuestion) => UserWrong | undefined,
): (question: KubeconfigQuestion) => readonly Wrong[] {
  return (question) => {
    const found: Wrong[] = [];
    for (const user of question.kubeconfig.users) {
      const wrong = ask(user, question);
      if (wrong === undefined) continue;
      const { field, ...rest } = wrong;
      found.push({ ...rest, at: [...user.at, field], of: user.name });
    }
    return found;
  };
}

interface TokenPlace extends KubeconfigQuestion {
  readonly kubeconfig: Kubeconfig;
  readonly field: 'token' | 'tokenFile';
}

/** Longer ones are no session any more. */
const longestToken = dayMs;

function tokenWrong({ name, claims }: KubeconfigUser, { kubeconfig, now, field }: TokenPlace): UserWrong | undefined {
  const named = quoted('user', name);
  // A token by which a node joins, and its file, are told of as files that are left behind.
  if (kubeconfig.path.endsWith('/bootstrap-kubelet.conf')) return undefined;
  if (claims === undefined) return { says: `${named} has a bearer token in the file`, field };
  if (claims === 'opaque')
    return { says: `${named} has a bearer token that does not say until when it is valid`, field };
  const whose = claims.subject === undefined ? '' : ` of ${claims.subject}`;
  if (claims.expires === undefined) return { says: `${named} has a token${whose} that never expires`, field };
  const expires = claims.expires * 1000;
  if (expires < now) {
    return {
      says: `${named} has a token${whose} that expired on ${dateOf(expires)}`,
      field,
      severity: 'low',
      remedy: 'remove it',
    };
  }
  if (expires - (claims.issued === undefined ? now : claims.issued * 1000) <= longestToken) return undefined;
  return { says: `${named} has a token${whose} that is valid until ${dateOf(expires)}`, field, severity: 'medium' };
}

/** Tokens that the kubelet renews in a pod. */
function isProjected(path: string): boolean {
  return /^(?:\/var)?\/run\/secrets\//.test(path);
}

function dateOf(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString().slice(0, 10);
}

/** A token that nobody signed, for examples. */
function jwt(claims: Readonly<Record<string, string | number>>): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}
