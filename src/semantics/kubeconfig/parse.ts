import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import type {
  EntryList,
  ExecPlugin,
  Kubeconfig,
  KubeconfigCluster,
  KubeconfigContext,
  KubeconfigProblem,
  KubeconfigUser,
  Reference,
  TokenClaims,
} from '../../model/kubeconfig.ts';
import { type Malformed, Reader } from '../../model/reader.ts';
import { unknownFields } from './fields.ts';
import { refusals } from './refusals.ts';

export type KubeconfigContent = Pick<Kubeconfig, 'clusters' | 'users' | 'contexts' | 'currentContext' | 'problems'>;

export interface ParseOptions {
  /** Claims of a user's token, which the text no longer holds. */
  readonly claims?: (user: string) => TokenClaims | 'opaque' | undefined;
  readonly secretVariables?: (user: string) => readonly string[];
}

/** Whether a document is a kubeconfig: by its kind, and where it has none by its lists, as clientcmd defaults it. */
export function isKubeconfig(value: Json): value is JsonObject {
  if (!isObject(value)) return false;
  const kind = own(value, 'kind');
  const apiVersion = own(value, 'apiVersion');
  if (kind !== undefined && kind !== 'Config') return false;
  if (apiVersion !== undefined && apiVersion !== 'v1') return false;
  return isList(own(value, 'clusters')) || isList(own(value, 'users')) || isList(own(value, 'contexts'));
}

/**
 * A kubeconfig as client-go's clientcmd decodes it (tools/clientcmd/api/v1): unknown fields are ignored, a field of
 * another type or a name that is twice in one list refuses the file. All of it is told; nothing throws.
 */
export function parseKubeconfig(value: JsonObject, options: ParseOptions = {}): KubeconfigContent {
  const malformed: Malformed[] = [];
  const root = new Reader(value, [], malformed);
  const problems: KubeconfigProblem[] = [...unknownFields(value)];
  const clusters = entries(root, 'clusters', problems).map(({ name, reader }) => readCluster(name, reader));
  const users = entries(root, 'users', problems).map(({ name, reader }) => readUser({ name, reader, options }));
  const contexts = entries(root, 'contexts', problems).map(({ name, reader }) => readContext(name, reader));
  const currentContext = root.string('current-context') ?? '';
  for (const { path, message } of malformed) problems.push({ kind: 'refused', message, at: path });
  problems.push(...refusals({ clusters, users }));
  return { clusters, users, contexts, currentContext, problems };
}

const fieldOf = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;

function entries(root: Reader, list: EntryList, problems: KubeconfigProblem[]): { name: string; reader: Reader }[] {
  const found = new Map<string, Reader>();
  for (const entry of root.objects(list)) {
    const name = entry.string('name') ?? '';
    const reader = entry.object(fieldOf[list]);
    if (!found.has(name)) found.set(name, reader);
    else {
      const message = `${list} has the name ${JSON.stringify(name)} twice`;
      problems.push({ kind: 'refused', message, at: entry.at('name') });
    }
  }
  return [...found].map(([name, reader]) => ({ name, reader }));
}

function readCluster(name: string, reader: Reader): KubeconfigCluster {
  const authority = reference(reader, 'certificate-authority');
  return {
    name,
    at: reader.path,
    server: reader.string('server') ?? '',
    insecureSkipTlsVerify: reader.boolean('insecure-skip-tls-verify') ?? false,
    ...(authority && { authority }),
    tlsServerName: reader.string('tls-server-name') ?? '',
    proxyUrl: reader.string('proxy-url') ?? '',
  };
}

function readUser({ name, reader, options }: { name: string; reader: Reader; options: ParseOptions }): KubeconfigUser {
  const certificate = reference(reader, 'client-certificate');
  const keyPath = reader.string('client-key') ?? '';
  const keyData = reader.string('client-key-data') ?? '';
  const claims = options.claims?.(name);
  const provider = reader.has('auth-provider') ? reader.object('auth-provider') : undefined;
  const secretVariables = options.secretVariables?.(name);
  return {
    name,
    at: reader.path,
    ...(certificate && { certificate }),
    ...(keyData !== '' ? { key: {} } : keyPath !== '' && { key: { path: keyPath } }),
    token: (reader.string('token') ?? '') !== '',
    tokenFile: reader.string('tokenFile') ?? '',
    ...(claims !== undefined && { claims }),
    username: reader.string('username') ?? '',
    password: (reader.string('password') ?? '') !== '',
    ...(provider && {
      authProvider: { name: provider.string('name') ?? '', keys: Object.keys(provider.object('config').raw) },
    }),
    ...(reader.has('exec') && { exec: readExec(reader.object('exec'), secretVariables) }),
    as: reader.string('as') ?? '',
    asUid: reader.string('as-uid') ?? '',
    asGroups: reader.strings('as-groups'),
    asExtra: Object.keys(reader.object('as-user-extra').raw),
  };
}

function readExec(reader: Reader, secretVariables: readonly string[] | undefined): ExecPlugin {
  return {
    command: reader.string('command') ?? '',
    args: reader.strings('args'),
    apiVersion: reader.string('apiVersion') ?? '',
    interactiveMode: reader.string('interactiveMode') ?? '',
    provideClusterInfo: reader.boolean('provideClusterInfo') ?? false,
    hasVariables: reader.objects('env').length > 0,
    ...(secretVariables && { secretVariables }),
  };
}

function readContext(name: string, reader: Reader): KubeconfigContext {
  return {
    name,
    at: reader.path,
    cluster: reader.string('cluster') ?? '',
    user: reader.string('user') ?? '',
    namespace: reader.string('namespace') ?? '',
  };
}

/** `certificate-authority` and its like: a path, or with `-data` the content in base64. */
function reference(reader: Reader, field: string): Reference | undefined {
  const path = reader.string(field) ?? '';
  const data = reader.string(`${field}-data`) ?? '';
  if (data !== '') {
    return { ...(path !== '' && { path }), data: decodeBase64(data), at: reader.at(`${field}-data`) };
  }
  return path === '' ? undefined : { path, at: reader.at(field) };
}

function decodeBase64(text: string): string {
  const packed = text.replace(/[\r\n]/g, '');
  const isBase64 = packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
  return isBase64 ? Buffer.from(packed, 'base64').toString('latin1') : '';
}
