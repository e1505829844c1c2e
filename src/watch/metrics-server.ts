import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { BulwarkError } from '../model/errors.ts';

export interface MetricsServerOptions {
  readonly host: string;
  readonly port: number;
  /** The text format of Prometheus. */
  readonly metrics: () => Promise<string>;
  /** What is wrong; empty where all is well. */
  readonly problems: () => readonly string[];
}

export interface MetricsServer {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** Serves `/metrics`, and `/healthz` with 200 or, with what is wrong, 503. Throws `usage` for an address that is taken. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host, port } = options;
  const server = http.createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0];
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type });
      response.end(request.method === 'HEAD' ? undefined : text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'only GET\n');
    if (path === '/metrics') {
      options.metrics().then(
        (text) => answer(200, text, 'text/plain; version=0.0.4; charset=utf-8'),
        () => answer(500, 'no metrics\n'),
      );
      return;
    }
    if (path !== '/healthz') return answer(404, '/metrics and /healthz\n');
    const problems = options.problems();
    answer(problems.length === 0 ? 200 : 503, problems.length === 0 ? 'ok\n' : `${problems.join('\n')}\n`);
  });
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new BulwarkError('usage', `--metrics ${host}:${port}: ${cause.message}`, 'choose another address', { cause }),
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
