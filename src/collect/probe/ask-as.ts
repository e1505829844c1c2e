import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import type { Outcome } from '../../semantics/probe/observation.ts';
import type { Endpoint } from './endpoint.ts';
import { HeldBack } from './held-back.ts';
import { type Authority, type Identity, identityCheck } from './identity.ts';
import { answerTo, headersOf } from './request.ts';
import { alertIn } from './tls-facts.ts';

export interface AuthenticatedQuestion {
  readonly path: string;
  readonly identity: Identity;
  readonly authority: Authority;
  /** Besides those of the identity. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One GET request as an identity, after its turn. Nothing of the identity leaves before the certificate of this very
 * connection verified against the authority: a token is sent after the handshake, and a client certificate is held back
 * until then, which takes TLS 1.3. Of the answer only the status and who was refused are looked at. Rejects only where
 * the signal ends the run.
 */
export async function askAs(endpoint: Endpoint, question: AuthenticatedQuestion): Promise<Outcome> {
  await endpoint.pace.turn(endpoint.signal);
  const { identity, path, headers } = question;
  const connected = await connectVerified(endpoint, question);
  if (!(connected instanceof tls.TLSSocket)) return connected;
  const request = http.request({
    path,
    headers: { ...headersOf(endpoint, { path, headers }), ...mutable(identity.headers) },
    createConnection: () => connected,
  });
  return answerTo(request, { path, endpoint, bodyLimit: 8192 });
}

function connectVerified(
  endpoint: Endpoint,
  { identity, authority }: AuthenticatedQuestion,
): Promise<tls.TLSSocket | Outcome> {
  const { address, port, serverName, timeoutMs, signal } = endpoint;
  const { cert, key } = identity;
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address, port });
    const gate = new HeldBack(socket);
    const secure = tls.connect({
      ...identityCheck(endpoint, authority),
      socket: cert === undefined ? socket : gate,
      servername: serverName ?? '',
      host: address,
      rejectUnauthorized: true,
      minVersion: cert === undefined ? 'TLSv1.2' : 'TLSv1.3',
      ...(cert !== undefined && { cert, key }),
    });
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    const settle = (outcome: Outcome): void => {
      end();
      secure.destroy();
      socket.destroy();
      resolve(outcome);
    };
    const abort = (): void => {
      end();
      secure.destroy();
      socket.destroy();
      reject(signal.reason);
    };
    const timer = setTimeout(() => settle({ kind: 'timeout' }), timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    secure.on('secureConnect', () => {
      if (!secure.authorized) return settle(notSent(String(secure.authorizationError)));
      end();
      gate.release();
      resolve(secure);
    });
    secure.on('error', (error: NodeJS.ErrnoException) => settle(refusal(error, identity)));
    secure.on('close', () => settle({ kind: 'closed', reason: 'it closes the connection without an answer' }));
  });
}

function refusal(error: NodeJS.ErrnoException, identity: Identity): Outcome {
  const alert = alertIn(error);
  const code = error.code ?? '';
  if (identity.cert !== undefined && (alert === 'protocol_version' || code === 'ERR_SSL_UNSUPPORTED_PROTOCOL'))
    return notSent('it does not speak TLS 1.3, and before it a client certificate goes out unverified');
  if (alert !== undefined) return { kind: 'tls-alert', alert };
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return { kind: 'closed', reason: 'it closes the connection without an answer' };
  return notSent(`its certificate does not verify: ${error.message.slice(0, 200)}`);
}

function notSent(reason: string): Outcome {
  return { kind: 'not-sent', reason };
}

function mutable(headers: Identity['headers']): http.OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}
