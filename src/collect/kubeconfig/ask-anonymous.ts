import http from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';

export interface AnonymousQuestion {
  readonly url: URL;
  /** PEM of who is trusted; the system's where absent. */
  readonly ca?: string;
  /** The name that the certificate has to have, where it is not the URL's. */
  readonly serverName?: string;
  readonly timeoutMs: number;
}

/** What a server answered to nobody in particular. */
export type AnonymousAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Whom the server took the caller for, where it says so. */
      readonly user?: string;
      /** Why its certificate does not verify, as OpenSSL's code or Node's; absent where it does, or there is none. */
      readonly mistrust?: string;
      readonly certificate?: Buffer;
    }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

const maxBody = 64 * 1024;

/**
 * Makes one reading request without any credential: `GET /api`, which an API server lets nobody read who is not known.
 * It is made even where the certificate does not verify, since nothing secret is in it. Never rejects.
 */
export function askAnonymously({ url, ca, serverName, timeoutMs }: AnonymousQuestion): Promise<AnonymousAnswer> {
  return new Promise((resolve) => {
    const path = `${url.pathname.replace(/\/+$/, '')}/api`;
    const shared = {
      method: 'GET',
      path,
      headers: { Accept: 'application/json' },
      timeout: timeoutMs,
      agent: false,
    } as const;
    const host = { host: url.hostname.replace(/^\[|\]$/g, ''), ...(url.port !== '' && { port: Number(url.port) }) };
    const isTls = url.protocol === 'https:';
    const tls = {
      rejectUnauthorized: false,
      ...(ca !== undefined && { ca }),
      ...(serverName && { servername: serverName }),
    };
    const request = isTls ? https.request({ ...shared, ...host, ...tls }) : http.request({ ...shared, ...host });
    // The request's own limit is for a silent socket; a server that talks for ever is cut off here.
    const deadline = setTimeout(() => request.destroy(timedOut()), timeoutMs);
    const finish = (answer: AnonymousAnswer): void => {
      clearTimeout(deadline);
      request.destroy();
      resolve(answer);
    };
    request.on('timeout', () => request.destroy(timedOut()));
    request.on('error', (error: NodeJS.ErrnoException) =>
      finish({ kind: 'failed', code: error.code ?? 'unknown', message: error.message }),
    );
    request.on('response', (response) => {
      const socket = response.socket as Partial<TLSSocket>;
      const mistrust =
        isTls && socket.authorized === false ? String(socket.authorizationError ?? 'unknown') : undefined;
      const certificate = isTls ? socket.getPeerCertificate?.()?.raw : undefined;
      let body = '';
      response.setEncoding('utf8');
      const answer = (): void => {
        const user = /User \\?"([^"\\]{1,253})\\?" cannot/.exec(body)?.[1];
        finish({
          kind: 'answered',
          status: response.statusCode ?? 0,
          ...(user !== undefined && { user }),
          ...(mistrust !== undefined && { mistrust }),
          ...(certificate !== undefined && { certificate }),
        });
      };
      response.on('data', (text: string) => {
        body += text;
        if (body.length > maxBody) answer();
      });
      response.on('end', answer);
      response.on('error', answer);
    });
    request.end();
  });
}

function timedOut(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
}
