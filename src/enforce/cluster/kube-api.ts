import http from 'node:http';
import https from 'node:https';
import { statusMessage } from '../../collect/cluster/api-client.ts';
import { ApiError, transportError } from '../../collect/cluster/api-error.ts';
import type { Connection } from '../../collect/cluster/connect.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';

export interface KubeApiOptions {
  /** Makes the connection; called again, with the one before, when the credentials expired. */
  readonly connect: (before: Connection | undefined) => Promise<Connection>;
  /** How long credentials are used at most, in milliseconds; without it until they are refused. */
  readonly renewAfter?: number;
  /** For one request, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Call {
  readonly method: Method;
  /** With its query. */
  readonly path: string;
  readonly body?: JsonObject | readonly JsonObject[];
  /** Of the body; a merge patch for PATCH where it is left out. */
  readonly contentType?: string;
}

/** Largest answer that is read. */
const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * Requests to one API server that the webhook and its keeper make for themselves: read, watch, and write what is
 * theirs. Every request has a deadline. Throws `ApiError`.
 */
export class KubeApi {
  private readonly options: KubeApiOptions;
  private connection: Promise<Connection> | undefined;
  private isRefused = false;
  private connectedAt = 0;

  constructor(options: KubeApiOptions) {
    this.options = options;
  }

  /** The object that the server answers with. */
  async call(call: Call): Promise<JsonObject> {
    try {
      return await this.send(call);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const isStale = error.cause instanceof Error && (error.cause as NodeJS.ErrnoException).code === 'ECONNRESET';
      if (error.status === 401) this.isRefused = true;
      // A kept connection may be closed in the moment that it is used again.
      if (error.status === 401 || (isStale && call.method === 'GET')) return this.send(call);
      throw error;
    }
  }

  get(path: string): Promise<JsonObject> {
    return this.call({ method: 'GET', path });
  }

  /** The object, or undefined where there is none. */
  async find(path: string): Promise<JsonObject | undefined> {
    try {
      return await this.get(path);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** The lines of a watch, as JSON, until the server or `signal` ends it. */
  async *watch(path: string, signal: AbortSignal): AsyncGenerator<Json> {
    const response = await this.open({ method: 'GET', path }, signal);
    let rest = '';
    try {
      for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
        const end = chunk.lastIndexOf('\n');
        if (end === -1) {
          rest += chunk;
          if (rest.length > maxAnswerBytes) throw new ApiError('too-large', 'an event of a watch is too large');
          continue;
        }
        const lines = (rest + chunk.slice(0, end)).split('\n');
        rest = chunk.slice(end + 1);
        for (const line of lines) if (line !== '') yield JSON.parse(line) as Json;
      }
    } catch (cause) {
      if (signal.aborted || cause instanceof ApiError) throw cause;
      throw new ApiError('interrupted', 'the watch broke', { cause });
    } finally {
      response.destroy();
    }
  }

  async close(): Promise<void> {
    (await this.connection?.catch(() => undefined))?.agent.destroy();
  }

  private async send(call: Call): Promise<JsonObject> {
    const ended = new AbortController();
    const stop = (): void => ended.abort();
    const { signal, timeoutMs } = this.options;
    const deadline = setTimeout(stop, timeoutMs);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const response = await this.open(call, ended.signal);
      const text = await readText(response);
      const body: Json = JSON.parse(text === '' ? '{}' : text);
      if (!isObject(body)) throw new ApiError('interrupted', 'the server answered with JSON that is not an object');
      return body;
    } catch (cause) {
      if (ended.signal.aborted) throw new ApiError('timeout', 'no complete answer in time', { cause });
      if (cause instanceof SyntaxError) throw new ApiError('interrupted', 'the answer is not JSON', { cause });
      throw cause;
    } finally {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', stop);
    }
  }

  /** The response to a call that succeeded. */
  private async open({ method, path, body, contentType }: Call, signal: AbortSignal): Promise<http.IncomingMessage> {
    const { server, agent, headers } = await this.connected();
    const [pathname = '', query = ''] = path.split('?', 2);
    const url = new URL(server);
    url.pathname = url.pathname.replace(/\/$/, '') + pathname;
    url.search = query;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === 'https:' ? https : http).request(url, {
        method,
        agent,
        signal,
        headers: {
          ...headers,
          accept: 'application/json',
          'user-agent': 'bulwark-webhook',
          ...(text !== undefined && {
            'content-type': contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'),
            'content-length': Buffer.byteLength(text),
          }),
        },
      });
      request.on('error', (error) => reject(transportError(error, { connected: request.reusedSocket })));
      request.on('response', resolve);
      request.end(text);
    });
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw new ApiError('status', statusMessage(status, await readText(response)), { status });
  }

  private async connected(): Promise<Connection> {
    const now = performance.now();
    const { renewAfter = Number.POSITIVE_INFINITY } = this.options;
    if (this.connection === undefined || this.isRefused || now - this.connectedAt > renewAfter) {
      this.isRefused = false;
      this.connectedAt = now;
      this.connection = this.renewed(this.connection);
    }
    return this.connection;
  }

  private async renewed(earlier: Promise<Connection> | undefined): Promise<Connection> {
    const before = await earlier?.catch(() => undefined);
    try {
      return await this.options.connect(before);
    } catch (error) {
      // What served until now may serve on.
      if (before !== undefined) return before;
      this.connection = undefined;
      throw error;
    }
  }
}

async function readText(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxAnswerBytes) throw new ApiError('too-large', 'the answer is too large');
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError('interrupted', 'the connection closed in the middle of the answer', { cause });
  }
  return Buffer.concat(chunks).toString('utf8');
}
