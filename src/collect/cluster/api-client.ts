import http from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { ApiError, transportError } from './api-error.ts';
import type { Connection } from './connect.ts';
import { type ManagedFieldsUse, withoutManagedFields } from './managed-fields.ts';

/** Largest answer that is read, decompressed: a page of 500 objects, each as large as etcd admits, is rarer still. */
const maxResponseBytes = 256 * 1024 * 1024;

export interface ApiClientOptions {
  /** Makes the connection; called again when the credentials expired. */
  readonly connect: () => Promise<Connection>;
  /** For one request, from its start to the last byte of the answer. */
  readonly timeoutMs: number;
  /** For the connection, TLS included. */
  readonly connectTimeoutMs: number;
  readonly maxResponseBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiAnswer {
  readonly body: JsonObject;
  readonly contentType: string;
}

export interface GetOptions {
  readonly accept?: string;
  /** Dropped unless told. */
  readonly managedFields?: ManagedFieldsUse | undefined;
}

interface Asked {
  readonly accept: string;
  readonly managedFields: ManagedFieldsUse | undefined;
}

const attempts = 4;
const longestWaitSeconds = 10;
/** Of credentials in one scan: a server that never takes them must not run a credential plugin for every request. */
const maxRenewals = 5;
const maxErrorBytes = 64 * 1024;

/** GET requests to one API server: deadlines, size limits, and coded errors. Nothing but GET is ever sent. */
export class ApiClient {
  private readonly options: ApiClientOptions;
  private connection: Promise<Connection>;
  private readonly agents: http.Agent[];
  private renewals = 0;

  private constructor(options: ApiClientOptions, connection: Connection) {
    this.options = options;
    this.connection = Promise.resolve(connection);
    this.agents = [connection.agent];
  }

  static async open(options: ApiClientOptions): Promise<ApiClient> {
    return new ApiClient(options, await options.connect());
  }

  close(): void {
    for (const agent of this.agents) agent.destroy();
  }

  async server(): Promise<string> {
    return (await this.connection).server.href.replace(/\/$/, '');
  }

  /**
   * The JSON object at `path` (with its query). Waits and asks again where the server sheds load, and renews the
   * credentials where they expired. Throws `ApiError`.
   */
  async get(path: string, { accept = 'application/json', managedFields }: GetOptions = {}): Promise<ApiAnswer> {
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      this.options.signal?.throwIfAborted();
      const used = this.connection;
      const connection = await used;
      try {
        return await this.request(connection, path, { accept, managedFields });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 401 && !renewed && this.renewals < maxRenewals) {
          renewed = true;
          await this.renew(used);
        } else if (isShedding(error) && attempt < attempts) {
          const seconds = Math.min(error.retryAfter ?? 2 ** (attempt - 1), longestWaitSeconds);
          await sleep(seconds * 1000, undefined, this.options.signal && { signal: this.options.signal });
        } else {
          throw error;
        }
      }
    }
  }

  /** Requests that fail at the same time share one renewal. One that fails is the last. */
  private async renew(expired: Promise<Connection>): Promise<void> {
    if (this.connection === expired) {
      this.renewals += 1;
      this.connection = this.options.connect().then(
        (connection) => {
          this.agents.push(connection.agent);
          return connection;
        },
        () => {
          this.renewals = maxRenewals;
          return expired;
        },
      );
    }
    await this.connection;
  }

  private async request(connection: Connection, path: string, asked: Asked): Promise<ApiAnswer> {
    try {
      return await this.send(connection, path, asked);
    } catch (error) {
      // The server may close an idle connection in the moment that it is used again.
      if (!(error instanceof ReusedSocketError)) throw error;
      return await this.send(connection, path, asked);
    }
  }

  private send(connection: Connection, path: string, { accept, managedFields }: Asked): Promise<ApiAnswer> {
    const { timeoutMs, connectTimeoutMs, signal } = this.options;
    const url = new URL(connection.server);
    const [pathname = '', query] = path.split('?', 2);
    url.pathname = url.pathname.replace(/\/$/, '') + pathname;
    url.search = query ?? '';
    return new Promise((resolve, reject) => {
      let connected = false;
      const request = (url.protocol === 'https:' ? https : http).request(url, {
        agent: connection.agent,
        headers: { ...connection.headers, accept, 'accept-encoding': 'gzip', 'user-agent': 'bulwark' },
      });
      const settle = (outcome: ApiAnswer | Error): void => {
        clearTimeout(deadline);
        clearTimeout(connectDeadline);
        signal?.removeEventListener('abort', abort);
        if (outcome instanceof Error) {
          request.destroy();
          reject(outcome);
        } else {
          resolve(outcome);
        }
      };
      const expire = (what: string, limit: number): void =>
        settle(new ApiError(connected ? 'timeout' : 'unreachable', `${what} within ${formatSeconds(limit)}`));
      const deadline = setTimeout(() => expire('no complete answer', timeoutMs), timeoutMs);
      const connectDeadline = setTimeout(() => {
        if (!connected) expire('no connection', connectTimeoutMs);
      }, connectTimeoutMs);
      const abort = (): void => settle(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      signal?.addEventListener('abort', abort, { once: true });
      request.on('socket', (socket) => {
        const tls = url.protocol === 'https:';
        if (request.reusedSocket || (!tls && !socket.connecting)) connected = true;
        else socket.once(tls ? 'secureConnect' : 'connect', () => (connected = true));
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (request.reusedSocket && error.code === 'ECONNRESET')
          settle(new ReusedSocketError('interrupted', 'the connection broke: ECONNRESET', { cause: error }));
        else settle(transportError(error, { connected }));
      });
      request.on('response', (response) => {
        connected = true;
        this.readAnswer(response, managedFields).then(settle, settle);
      });
      request.end();
    });
  }

  private async readAnswer(
    response: http.IncomingMessage,
    managedFields: ManagedFieldsUse | undefined,
  ): Promise<ApiAnswer> {
    const status = response.statusCode ?? 0;
    const contentType = response.headers['content-type'] ?? '';
    if (status >= 300 && status < 400) {
      throw new ApiError('interrupted', `the server redirects to ${response.headers.location ?? 'nowhere'}`, {
        status,
      });
    }
    const limit = status === 200 ? (this.options.maxResponseBytes ?? maxResponseBytes) : maxErrorBytes;
    const text = await readText(response, limit, status);
    if (status !== 200) {
      const retryAfter = Number.parseInt(response.headers['retry-after'] ?? '', 10);
      throw new ApiError('status', statusMessage(status, text), {
        status,
        retryAfter: Number.isNaN(retryAfter) || retryAfter < 0 ? undefined : retryAfter,
      });
    }
    let body: Json;
    try {
      body = JSON.parse(withoutManagedFields(text, managedFields)) as Json;
    } catch (cause) {
      const what = /json/i.test(contentType) ? 'broken JSON' : contentType || 'something without a content type';
      throw new ApiError('interrupted', `the server answered with ${what}`, { cause });
    }
    if (!isObject(body)) throw new ApiError('interrupted', 'the server answered with JSON that is not an object');
    return { body, contentType };
  }
}

/** A kept connection was closed before it carried the request: the request may be sent again. */
class ReusedSocketError extends ApiError {}

async function readText(response: http.IncomingMessage, limit: number, status: number): Promise<string> {
  const gzip = response.headers['content-encoding'] === 'gzip';
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Unlike pipe(), pipeline() passes an early end of the response on as an error.
    const stream = gzip ? pipeline(response, createGunzip(), () => undefined) : response;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) {
        if (status !== 200) break;
        throw new ApiError('too-large', `the answer is larger than ${Math.round(limit / 1024 / 1024)} MiB`);
      }
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError('interrupted', 'the connection closed in the middle of the answer', { cause });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isShedding(error: ApiError): boolean {
  return error.status === 429 || (error.status === 503 && error.retryAfter !== undefined);
}

/** The `message` of the metav1.Status that the API server answers errors with. */
export function statusMessage(status: number, text: string): string {
  const name = `${status} ${http.STATUS_CODES[status] ?? ''}`.trim();
  try {
    const body: Json = JSON.parse(text);
    const message = isObject(body) ? own(body, 'message') : undefined;
    return typeof message === 'string' && message !== '' ? message : name;
  } catch {
    return name;
  }
}

function formatSeconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${Math.round(milliseconds / 1000)} s`;
}
