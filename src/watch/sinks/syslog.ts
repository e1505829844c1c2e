import { createSocket } from 'node:dgram';
import { isIPv6, type Socket, connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { type SyslogOrigin, syslogMessage } from './rfc5424.ts';
import { DeliveryError, noRefusals, type Sink } from './sink.ts';

export interface SyslogOptions {
  readonly name: string;
  readonly protocol: 'udp' | 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
  readonly origin: SyslogOrigin;
  /** Authorities to trust besides the system's, PEM. */
  readonly ca?: string | undefined;
}

/** RFC 5426 asks receivers to take datagrams of this size. */
const maxDatagram = 2_048;
const timeoutMs = 10_000;

/**
 * Sends alerts as syslog: a datagram each (RFC 5426), or framed by their length over TCP (RFC 6587) or TLS (RFC 5425).
 * Syslog has no answers: what the network took counts as delivered.
 */
export function syslogSink(options: SyslogOptions): Sink {
  const { name, origin } = options;
  const line = options.protocol === 'udp' ? datagramLine(options) : streamLine(options);
  return {
    name,
    updates: 'latest',
    batch: 50,
    async deliver(alerts) {
      try {
        await line.send(alerts.map((alert) => syslogMessage(alert, origin)));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new DeliveryError(`${name}: ${reason}`, { cause });
      }
      return noRefusals;
    },
    close: async () => line.close(),
  };
}

interface Line {
  send(messages: readonly Buffer[]): Promise<void>;
  close(): void;
}

function datagramLine({ host, port }: SyslogOptions): Line {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  // Refusals of earlier datagrams arrive here; there is nobody who could be told which.
  socket.on('error', () => undefined);
  socket.unref();
  const one = (message: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send(message.subarray(0, maxDatagram), port, host, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  return {
    async send(messages) {
      for (const message of messages) await one(message);
    },
    close: () => socket.close(),
  };
}

function streamLine(options: SyslogOptions): Line {
  let current: Promise<Socket> | undefined;
  const opened = async (): Promise<Socket> => {
    const socket = await (current ??= openSocket(options));
    if (!socket.destroyed && socket.writable) return socket;
    current = openSocket(options);
    return current;
  };
  return {
    async send(messages) {
      const framed = Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message]));
      try {
        const socket = await opened();
        await written(socket, framed);
      } catch (error) {
        current = undefined;
        throw error;
      }
    },
    close: () => void current?.then((socket) => socket.end()).catch(() => undefined),
  };
}

function openSocket({ protocol, host, port, ca }: SyslogOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const tls = protocol === 'tls';
    const socket = tls
      ? tlsConnect({
          host,
          port,
          ...(ca !== undefined && { ca }),
          ...(!/^[\d.:]+$/.test(host) && { servername: host }),
        })
      : tcpConnect({ host, port });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () => fail(new Error(`no connection within ${timeoutMs / 1000} s`)));
    socket.once('error', fail);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      socket.off('error', fail);
      socket.setTimeout(0);
      socket.on('error', () => socket.destroy());
      // The server closes: the next delivery opens a new connection instead of writing into this one.
      socket.on('end', () => socket.destroy());
      socket.resume();
      socket.unref();
      resolve(socket);
    });
  });
}

function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`nothing taken within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    socket.write(bytes, (error) => {
      clearTimeout(timer);
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}
