import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { BulwarkError } from '../../model/errors.ts';
import { BodyError, maxBodyBytes, readBody } from './body.ts';
import type { CallerCheck } from './caller.ts';
import type { Spool } from './spool.ts';
import type { ServerCertificate } from './tls-files.ts';

export const webhookPath = '/audit';

export interface Received {
  readonly offset: number;
  readonly end: number;
  readonly body: Buffer;
}

export interface ReceiverOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined: HTTP, on loopback only. */
  readonly certificate: ServerCertificate | undefined;
  readonly check: CallerCheck;
  readonly spool: Spool;
  /** Bytes that wait for the detections before callers are asked to wait. */
  readonly maxBacklog: number;
  /** Called in the order of the spool. The answer waits until it resolves: who sends too fast is slowed down. */
  readonly onReceived: (received: Received) => Promise<void>;
  /** Of every request: its status, and seconds from its begin to the answer. */
  readonly onAnswered: (answered: { readonly status: number; readonly seconds: number }) => void;
}

export interface Receiver {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** Bodies that may be in memory while they arrive. */
const maxArriving = 4 * maxBodyBytes;

/**
 * Takes EventLists from the audit webhook of API servers. 2xx says that the events are on disk: whoever got anything
 * else, or no answer, sends them again. They are read later, and once. Throws `usage` for an address that
 * cannot be listened on.
 */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const { certificate, host, port } = options;
  const limits = {
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 120_000,
  };
  const server =
    certificate === undefined
      ? http.createServer(limits)
      : https.createServer({ ...limits, ...certificate.options, handshakeTimeout: 10_000 });
  if (server instanceof https.Server) certificate?.renew((context) => server.setSecureContext(context));
  server.maxConnections = 256;
  const intake = new Intake(options);
  server.on('request', (request, response) => void intake.handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'somebody else listens there' : cause.message;
      reject(new BulwarkError('usage', `--listen ${host}:${port}: ${reason}`, 'choose another address', { cause }));
    });
    server.listen(port, host, resolve);
  });
  server.on('error', () => undefined);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      certificate?.stop();
      server.close(() => resolve());
      server.closeIdleConnections();
      // A caller that got no answer sends its events again.
      setTimeout(() => server.closeAllConnections(), 2_000).unref();
    });
  return { address: server.address() as AddressInfo, close };
}

class Intake {
  private readonly options: ReceiverOptions;
  private arriving = 0;

  constructor(options: ReceiverOptions) {
    this.options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const began = performance.now();
    let answer: Answer;
    try {
      answer = await this.take(request);
    } catch (error) {
      answer =
        error instanceof BodyError
          ? { status: error.status, text: error.message }
          : { status: 503, text: 'the events could not be kept', retryAfter: 5 };
    }
    const { status, text = '', retryAfter } = answer;
    response.writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      // The rest of a body that nobody reads would be taken for the next request.
      ...(!request.complete && { connection: 'close' }),
    });
    response.end(text === '' ? '' : `${text}\n`);
    this.options.onAnswered({ status, seconds: (performance.now() - began) / 1000 });
  }

  private async take(request: IncomingMessage): Promise<Answer> {
    if ((request.url ?? '').split('?', 1)[0] !== webhookPath) return { status: 404, text: `post to ${webhookPath}` };
    if (!(await this.options.check.admits(request)))
      return { status: 401, text: 'a client certificate or a token is needed' };
    if (request.method !== 'POST') return { status: 405, text: `post to ${webhookPath}` };
    const announced = Number(request.headers['content-length'] ?? maxBodyBytes);
    const size = Number.isFinite(announced) ? Math.min(announced, maxBodyBytes) : maxBodyBytes;
    if (this.options.spool.backlog + size > this.options.maxBacklog || this.arriving + size > maxArriving) {
      return { status: 429, text: 'too much is waiting', retryAfter: 2 };
    }
    this.arriving += size;
    try {
      return await this.keep(await readBody(request));
    } finally {
      this.arriving -= size;
    }
  }

  private async keep(body: Buffer): Promise<Answer> {
    if (!isObjectText(body)) return { status: 400, text: 'the body is not a JSON object' };
    const { spool, onReceived } = this.options;
    const place = await spool.append(body);
    await onReceived({ ...place, body });
    return { status: 200 };
  }
}

/** Enough to turn away who posts something else; what is wrong inside shows when it is read. */
function isObjectText(body: Buffer): boolean {
  const text = body.toString('latin1', Math.max(0, body.length - 16)).trimEnd();
  return body.toString('latin1', 0, 16).trimStart().startsWith('{') && text.endsWith('}');
}

interface Answer {
  readonly status: number;
  readonly text?: string;
  /** Seconds. */
  readonly retryAfter?: number;
}
