import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Agent, AgentOptions } from 'node:https';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { BulwarkError } from '../../model/errors.ts';
import type { Authority, Credentials, Identity } from './identity.ts';

/** Where credentials are, as the command line names them. None are used that are not named. */
export interface CredentialSources {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly certificateAuthority?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly weakContext?: string | undefined;
  readonly weakTokenFile?: string | undefined;
  readonly weakClientCertificate?: string | undefined;
  readonly weakClientKey?: string | undefined;
}

export interface SourceOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface ProbeCredentials {
  readonly authority?: Authority;
  readonly credentials?: Credentials;
}

/**
 * Reads the authority and the identities that are named. Credentials without an authority to verify servers against are
 * refused: they could be sent to nobody. Throws `BulwarkError`; its message repeats no credential.
 */
export async function readCredentials(sources: CredentialSources, options: SourceOptions): Promise<ProbeCredentials> {
  const read = (file: string): Buffer => readCredentialFile(resolve(options.cwd, file));
  const file = sources.certificateAuthority;
  const named: Authority | undefined = file === undefined ? undefined : { ca: read(file) };
  const context = sources.context === undefined ? undefined : await ofContext(sources.context, sources, options);
  const authority = named ?? context?.authority;
  const pair = clientPair(sources.clientCertificate, sources.clientKey, read);
  const given = pair ?? context?.identity;
  const weak = await weakIdentity(sources, { ...options, read });
  if (given === undefined && weak !== undefined) {
    throw new BulwarkError(
      'usage',
      'an identity without rights is only compared with another one',
      'name that with --context, or with --client-certificate and --client-key',
    );
  }
  if (given !== undefined && authority === undefined) {
    throw new BulwarkError(
      'usage',
      'credentials are sent only to servers whose certificate verifies, and no authority is known',
      'name one with --certificate-authority, such as /etc/kubernetes/pki/ca.crt',
    );
  }
  checkPem({ ca: authority?.ca, given, weak });
  return {
    ...(authority !== undefined && { authority }),
    ...(given !== undefined && { credentials: { given, ...(weak !== undefined && { weak }) } }),
  };
}

interface WeakOptions extends SourceOptions {
  readonly read: (file: string) => Buffer;
}

async function weakIdentity(sources: CredentialSources, options: WeakOptions): Promise<Identity | undefined> {
  const { weakTokenFile, weakContext } = sources;
  const pair = clientPair(sources.weakClientCertificate, sources.weakClientKey, options.read);
  if (pair !== undefined) return pair;
  if (weakTokenFile !== undefined) {
    const token = options.read(weakTokenFile).toString('utf8').trim();
    if (/^[\x21-\x7e]+$/.test(token)) return { headers: { authorization: `Bearer ${token}` } };
    throw new BulwarkError(
      'usage',
      `${weakTokenFile} holds no token`,
      'write one token into it, such as kubectl create token prints',
    );
  }
  return weakContext === undefined ? undefined : (await ofContext(weakContext, sources, options)).identity;
}

interface OfContext {
  readonly identity: Identity;
  readonly authority?: Authority;
}

async function ofContext(
  context: string,
  { kubeconfig }: CredentialSources,
  { cwd, env, timeoutMs, signal }: SourceOptions,
): Promise<OfContext> {
  const { connect } = await import('../cluster/connect.ts');
  const connection = await connect({
    kubeconfig: kubeconfig === undefined ? undefined : resolve(cwd, kubeconfig),
    context,
    env,
    timeoutMs,
    signal,
    maxSockets: 1,
  });
  // An agent for a proxy keeps no certificates where they can be seen; there is no authority then.
  const options: AgentOptions | undefined = (connection.agent as Agent).options;
  const { ca, cert, key, servername } = options ?? {};
  const { hostname, port } = connection.server;
  const serverName =
    servername === undefined
      ? undefined
      : { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443), name: servername };
  connection.agent.destroy();
  return {
    identity: {
      headers: connection.headers,
      ...(isPem(cert) && { cert }),
      ...(isPem(key) && { key }),
    },
    ...(ca !== undefined && { authority: { ca: asCa(ca), serverName } }),
  };
}

function isPem(value: unknown): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value);
}

function asCa(ca: NonNullable<AgentOptions['ca']>): Authority['ca'] {
  return typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca];
}

function clientPair(
  certificate: string | undefined,
  key: string | undefined,
  read: (file: string) => Buffer,
): Identity | undefined {
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new BulwarkError('usage', 'a client certificate needs its key, and a key its certificate', 'name both files');
  return { cert: read(certificate), key: read(key), headers: {} };
}

function readCredentialFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new BulwarkError('usage', `cannot read ${file}: ${code}`, 'name a file that exists and may be read', {
      cause,
    });
  }
}

interface Pems {
  readonly ca: Authority['ca'] | undefined;
  readonly given: Identity | undefined;
  readonly weak: Identity | undefined;
}

/** Broken PEM is a mistake of the command line, not of every server that is asked. */
function checkPem({ ca, given, weak }: Pems): void {
  const parts = [
    [
      'the certificate authority',
      { ca: typeof ca === 'string' || Buffer.isBuffer(ca) || ca === undefined ? ca : [...ca] },
    ],
    ['the client certificate and its key', { cert: given?.cert, key: given?.key }],
    ['the client certificate without rights and its key', { cert: weak?.cert, key: weak?.key }],
  ] as const;
  for (const [what, part] of parts) {
    try {
      createSecureContext(part);
    } catch {
      throw new BulwarkError(
        'usage',
        `${what} cannot be read as PEM, or do not belong together`,
        'openssl x509 -text -in FILE shows what a file holds',
      );
    }
  }
  // OpenSSL takes an authority without a certificate that can be read for an empty one.
  for (const pem of ca === undefined ? [] : [ca].flat()) {
    if (isCertificate(pem)) continue;
    throw new BulwarkError(
      'usage',
      'the certificate authority holds no certificate that can be read',
      'name a file in PEM, such as /etc/kubernetes/pki/ca.crt',
    );
  }
}

function isCertificate(pem: string | Buffer): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== '';
  } catch {
    return false;
  }
}
