import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type SecureVersion } from 'node:tls';

export type Answer =
  | { readonly kind: 'status'; readonly status: number }
  /** No answer: the connection or the handshake was refused. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface Question {
  readonly port: number;
  readonly path: string;
  readonly tls: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a server on loopback answers to someone without a client certificate. */
export function answerOf({ port, path, tls, headers }: Question): Promise<Answer> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path, headers, timeout: 5000, rejectUnauthorized: false };
    const sent = (tls ? httpsRequest : httpRequest)(options, (response) => {
      response.resume();
      response.on('end', () => resolve({ kind: 'status', status: response.statusCode ?? 0 }));
      response.on('error', () => resolve({ kind: 'status', status: response.statusCode ?? 0 }));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', (error) => resolve({ kind: 'refused', reason: error.message }));
    sent.end();
  });
}

/** The version and suite of a handshake with versions up to this one, with suites of old; `refused` where there is none. */
export function handshake({ port, maxVersion }: { port: number; maxVersion: SecureVersion }): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      maxVersion,
      ciphers: 'AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0',
    });
    socket.on('secureConnect', () => {
      resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
      socket.destroy();
    });
    socket.on('error', () => resolve('refused'));
  });
}
