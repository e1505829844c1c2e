import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { exampleAlert } from '../../../test/alert-example.ts';
import { makeCertificate } from '../../../test/certificate.ts';
import { syslogMessage } from './rfc5424.ts';
import { syslogSink } from './syslog.ts';

const origin = { host: 'node-1', process: 42 };
const signal = new AbortController().signal;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

describe('a syslog message', () => {
  it('is RFC 5424 with who, what and how often as data', () => {
    const text = syslogMessage(exampleAlert(), origin).toString('utf8');
    expect(text).toBe(
      '<106>1 2026-11-20T20:07:47.988Z node-1 bulwark 42 secrets-listed-cluster-wide [alert@32473 ' +
        'id="0123456789abcdef-0" severity="critical" user="system:serviceaccount:shop:web" source="10.0.3.7" ' +
        'target="secrets shop/db" count="3" first="2026-11-20T20:07:46.630Z" attack="T1552.007"] ' +
        '\ufeffSecrets of all namespaces listed: system:serviceaccount:shop:web listed the secrets of all namespaces',
    );
  });

  it('stays one message whatever a name holds', () => {
    const actor = { ...exampleAlert().actor, user: 'a"]\\\n<34>1 forged' };
    const text = syslogMessage(exampleAlert({ actor, message: 'one\ntwo', rule: 'a rule\n' }), origin).toString('utf8');
    expect(text).not.toContain('\n');
    expect(text).toContain('user="a\\"\\]\\\\\\\\n<34>1 forged"');
    expect(text).toContain(' 42 arule [');
  });
});

describe('syslog over the network', () => {
  it('sends a datagram an alert', async () => {
    const socket = createSocket('udp4');
    closing.push(() => socket.close());
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const got = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    const { port } = socket.address();
    const sink = syslogSink({ name: 'syslog', protocol: 'udp', host: '127.0.0.1', port, origin });
    closing.push(() => void sink.close());
    await sink.deliver([exampleAlert()], signal);
    expect((await got).equals(syslogMessage(exampleAlert(), origin))).toBe(true);
  });

  it.each(['tcp', 'tls'] as const)('frames messages by their length over %s, and connects again', async (protocol) => {
    const pair = makeCertificate({
      subject: 'CN=syslog',
      ip: ['127.0.0.1'],
      authority: true,
      extendedUsages: ['serverAuth'],
    });
    const received: Buffer[] = [];
    const listener = (socket: import('node:net').Socket): void => {
      socket.on('data', (bytes) => {
        received.push(bytes);
        socket.end();
      });
      socket.on('error', () => undefined);
    };
    const key = pair.key.export({ type: 'pkcs8', format: 'pem' });
    const server = protocol === 'tcp' ? createServer(listener) : createTlsServer({ cert: pair.pem, key }, listener);
    closing.push(() => server.close());
    await listening(server);
    const { port } = server.address() as AddressInfo;
    const sink = syslogSink({ name: 'syslog', protocol, host: '127.0.0.1', port, origin, ca: pair.pem });
    closing.push(() => void sink.close());
    const message = syslogMessage(exampleAlert(), origin);
    const frame = Buffer.concat([Buffer.from(`${message.length} `), message]);
    await sink.deliver([exampleAlert(), exampleAlert()], signal);
    await expect.poll(() => Buffer.concat(received).equals(Buffer.concat([frame, frame]))).toBe(true);
    received.length = 0;
    // The server has closed: the next delivery has to notice.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await sink.deliver([exampleAlert()], signal);
    await expect.poll(() => Buffer.concat(received).equals(frame)).toBe(true);
  });

  it('does not speak to a server that nobody vouches for', async () => {
    const pair = makeCertificate({ subject: 'CN=syslog', ip: ['127.0.0.1'] });
    const server = createTlsServer({ cert: pair.pem, key: pair.key.export({ type: 'pkcs8', format: 'pem' }) });
    server.on('tlsClientError', () => undefined);
    closing.push(() => server.close());
    await listening(server);
    const { port } = server.address() as AddressInfo;
    const sink = syslogSink({ name: 'syslog:tls', protocol: 'tls', host: '127.0.0.1', port, origin });
    await expect(sink.deliver([exampleAlert()], signal)).rejects.toThrow(/^syslog:tls: .*certificate/);
  });

  it('says where nobody listens', async () => {
    const server = createServer();
    await listening(server);
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const sink = syslogSink({ name: 'syslog:tcp', protocol: 'tcp', host: '127.0.0.1', port, origin });
    await expect(sink.deliver([exampleAlert()], signal)).rejects.toThrow('ECONNREFUSED');
  });
});

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}
