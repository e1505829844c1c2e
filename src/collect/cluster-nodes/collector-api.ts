import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { statusMessage } from '../cluster/api-client.ts';
import { ApiError, transportError } from '../cluster/api-error.ts';
import type { Connection } from '../cluster/connect.ts';

export interface CollectorApiOptions {
  /** Makes the connection; called again when the credentials expired. */
  readonly connect: () => Promise<Connection>;
  /** For one request, from its start to the last byte of the answer. */
  readonly timeoutMs: number;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: JsonObject;
  readonly signal?: AbortSignal | undefined;
  /** Takes what is answered as it arrives, instead of JSON. */
  readonly take?: (chunk: Buffer) => void;
}

export type CallOptions = Pick<Call, 'signal'>;

const attempts = 4;
const maxRenewals = 10;
/** A list of the pods of one run, of which there are a few at a time. */
const maxAnswerBytes = 32 * 1024 * 1024;

/**
 * The requests that running collectors takes: apart from `ApiClient`, which only ever reads. What is created has a name
 * that is known before, so that every request can be sent again. Rejects with `ApiError`, or with the reason of the signal.
 */
export class CollectorApi {
  private readonly options: CollectorApiOptions;
  private connection: Promise<Connection>;
  private readonly agents = new Set<http.Agent>();
  private renewals = 0;

  constructor(options: CollectorApiOptions) {
    this.options = options;
    this.connection = options.connect();
    // It is awaited with the first request.
    this.connection.catch(() => undefined);
  }

  close(): void {
    for (const agent of this.agents) agent.destroy();
  }

  async get(path: string, options: CallOptions = {}): Promise<JsonObject> {
    return await this.call({ method: 'GET', path, ...options });
  }

  async create(path: string, body: JsonObject, options: CallOptions = {}): Promise<JsonObject> {
    return await this.call({ method: 'POST', path, body, ...options });
  }

  /** What is not there any more counts as deleted. */
  async remove(path: string, body: JsonObject, options: CallOptions = {}): Promise<void> {
    try {
      await this.call({ method: 'DELETE', path, body, ...options });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    }
  }

  /** The log of a pod's container, given to what `start` makes, which is made anew where the request is sent again. */
  async log<T extends { push(chunk: Buffer): void }>(
    path: string,
    start: () => T,
    options: CallOptions = {},
  ): Promise<T> {
    let receiver = start();
    await this.retried(options.signal, async (connection) => {
      receiver = start();
      return await this.send(connection, { method: 'GET', path, take: (chunk) => receiver.push(chunk), ...options });
    });
    return receiver;
  }

  private async call(call: Call): Promise<JsonObject> {
    const text = await this.retried(call.signal, (connection) => this.send(connection, call));
    let body: Json;
    try {
      body = JSON.parse(text);
    } catch (cause) {
      throw new ApiError('interrupted', 'the server answered with broken JSON', { cause });
    }
    if (!isObject(body)) throw new ApiError('interrupted', 'the server answered with JSON that is not an object');
    return body;
  }

  private async retried(
    signal: AbortSignal | undefined,
    request: (connection: Connection) => Promise<string>,
  ): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      const used = this.connection;
      const connection = await used;
      this.agents.add(connection.agent);
      try {
        return await request(connection);
      } catch (error) {
        if (!(error instanceof ApiError) || attempt >= attempts) throw error;
        if (error.status === 401) {
          if (this.renewals >= maxRenewals) throw error;
          if (this.connection === used) {
            this.renewals += 1;
            this.connection = this.options.connect().catch(() => used);
          }
          await this.connection;
        } else if (error.status === 429 || error.status === 503 || error.failure === 'interrupted') {
          const seconds = Math.min(error.retryAfter ?? 2 ** (attempt - 2), 10);
          await sleep(seconds * 1000, undefined, signal && { signal });
        } else throw error;
      }
    }
  }

  private send(connection: Connection, { method, path, body, signal, take }: Call): Promise<string> {
    const url = new URL(connection.server);
    const [pathname = '', query] = path.split('?', 2);
    url.pathname = url.pathname.replace(/\/$/, '') + pathname;
    url.search = query ?? '';
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      let connected = false;
      const request = (url.protocol === 'https:' ? https : http).request(url, {
        method,
        agent: connection.agent,
        headers: {
          ...connection.headers,
          accept: take === undefined ? 'application/json' : '*/*',
          'user-agent': 'bulwark',
          ...(content !== undefined && { 'content-type': 'application/json', 'content-length': content.length }),
        },
      });
      const settle = (outcome: string | Error): void => {
        clearTimeout(deadline);
        signal?.removeEventListener('abort', abort);
        if (outcome instanceof Error) {
          request.destroy();
          reject(outcome);
        } else resolve(outcome);
      };
      const deadline = setTimeout(() => {
        const what = `no ${connected ? 'complete answer' : 'connection'} within ${this.options.timeoutMs / 1000} s`;
        settle(new ApiError(connected ? 'timeout' : 'unreachable', what));
      }, this.options.timeoutMs);
      const abort = (): void => settle(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      signal?.addEventListener('abort', abort, { once: true });
      request.on('error', (error) => settle(transportError(error, { connected: connected || request.reusedSocket })));
      request.on('response', (response) => {
        connected = true;
        readAnswer(response, take).then(settle, settle);
      });
      request.end(content);
    });
  }
}

/** The text of an answer; of one that `take` was given, nothing. */
async function readAnswer(response: http.IncomingMessage, take: Call['take']): Promise<string> {
  const status = response.statusCode ?? 0;
  const isGood = status >= 200 && status < 300;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (isGood && take !== undefined) take(chunk);
      else {
        length += chunk.length;
        if (length > maxAnswerBytes) throw new ApiError('too-large', 'the answer is larger than 32 MiB');
        chunks.push(chunk);
      }
    }
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError('interrupted', 'the connection closed in the middle of the answer', { cause });
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (isGood) return text;
  const retryAfter = Number.parseInt(response.headers['retry-after'] ?? '', 10);
  throw new ApiError('status', statusMessage(status, text), {
    status,
    retryAfter: Number.isNaN(retryAfter) || retryAfter < 0 ? undefined : retryAfter,
  });
}
