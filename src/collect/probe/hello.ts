import { randomBytes } from 'node:crypto';
import net from 'node:net';
import type { Reach } from '../../semantics/probe/observation.ts';
import { FlightReader, type ServerFlight } from '../../semantics/probe/tls-flight.ts';
import { clientHello, type TlsVersion } from '../../semantics/probe/tls-hello.ts';
import type { Endpoint } from './endpoint.ts';

export interface HelloAnswer {
  readonly reach: Extract<Reach, 'open' | 'closed' | 'filtered' | 'unreachable'>;
  readonly reason?: string;
  readonly flight: ServerFlight;
  /** Whether the time ran out with the connection open. */
  readonly timedOut: boolean;
}

/**
 * Opens a connection, offers TLS in clear and listens to what comes back, without ever finishing a handshake. Waits for
 * its turn. Rejects only where the signal ends the run.
 */
export async function sayHello(
  endpoint: Endpoint,
  offer: { readonly version: TlsVersion; readonly suites: readonly number[] },
): Promise<HelloAnswer> {
  const { address, port, serverName, timeoutMs, signal } = endpoint;
  await endpoint.pace.turn(signal);
  return new Promise((resolve, reject) => {
    const reader = new FlightReader();
    const socket = net.connect({ host: address, port });
    let connected = false;
    const settle = (answer: Omit<HelloAnswer, 'flight'>): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve({ ...answer, flight: reader.flight() });
    };
    const abort = (): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(signal.reason);
    };
    const timer = setTimeout(() => settle({ reach: connected ? 'open' : 'filtered', timedOut: connected }), timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    socket.on('connect', () => {
      connected = true;
      socket.write(clientHello({ ...offer, serverName, random: randomBytes(64) }));
    });
    socket.on('data', (chunk) => {
      if (reader.push(chunk)) settle({ reach: 'open', timedOut: false });
    });
    socket.on('close', () => settle({ reach: connected ? 'open' : 'closed', timedOut: false }));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code ?? error.message;
      if (connected) settle({ reach: 'open', reason, timedOut: false });
      else settle({ reach: reachOf(reason), reason, timedOut: false });
    });
  });
}

function reachOf(code: string): 'closed' | 'filtered' | 'unreachable' {
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'closed';
  return code === 'ETIMEDOUT' ? 'filtered' : 'unreachable';
}
