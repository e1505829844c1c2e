import { existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createSecureContext } from 'node:tls';
import { type Cluster, KubeConfig } from '@kubernetes/client-node';
import { BulwarkError } from '../../model/errors.ts';
import { impersonation, readUser } from './credentials.ts';
import { type Entry, kubeconfigHint, readKubeconfig, resolvePath } from './kubeconfig.ts';
import { plainText } from './plain-text.ts';
import { proxyFromEnvironment } from './proxy.ts';

/** A way to an API server: what every request to it needs. */
export interface Connection {
  readonly server: URL;
  readonly agent: http.Agent;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

export interface ConnectOptions {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** For credential plugins and identity providers, in milliseconds. */
  readonly timeoutMs: number;
  readonly maxSockets: number;
  readonly signal?: AbortSignal | undefined;
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Finds the API server and the credentials for it: the kubeconfig, or the pod's service account where there is no
 * kubeconfig. client-node authenticates (OIDC, cloud providers, token files, certificates, proxies); what it reads
 * differently from kubectl (several files, `tokenFile`, impersonated groups, credential plugins) is settled before.
 * Calling it again renews credentials that expired. Throws `BulwarkError`.
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const env = options.env ?? process.env;
  const selected = readKubeconfig({ kubeconfig: options.kubeconfig, context: options.context, env });
  const config = new KubeConfig();
  let extraHeaders: Record<string, string | readonly string[]> = {};
  if (selected !== undefined) {
    const cluster = readCluster(selected.cluster, env);
    const user = await readUser(selected, cluster, { ...options, env });
    config.loadFromClusterAndUser(cluster, user);
    extraHeaders = impersonation(selected.user);
  } else if (env['KUBERNETES_SERVICE_HOST'] && existsSync(serviceAccountToken)) {
    config.loadFromCluster();
  } else {
    throw new BulwarkError('kubeconfig-missing', 'no kubeconfig, and this is not a pod', kubeconfigHint);
  }
  const where =
    selected === undefined ? 'service account of this pod' : `${selected.cluster.file}: context "${selected.context}"`;
  return toConnection(config, { where, extraHeaders, timeoutMs: options.timeoutMs, maxSockets: options.maxSockets });
}

function readCluster(entry: Entry, env: Readonly<Record<string, string | undefined>>): Cluster {
  const caData = entry.reader.string('certificate-authority-data');
  const caFile = caData ? undefined : resolvePath(entry, 'certificate-authority');
  const insecure = entry.reader.boolean('insecure-skip-tls-verify') ?? false;
  const written = (entry.reader.string('server') ?? '').replace(/\/+$/, '');
  const scheme = caData || caFile || insecure ? 'https' : 'http';
  const server = written.includes('://') ? written : `${scheme}://${written}`;
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new BulwarkError(
      'kubeconfig-invalid',
      `${entry.file}: cluster "${entry.name}": server ${JSON.stringify(written)} is not an http or https URL`,
      kubeconfigHint,
    );
  }
  const proxyUrl = entry.reader.string('proxy-url') || proxyFromEnvironment(url, env);
  const tlsServerName = entry.reader.string('tls-server-name');
  return {
    name: entry.name,
    server,
    // Without TLS there is nothing to verify, and client-node refuses to go on unless told so.
    skipTLSVerify: insecure || url.protocol === 'http:',
    ...(caData && { caData }),
    ...(caFile && { caFile }),
    ...(tlsServerName && { tlsServerName }),
    ...(proxyUrl && { proxyUrl }),
  };
}

interface ConnectionContext {
  readonly where: string;
  readonly extraHeaders: Record<string, string | readonly string[]>;
  readonly timeoutMs: number;
  readonly maxSockets: number;
}

async function toConnection(config: KubeConfig, context: ConnectionContext): Promise<Connection> {
  const { where, maxSockets } = context;
  const failed = (cause: unknown): BulwarkError =>
    new BulwarkError(
      'credentials-failed',
      `${where}: ${plainText(cause instanceof Error ? cause.message : String(cause))}`,
      'sign in again with the tool that wrote this kubeconfig, or choose another context with --context',
      { cause },
    );
  // The timeout reaches the proxy agent, for its CONNECT.
  const request: https.RequestOptions = { headers: {}, timeout: context.timeoutMs };
  try {
    await withDeadline(config.applyToHTTPSOptions(request), context.timeoutMs);
    const { ca, cert, key } = request;
    createSecureContext({ ca, cert, key });
  } catch (cause) {
    throw failed(cause);
  }
  const headers: Record<string, string | readonly string[]> = { ...context.extraHeaders };
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (value !== undefined) headers[name] = typeof value === 'number' ? String(value) : (value as string | string[]);
  }
  if (typeof request.auth === 'string')
    headers['Authorization'] = `Basic ${Buffer.from(request.auth).toString('base64')}`;
  try {
    for (const [name, value] of Object.entries(headers)) {
      for (const one of typeof value === 'string' ? [value] : value) http.validateHeaderValue(name, one);
    }
  } catch (cause) {
    // The value is a credential: the message must not repeat it.
    throw failed(new Error('the credentials hold characters that a request header cannot carry', { cause }));
  }
  const cluster = config.getCurrentCluster() as Cluster;
  return { server: new URL(cluster.server), agent: agentFor(cluster, request, maxSockets), headers };
}

/** A keep-alive agent. client-node's own closes each connection, and only its proxy agents are worth keeping. */
function agentFor(cluster: Cluster, request: https.RequestOptions, maxSockets: number): http.Agent {
  const reuse = { keepAlive: true, maxSockets };
  if (cluster.proxyUrl) return Object.assign(request.agent as http.Agent, reuse);
  if (cluster.server.startsWith('http:')) return new http.Agent(reuse);
  const { ca, cert, key, rejectUnauthorized } = request;
  return new https.Agent({
    ...reuse,
    ca,
    cert,
    key,
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    ...(cluster.tlsServerName && { servername: cluster.tlsServerName }),
  });
}

async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const seconds = Math.round(timeoutMs / 1000);
    timer = setTimeout(() => reject(new Error(`the identity provider did not answer within ${seconds} s`)), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
