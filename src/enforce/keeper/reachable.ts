import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { serverNameOf, type Target } from '../registration/configurations.ts';

/**
 * Why no server could be met that has a certificate which `bundle` vouches for: a TLS handshake, and no more. Undefined
 * where one was, which says nothing of whether it lets an API server in.
 */
export function whyUnreachable(target: Target, bundle: string, withinMs = 5_000): Promise<string | undefined> {
  const name = serverNameOf(target);
  const port = 'url' in target ? Number(new URL(target.url).port || 443) : target.service.port;
  return new Promise((resolve) => {
    const socket = connect({ host: name, port, ca: bundle, ...(isIP(name) === 0 && { servername: name }) });
    const settle = (reason: string | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reason);
    };
    const timer = setTimeout(() => settle(`no answer from ${name}:${port} within ${withinMs / 1000} s`), withinMs);
    socket.once('secureConnect', () => settle(undefined));
    socket.once('error', (error) => settle(`${name}:${port}: ${error.message || 'no connection'}`));
  });
}
