import { readFileSync } from 'node:fs';
import type { Cluster, User } from '@kubernetes/client-node';
import { BulwarkError } from '../../model/errors.ts';
import { runExecPlugin } from './exec-plugin.ts';
import { type Entry, rawField, resolvePath, type SelectedContext } from './kubeconfig.ts';

export interface CredentialOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For a credential plugin, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The user of a context as client-node takes it, with what client-node reads differently from kubectl settled: data
 * wins over files, `tokenFile` over `token`, and a credential plugin has run. Throws `BulwarkError`.
 */
export async function readUser(
  { user: entry, cluster: clusterEntry }: SelectedContext,
  cluster: Cluster,
  options: CredentialOptions,
): Promise<User> {
  if (entry === undefined) return { name: 'anonymous' };
  const { reader, name, file } = entry;
  const certData = reader.string('client-certificate-data');
  const keyData = reader.string('client-key-data');
  const certFile = certData ? undefined : resolvePath(entry, 'client-certificate');
  const keyFile = keyData ? undefined : resolvePath(entry, 'client-key');
  const tokenFile = resolvePath(entry, 'tokenFile');
  const token = tokenFile === undefined ? reader.string('token') : readToken(tokenFile, entry);
  const impersonateUser = reader.string('as');
  const user: User = {
    name,
    ...(certData && { certData }),
    ...(keyData && { keyData }),
    ...(certFile && { certFile }),
    ...(keyFile && { keyFile }),
    ...(token && { token }),
    ...(impersonateUser && { impersonateUser }),
  };
  const username = reader.string('username');
  if (username) return { ...user, username, password: reader.string('password') ?? '' };
  const authProvider = rawField(entry, 'auth-provider');
  // A copy: client-node writes renewed tokens into it.
  if (authProvider !== undefined) return { ...user, authProvider: structuredClone(authProvider) };
  if (rawField(entry, 'exec') === undefined || token) return user;
  const credential = await runExecPlugin({
    exec: reader.object('exec'),
    userName: name,
    file,
    cluster: {
      server: cluster.server,
      'insecure-skip-tls-verify': cluster.skipTLSVerify,
      ...(cluster.tlsServerName && { 'tls-server-name': cluster.tlsServerName }),
      ...(cluster.proxyUrl && { 'proxy-url': cluster.proxyUrl }),
      ...(cluster.caData && { 'certificate-authority-data': cluster.caData }),
      ...(cluster.caFile && {
        'certificate-authority-data': readFile(cluster.caFile, clusterEntry).toString('base64'),
      }),
    },
    env: options.env,
    timeoutMs: options.timeoutMs,
    signal: options.signal,
  });
  return {
    ...user,
    ...(credential.token && { token: credential.token }),
    ...(credential.certificate && { certData: Buffer.from(credential.certificate).toString('base64') }),
    ...(credential.key && { keyData: Buffer.from(credential.key).toString('base64') }),
  };
}

function readToken(tokenFile: string, entry: Entry): string {
  const token = readFile(tokenFile, entry).toString('utf8').trim();
  if (token !== '') return token;
  throw new BulwarkError(
    'credentials-failed',
    `${entry.file}: user "${entry.name}": the token file ${tokenFile} is empty`,
    'write a token into it, or choose another user with --context',
  );
}

function readFile(path: string, entry: Entry): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new BulwarkError(
      'credentials-failed',
      `${entry.file}: "${entry.name}": cannot read ${path}: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`,
      'mend the path in the kubeconfig, or choose another context with --context',
      { cause },
    );
  }
}

/** Headers for the rest of an impersonation: client-node sends `as` only, and without the groups beside it the requests would be another identity's. */
export function impersonation(user: Entry | undefined): Record<string, string | readonly string[]> {
  if (user === undefined) return {};
  const headers: Record<string, string | readonly string[]> = {};
  const groups = user.reader.strings('as-groups');
  if (groups.length > 0) headers['Impersonate-Group'] = groups;
  const uid = user.reader.string('as-uid');
  if (uid) headers['Impersonate-Uid'] = uid;
  const extra = user.reader.object('as-user-extra');
  for (const key of Object.keys(extra.raw))
    headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = extra.strings(key);
  return headers;
}
