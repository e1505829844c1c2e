import http from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Outcome, TlsFacts } from '../../semantics/probe/observation.ts';
import { readAnswer } from '../../semantics/probe/read-answer.ts';
import type { Endpoint } from './endpoint.ts';
import { type Authority, identityCheck } from './identity.ts';
import { alertIn, anonymousTls } from './tls-facts.ts';

export interface Question {
  readonly transport: 'tls' | 'plain';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly hostHeader?: string | undefined;
}

export interface Asked {
  readonly outcome: Outcome;
  /** Whether the certificate of this very connection verifies; absent where there was nothing to verify against. */
  readonly verified?: TlsFacts['verified'];
}

/** Of an answer's body that is read. */
const longestBody = 64 * 1024;

/**
 * One GET request as nobody, after its turn. Redirects are answers like any other. Rejects only where the signal ends
 * the run.
 */
export async function askAsNobody(
  endpoint: Endpoint,
  question: Question,
  authority: Authority | undefined,
): Promise<Asked> {
  await endpoint.pace.turn(endpoint.signal);
  const { address, port } = endpoint;
  const plain = { host: address, port, path: question.path, headers: headersOf(endpoint, question), agent: false };
  let verified: TlsFacts['verified'];
  const request =
    question.transport === 'plain'
      ? http.request(plain)
      : https.request({ ...anonymousTls(endpoint), ...(authority && identityCheck(endpoint, authority)), ...plain });
  if (authority !== undefined && question.transport === 'tls') {
    request.on('socket', (socket) => {
      socket.once('secureConnect', () => (verified = verification(socket as TLSSocket)));
    });
  }
  const outcome = await answerTo(request, { path: question.path, endpoint, bodyLimit: longestBody });
  return { outcome, ...(verified !== undefined && { verified }) };
}

function verification(socket: TLSSocket): NonNullable<TlsFacts['verified']> {
  if (socket.authorized) return { ok: true };
  const error: unknown = socket.authorizationError;
  return { ok: false, reason: error instanceof Error ? error.message : String(error) };
}

export function headersOf(
  endpoint: Endpoint,
  { headers, hostHeader }: Omit<Question, 'transport'>,
): http.OutgoingHttpHeaders {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return {
    accept: '*/*',
    ...headers,
    host: hostHeader ?? `${host}:${endpoint.port}`,
    'user-agent': 'bulwark-probe',
    connection: 'close',
  };
}

export interface AnswerOptions {
  readonly path: string;
  readonly endpoint: Endpoint;
  /** 0: only the status is wanted. */
  readonly bodyLimit: number;
}

/** Sends a request that was made, and reads its answer as far as it is wanted or comes in time. */
export function answerTo(request: http.ClientRequest, options: AnswerOptions): Promise<Outcome> {
  const { path, bodyLimit } = options;
  const { timeoutMs, signal } = options.endpoint;
  return new Promise((resolve, reject) => {
    let response: http.IncomingMessage | undefined;
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      request.destroy();
    };
    const settle = (outcome: Outcome): void => {
      end();
      resolve(outcome);
    };
    const abort = (): void => {
      end();
      reject(signal.reason);
    };
    const answered = (): void => {
      if (response !== undefined) settle(outcomeOf(path, response, Buffer.concat(chunks)));
    };
    const timer = setTimeout(() => (response === undefined ? settle({ kind: 'timeout' }) : answered()), timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    request.on('error', (error: NodeJS.ErrnoException) =>
      response === undefined ? settle(failure(error)) : answered(),
    );
    request.on('upgrade', (incoming, socket) => {
      socket.destroy();
      settle(outcomeOf(path, incoming, Buffer.alloc(0)));
    });
    request.on('response', (incoming) => {
      response = incoming;
      if (bodyLimit === 0) return answered();
      incoming.on('data', (chunk: Buffer) => {
        chunks.push(chunk.subarray(0, bodyLimit - length));
        length += chunk.length;
        if (length >= bodyLimit) answered();
      });
      incoming.on('end', answered);
      incoming.on('close', answered);
      incoming.on('error', answered);
    });
    request.end();
  });
}

function outcomeOf(path: string, response: http.IncomingMessage, body: Buffer): Outcome {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(response.headers)) {
    if (typeof value === 'string') headers.set(name, value);
  }
  const status = response.statusCode ?? 0;
  const location = headers.get('location');
  return {
    kind: 'http',
    status,
    ...(location !== undefined && { location: withoutCredentials(location).slice(0, 300) }),
    signs: readAnswer({ path, status, headers, body: body.toString('utf8') }),
  };
}

/** A redirect may carry a session or a password in its query or user part. */
function withoutCredentials(location: string): string {
  return location.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
}

function failure(error: NodeJS.ErrnoException): Outcome {
  const alert = alertIn(error);
  if (alert !== undefined) return { kind: 'tls-alert', alert };
  const code = error.code ?? '';
  if (code === 'HPE_HEADER_OVERFLOW') return { kind: 'not-http', reason: 'its headers are larger than 16 KiB' };
  if (code.startsWith('HPE_')) return { kind: 'not-http', reason: 'it answers with something other than HTTP' };
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return { kind: 'closed', reason: 'it closes the connection without an answer' };
  return { kind: 'closed', reason: code === '' ? error.message.slice(0, 200) : code };
}
