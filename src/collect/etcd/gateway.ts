import https from 'node:https';
import { isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import type { GapCode } from '../../model/snapshot.ts';
import { plainText } from '../cluster/plain-text.ts';

export interface EtcdCredentials {
  /** PEM: the authority of the member's certificate; it must verify. */
  readonly ca: string;
  /** PEM: the client's certificate and key. */
  readonly cert: string;
  readonly key: string;
  /** The name to look for in the member's certificate, where it is not the host of the URL. */
  readonly servername?: string | undefined;
}

/** Why a member gave no usable answer; `message` and `hint` are fit for a report. */
export class EtcdError extends Error {
  readonly gapCode: GapCode;
  readonly hint: string | undefined;
  readonly status: number | undefined;
  /** The code of gRPC in the answer. */
  readonly code: number | undefined;

  constructor(gapCode: GapCode, message: string, details: EtcdErrorDetails = {}) {
    super(plainText(message), { cause: details.cause });
    this.name = 'EtcdError';
    this.gapCode = gapCode;
    this.hint = details.hint;
    this.status = details.status;
    this.code = details.code;
  }
}

interface EtcdErrorDetails {
  readonly hint?: string | undefined;
  readonly status?: number | undefined;
  readonly code?: number | undefined;
  readonly cause?: unknown;
}

/** Requests that only read. `post` takes no other. */
type ReadingRequest = 'kv/range' | 'maintenance/status';

const timeoutMs = 30_000;
const answerLimit = 64 * 1024 * 1024;
/** By version: up to 3.2, 3.3, and from 3.4 on. */
const roots = ['/v3', '/v3beta', '/v3alpha'] as const;

const offlineHint = 'read a snapshot instead: `etcdctl snapshot save FILE`, which needs no gateway, and name the file';

/** The JSON gateway of one member, over TLS that verifies in both directions. */
export class EtcdGateway {
  private readonly endpoint: URL;
  private readonly agent: https.Agent;
  private readonly signal: AbortSignal | undefined;
  private root: (typeof roots)[number] | undefined;

  constructor(endpoint: URL, credentials: EtcdCredentials, signal: AbortSignal | undefined) {
    const { ca, cert, key, servername } = credentials;
    this.endpoint = endpoint;
    this.signal = signal;
    const identity = servername === undefined ? {} : { servername };
    this.agent = new https.Agent({ ca, cert, key, ...identity, keepAlive: true, maxSockets: 1, minVersion: 'TLSv1.2' });
  }

  close(): void {
    this.agent.destroy();
  }

  /** The answer to a request, under the path that this version of etcd has. Throws `EtcdError`, or the signal's reason. */
  async post(request: ReadingRequest, body: JsonObject): Promise<JsonObject> {
    if (this.root !== undefined) return this.send(`${this.root}/${request}`, body);
    for (const root of roots) {
      try {
        const answer = await this.send(`${root}/${request}`, body);
        this.root = root;
        return answer;
      } catch (error) {
        if (!(error instanceof EtcdError) || error.status !== 404) throw error;
      }
    }
    const reason = 'it has no JSON gateway (404): --enable-grpc-gateway is false, or this is not etcd';
    throw new EtcdError('unavailable', reason, { hint: offlineHint, status: 404 });
  }

  private send(path: string, body: JsonObject): Promise<JsonObject> {
    const { promise, resolve, reject } = promiseParts<JsonObject>();
    const url = new URL(this.endpoint);
    url.pathname = url.pathname.replace(/\/$/, '') + path;
    const signals = [AbortSignal.timeout(timeoutMs), ...(this.signal === undefined ? [] : [this.signal])];
    const signal = AbortSignal.any(signals);
    const fail = (error: unknown): void => reject(this.failure(error));
    try {
      const request = https.request(url, {
        method: 'POST',
        agent: this.agent,
        signal,
        headers: { 'content-type': 'application/json', 'user-agent': 'bulwark' },
      });
      request.on('error', fail);
      request.on('response', (response) => {
        const status = response.statusCode ?? 0;
        readText(response)
          .then((text) => resolve(answerOf(status, text)), fail)
          .catch(fail);
      });
      request.end(JSON.stringify(body));
    } catch (error) {
      // A certificate or key that cannot be used is refused before anything is sent.
      fail(error);
    }
    return promise;
  }

  private failure(error: unknown): unknown {
    if (this.signal?.aborted) return this.signal.reason;
    if (error instanceof EtcdError) return error;
    return transportError(error as NodeJS.ErrnoException, this.endpoint.host);
  }
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function promiseParts<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: unknown) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((onValue, onReason) => {
    resolve = onValue;
    reject = onReason;
  });
  return { promise, resolve, reject };
}

async function readText(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > answerLimit) throw new EtcdError('too-large', `an answer is larger than ${answerLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answerOf(status: number, text: string): JsonObject {
  let body: Json | undefined;
  try {
    body = JSON.parse(text) as Json;
  } catch {
    body = undefined;
  }
  const answer = isObject(body) ? body : undefined;
  if (status !== 200) throw statusError(status, answer, text);
  if (answer === undefined) throw new EtcdError('malformed', 'it answered with something that is not a JSON object');
  return answer;
}

function statusError(status: number, body: JsonObject | undefined, text: string): EtcdError {
  // Not every layer of the member answers in JSON.
  const message = body === undefined ? text.trim() : (own(body, 'message') ?? own(body, 'error'));
  const said = typeof message === 'string' ? message : '';
  const grpc = body === undefined ? undefined : own(body, 'code');
  const code = typeof grpc === 'number' ? grpc : undefined;
  const details = { status, code };
  const reason = `it answered ${status}${said === '' ? '' : `: ${said}`}`;
  if (said.includes('CommonName of client sending a request against gateway')) {
    const because = `${reason} (authentication is on in etcd, and its gateway takes no user from a certificate)`;
    return new EtcdError('forbidden', because, { ...details, hint: offlineHint });
  }
  if (status === 503) {
    const hint =
      'the gateway connects to its own member with the server certificate: does that allow client authentication ' +
      `(extended key usage clientAuth), and is the member healthy? Otherwise ${offlineHint}`;
    return new EtcdError('unavailable', reason, { ...details, hint });
  }
  if (status === 401 || status === 403 || code === 7 || code === 16) {
    return new EtcdError('forbidden', reason, { ...details, hint: offlineHint });
  }
  return new EtcdError('unavailable', reason, details);
}

const plainReasons = new Map<string | undefined, string>([
  ['ECONNREFUSED', 'connection refused'],
  ['ENOTFOUND', 'the host name is not known'],
  ['EAI_AGAIN', 'the host name could not be looked up'],
  ['EHOSTUNREACH', 'no route to the host'],
  ['ENETUNREACH', 'no route to the network'],
  ['ETIMEDOUT', 'the connection timed out'],
]);
const serverCertificate =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)/;
const clientCertificate =
  /ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|UNKNOWN_CERTIFICATE|UNSUPPORTED_CERTIFICATE)/;
const material = /^ERR_OSSL_|^ERR_CRYPTO_|PEM|KEY_VALUES_MISMATCH/;

/** What a socket's or TLS's error comes to, and the next step. */
function transportError(cause: NodeJS.ErrnoException, host: string): EtcdError {
  const { code = '', message } = cause;
  if (cause.name === 'TimeoutError' || cause.name === 'AbortError') {
    return new EtcdError('unavailable', `no complete answer within ${timeoutMs / 1000} s`, { cause });
  }
  const plain = plainReasons.get(code);
  if (plain !== undefined) return new EtcdError('unavailable', plain, { cause });
  if (serverCertificate.test(code)) {
    const hint = `name the authority that signed the certificate of ${host}, and a name that is in it`;
    return new EtcdError('unavailable', `its certificate does not verify: ${message}`, { cause, hint });
  }
  if (clientCertificate.test(code)) {
    const hint = 'name a certificate and key that an authority in its --trusted-ca-file signed';
    return new EtcdError('forbidden', 'it refuses the client certificate', { cause, hint });
  }
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return new EtcdError('unavailable', 'it does not speak TLS that is accepted here (1.2 or newer)', { cause });
  }
  if (material.test(code)) {
    return new EtcdError('malformed', `the given certificates or key cannot be used: ${message}`, { cause });
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    const hint = 'it may want a client certificate that an authority in its --trusted-ca-file signed';
    return new EtcdError('unavailable', 'it closed the connection', { cause, hint });
  }
  return new EtcdError('unavailable', message || code || 'unknown error', { cause });
}
