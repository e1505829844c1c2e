import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { BulwarkError } from '../../model/errors.ts';

export interface ProbeServerOptions {
  readonly host: string;
  readonly port: number;
  /** The text format of Prometheus; undefined where there are no metrics. */
  readonly metrics: (() => Promise<string>) | undefined;
  /** Why no review should be sent here; empty where all is well. */
  readonly unready: () => readonly string[];
  /** What is wrong while reviews are answered all the same. */
  readonly warnings: () => readonly string[];
}

export interface ProbeServer {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/**
 * Serves `/livez`, `/readyz` (200, or 503 with what is missing) and `/metrics` over HTTP: apart from the reviews, which
 * want a client certificate that the kubelet and Prometheus do not have. Throws `usage` for an address that is taken.
 */
export async function startProbeServer(options: ProbeServerOptions): Promise<ProbeServer> {
  const { host, port } = options;
  const server = http.createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type });
      response.end(request.method === 'HEAD' ? undefined : text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'only GET\n');
    const path = (request.url ?? '').split('?', 1)[0];
    if (path === '/livez') return answer(200, 'ok\n');
    if (path === '/readyz') {
      const missing = options.unready();
      const notes = options.warnings().map((warning) => `warning: ${warning}\n`);
      return missing.length === 0
        ? answer(200, `ok\n${notes.join('')}`)
        : answer(503, `${missing.join('\n')}\n${notes.join('')}`);
    }
    if (path !== '/metrics' || options.metrics === undefined) return answer(404, '/livez, /readyz and /metrics\n');
    options.metrics().then(
      (text) => answer(200, text, 'text/plain; version=0.0.4; charset=utf-8'),
      () => answer(500, 'no metrics\n'),
    );
  });
  server.maxConnections = 128;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new BulwarkError('usage', `--probes ${host}:${port}: ${cause.message}`, 'choose another address', { cause }),
      ),
    );
    server.listen(port, host, resolve);
  });
  return {
    address: server.address() as AddressInfo,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
