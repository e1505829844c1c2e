import http from 'node:http';
import https from 'node:https';
import { DeliveryError } from './sink.ts';

export interface HttpTargetOptions {
  readonly url: URL;
  /** `Authorization` and the like. */
  readonly headers?: ReadonlyMap<string, string>;
  /** Authorities to trust besides the system's, PEM. */
  readonly ca?: string | undefined;
  /** For one delivery from its start to the last byte of the answer, in milliseconds. */
  readonly timeoutMs?: number;
}

export interface HttpMessage {
  readonly body: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Appended to the target's path. */
  readonly path?: string;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** Answers that say that the message itself is wrong: sending it again would change nothing. */
const refusals: ReadonlySet<number> = new Set([400, 405, 406, 409, 410, 413, 415, 422]);

/** Longest answer that is read; a bulk answer has a line an alert. */
const maxAnswer = 4 * 1024 * 1024;

/** A receiver of messages over HTTP, by kept connections. */
export class HttpTarget {
  private readonly options: HttpTargetOptions;
  private readonly agent: http.Agent;

  constructor(options: HttpTargetOptions) {
    this.options = options;
    const { url, ca } = options;
    this.agent =
      url.protocol === 'https:'
        ? new https.Agent({ keepAlive: true, maxSockets: 2, ...(ca !== undefined && { ca }) })
        : new http.Agent({ keepAlive: true, maxSockets: 2 });
  }

  /** Host and port: paths and queries of such URLs are often secrets. */
  get host(): string {
    return this.options.url.host;
  }

  /** Resolves with the answer where it is a success or a refusal for good. Rejects with a `DeliveryError` otherwise. */
  async post(message: HttpMessage): Promise<HttpAnswer> {
    const answer = await this.send(message);
    const { status, text } = answer;
    if ((status >= 200 && status < 300) || refusals.has(status)) return answer;
    const said = text.trim().slice(0, 200);
    throw new DeliveryError(`${this.host} answered ${status}${said === '' ? '' : `: ${said}`}`, {
      retryAfter: answer.retryAfter,
    });
  }

  close(): void {
    this.agent.destroy();
  }

  private send(message: HttpMessage): Promise<HttpAnswer & { readonly retryAfter: number | undefined }> {
    const { timeoutMs = 15_000, headers } = this.options;
    const url = new URL(this.options.url);
    if (message.path !== undefined) url.pathname = url.pathname.replace(/\/$/, '') + message.path;
    const body = Buffer.from(message.body);
    return new Promise((resolve, reject) => {
      const fail = (reason: string, cause?: Error): void => {
        clearTimeout(deadline);
        message.signal.removeEventListener('abort', abort);
        request.destroy();
        reject(new DeliveryError(`${this.host}: ${reason}`, { cause }));
      };
      const request = (url.protocol === 'https:' ? https : http).request(url, {
        method: 'POST',
        agent: this.agent,
        headers: {
          ...Object.fromEntries(headers ?? []),
          ...message.headers,
          'content-type': message.contentType,
          'content-length': body.length,
          'user-agent': 'bulwark',
        },
      });
      const deadline = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
      const abort = (): void => fail('stopped');
      message.signal.addEventListener('abort', abort, { once: true });
      request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message, error));
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length <= maxAnswer) chunks.push(chunk);
        });
        response.on('error', (error) => fail(error.message, error));
        response.on('end', () => {
          clearTimeout(deadline);
          message.signal.removeEventListener('abort', abort);
          const seconds = Number(response.headers['retry-after']);
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
            retryAfter: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
          });
        });
      });
      request.end(body);
    });
  }
}

/** Why a receiver will never take a message; undefined where it did. */
export function refusalOf({ status, text }: HttpAnswer, host: string): string | undefined {
  if (status >= 200 && status < 300) return undefined;
  return `${host} answered ${status}: ${text.trim().slice(0, 200)}`;
}
