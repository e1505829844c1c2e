import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/certificate.ts';
import {
  type AdmissionServer,
  type AdmissionServerOptions,
  type ReviewAnswer,
  type ReviewCall,
  type ServerKeys,
  startAdmissionServer,
  type Turned,
} from './admission-server.ts';
import { maxBodyBytes, smallBodyBytes } from './limits.ts';
import { monotonic } from './monotonic.ts';
import { startThreadedServer } from './threaded-server.ts';

let server: AdmissionServer | undefined;
let startServer: (options: AdmissionServerOptions) => Promise<AdmissionServer> = startAdmissionServer;

const folder = mkdtempSync(join(tmpdir(), 'bulwark-server-'));
const thread = join(folder, 'server-thread.mjs');

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('server-thread.ts', import.meta.url))],
    outfile: thread,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

const failures: Error[] = [];

afterEach(() => expect(failures).toEqual([]));

const servers = new Map<string, typeof startServer>([
  ['in the thread that decides', startAdmissionServer],
  [
    'in a thread of its own',
    (options) =>
      startThreadedServer({
        ...options,
        thread: pathToFileURL(thread),
        onFailed: (error) => failures.push(error),
      }),
  ],
]);

afterEach(async () => {
  await server?.stop({ delay: 0, longest: 100 });
  server = undefined;
});

function makeKeys(name = 'localhost'): ServerKeys {
  const { pem, key } = makeCertificate({ subject: `CN=${name}`, dns: ['localhost'] });
  return { cert: pem, key: key.export({ type: 'pkcs8', format: 'pem' }).toString(), ca: undefined };
}

const keys = makeKeys();

interface Started {
  readonly port: number;
  readonly calls: ReviewCall[];
  readonly turned: Turned[];
  readonly reasons: string[];
}

async function start(
  review?: (call: ReviewCall) => ReviewAnswer | Promise<ReviewAnswer>,
  served: ServerKeys = keys,
): Promise<Started> {
  const reasons: string[] = [];
  const calls: ReviewCall[] = [];
  const turned: Turned[] = [];
  server = await startServer({
    host: '127.0.0.1',
    port: 0,
    keys: served,
    clientNames: new Set(['api']),
    review: (call) => {
      calls.push(call);
      return review?.(call) ?? { status: 200, contentType: 'application/json', body: `{"hook":"${call.hook}"}` };
    },
    onTurned: (what, reason) => {
      turned.push(what);
      reasons.push(reason);
    },
    onAnswered: () => undefined,
  });
  return { port: server.address.port, calls, turned, reasons };
}

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly agent?: https.Agent;
  /** What the client shows. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

function send(port: number, sent: Sent): Promise<{ status: number; text: string; connection: string | undefined }> {
  const { path = '/validate?timeout=5s', method = 'POST', headers = {}, body = '{}', agent, certificate } = sent;
  return new Promise((resolve, reject) => {
    const request = https.request(
      {
        ...{ host: '127.0.0.1', port, path, method, rejectUnauthorized: false, agent: agent ?? false },
        ...certificate,
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        const { connection } = response.headers;
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, connection }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Opens a connection and writes what it is given, and nothing after it. */
async function sendRaw(port: number, text: string): Promise<{ socket: tls.TLSSocket; received: () => string }> {
  const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
  });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  socket.write(text);
  return { socket, received: () => received };
}

const head = (length: number | string, timeout = '5s'): string =>
  `POST /validate?timeout=${timeout} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`;

describe.each([...servers])('%s', (_, begin) => {
  beforeEach(() => {
    startServer = begin;
  });

  describe('a call', () => {
    it.each<[string, Sent, number, string]>([
      ['to the hook that refuses', {}, 200, '{"hook":"enforce"}'],
      ['to the hook that advises', { path: '/validate/advice' }, 200, '{"hook":"advise"}'],
      ['to the hook that changes', { path: '/mutate?timeout=3s' }, 200, '{"hook":"mutate"}'],
      ['with a charset', { headers: { 'content-type': 'Application/JSON; charset=utf-8' } }, 200, '{"hook":"enforce"}'],
      ['to nowhere', { path: '/' }, 404, 'reviews go to /validate, /validate/advice, /mutate\n'],
      ['to a path that is a URL', { path: '//evil.example.com/validate' }, 404, 'reviews go to'],
      ['that gets', { method: 'GET', body: '' }, 405, 'reviews are posted\n'],
      ['of YAML', { headers: { 'content-type': 'application/yaml' } }, 415, 'the content type of a review is'],
      ['that is compressed', { headers: { 'content-encoding': 'gzip' } }, 415, 'a review is not compressed\n'],
      ['of 8 MiB', { body: Buffer.alloc(8 * 1024 * 1024) }, 413, 'the body is larger than 7 MiB\n'],
      [
        'of 8 MiB that does not say so',
        { body: Buffer.alloc(8 * 1024 * 1024), headers: { 'transfer-encoding': 'chunked' } },
        413,
        'the body is larger than 7 MiB\n',
      ],
    ])('%s', async (_, sent, status, text) => {
      const { port } = await start();
      expect(await send(port, sent)).toMatchObject({ status, text: expect.stringContaining(text) });
    });

    it('of the longest body is judged', async () => {
      const { port, calls } = await start();
      expect(await send(port, { body: Buffer.alloc(maxBodyBytes) })).toMatchObject({ status: 200 });
      expect(calls.map(({ text }) => text.length)).toEqual([maxBodyBytes]);
    });

    it('that is cut off is nobody’s review', async () => {
      const { port, calls, turned } = await start();
      const { socket } = await sendRaw(port, `${head('content-length: 100')}{"half`);
      await wait(50);
      socket.destroy();
      await expect.poll(() => [calls.length, turned, server?.load().bytes]).toEqual([0, ['bad-request'], 0]);
    });

    it('that is slower than its timeout is told so, and its room is free again', async () => {
      const { port, turned } = await start();
      const { received } = await sendRaw(port, `${head('content-length: 100', '200ms')}{"half`);
      await wait(300);
      expect(received()).toMatch(/^HTTP\/1\.1 408 [\s\S]*connection: close[\s\S]*the body took too long\n$/i);
      await expect.poll(() => [turned, server?.load().bytes]).toEqual([['late'], 0]);
    });

    it('knows when its time is over, before the API server does', async () => {
      const expired: boolean[] = [];
      const { port } = await start(async ({ until }) => {
        expired.push(monotonic() >= until);
        await wait(120);
        expired.push(monotonic() >= until);
        return { status: 200, contentType: 'application/json', body: '{}' };
      });
      await send(port, { path: '/validate?timeout=200ms' });
      expect(expired).toEqual([false, true]);
    });

    it('is answered in words where the policies fail', async () => {
      const { port, turned } = await start(() => {
        throw new Error('the secret of the matter');
      });
      const { status, text } = await send(port, {});
      expect([status, text]).toEqual([500, 'an error inside Bulwark: nothing was decided\n']);
      await expect.poll(() => turned).toEqual(['failed']);
    });
  });

  describe('a client', () => {
    const authority = makeCertificate({ subject: 'CN=clients', authority: true, usages: [5] });
    const client = (name: string, issuer: typeof authority | undefined) => {
      const made = makeCertificate({
        subject: `CN=${name}`,
        ...(issuer !== undefined && { issuer }),
        usages: [0],
        extendedUsages: ['clientAuth'],
      });
      return { cert: made.pem, key: made.key.export({ type: 'pkcs8', format: 'pem' }).toString() };
    };

    it.each<[string, Sent['certificate'], string]>([
      ['no certificate', undefined, 'the client shows no certificate'],
      ['one of another authority', client('api', undefined), 'the client certificate does not count here: '],
    ])('that shows %s is counted, and not let in', async (_, certificate, reason) => {
      const { port, calls, turned, reasons } = await start(undefined, { ...keys, ca: authority.pem });
      await expect(send(port, { ...(certificate !== undefined && { certificate }) })).rejects.toThrow();
      await expect.poll(() => turned).toEqual(['no-certificate']);
      expect(reasons[0]).toContain(reason);
      expect(calls).toEqual([]);
    });

    it('that shows a certificate is let in by its name', async () => {
      const { port, turned, reasons } = await start(undefined, { ...keys, ca: authority.pem });
      expect(await send(port, { certificate: client('api', authority) })).toMatchObject({ status: 200 });
      expect(await send(port, { certificate: client('other', authority) })).toMatchObject({ status: 403 });
      await expect
        .poll(() => [turned, reasons])
        .toEqual([['forbidden'], ['the client certificate has a name that may not call']]);
    });

    it('that sends no review is answered, and not counted as one that was turned away', async () => {
      const { port, turned } = await start();
      expect(await send(port, { path: '/favicon.ico' })).toMatchObject({ status: 404 });
      expect(await send(port, { method: 'GET', body: '' })).toMatchObject({ status: 405 });
      expect(turned).toEqual([]);
    });
  });

  describe('too much at once', () => {
    it('waits for its turn, and is turned away when that does not come in time; small calls go on', async () => {
      const { port, turned } = await start();
      // Two that announce everything and send nothing take all the room for large bodies.
      const idle = await Promise.all([1, 2].map(() => sendRaw(port, head(`content-length: ${maxBodyBytes}`, '5s'))));
      await wait(50);
      const large = send(port, { path: '/validate?timeout=400ms', body: Buffer.alloc(1024 * 1024) });
      expect(await send(port, {})).toMatchObject({ status: 200 });
      const answer = await large.catch((error: NodeJS.ErrnoException) => error.code);
      if (typeof answer !== 'string') {
        expect(answer).toMatchObject({
          status: 503,
          text: 'there was no room for the review in time: nothing was decided\n',
        });
      }
      await expect.poll(() => turned).toEqual(['shed']);
      for (const { socket } of idle) socket.destroy();
      await wait(50);
      expect(await send(port, { body: Buffer.alloc(1024 * 1024) })).toMatchObject({ status: 200 });
    });

    it('that comes byte by byte holds up nobody else', async () => {
      const { port, turned, reasons } = await start();
      const slow = await Promise.all(
        Array.from({ length: 80 }, () => sendRaw(port, `${head(`content-length: ${smallBodyBytes}`, '30s')}{`)),
      );
      const began = monotonic();
      expect(await send(port, {})).toMatchObject({ status: 200 });
      // They are cut off after a second; before, they held the room for ten.
      expect(monotonic() - began).toBeLessThan(5_000);
      await expect.poll(() => turned.filter((each) => each === 'late').length, { timeout: 5_000 }).toBe(80);
      expect(new Set(reasons)).toEqual(new Set(['the body came too slowly, from 127.0.0.1']));
      for (const { socket } of slow) socket.destroy();
    });

    it('is counted as long as it is announced, so that what is in memory is bounded', async () => {
      const { port } = await start();
      const announced = [1024, smallBodyBytes, smallBodyBytes, maxBodyBytes];
      const slow = await Promise.all(
        announced.map((bytes) => sendRaw(port, `${head(`content-length: ${bytes}`, '5s')}{`)),
      );
      const total = announced.reduce((sum, bytes) => sum + bytes, 0);
      const bytesInside = async (): Promise<number | undefined> => {
        await send(port, {});
        return server?.load().bytes;
      };
      // The call that asks may be counted, too.
      await expect.poll(bytesInside).toBeGreaterThanOrEqual(total);
      for (const { socket } of slow) socket.destroy();
      await expect.poll(bytesInside).toBeLessThan(1024);
    });

    it('is not blamed for the time in which this process read nothing', async () => {
      const { port } = await start();
      const { socket, received } = await sendRaw(port, `${head('content-length: 2', '5s')}{`);
      await wait(100);
      socket.write('}');
      const until = monotonic() + 1_500;
      while (monotonic() < until);
      await expect.poll(received).toContain('200 OK');
      socket.destroy();
    });

    it('of garbage and plain HTTP disturbs nobody', async () => {
      const { port } = await start();
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write('GET / HTTP/1.1\r\n\r\n');
      const { received } = await sendRaw(port, '\0\0\0\0\r\n\r\n');
      await wait(50);
      expect(received()).toContain('400 Bad Request');
      expect(await send(port, {})).toMatchObject({ status: 200 });
      socket.destroy();
    });
  });

  describe('the server', () => {
    it('serves a new certificate to new connections, and old ones go on', async () => {
      const { port } = await start();
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
      const names: unknown[] = [];
      agent.on('free', (socket: tls.TLSSocket) => names.push(socket.getPeerCertificate().subject?.CN));
      await send(port, { agent });
      server?.renew(makeKeys('renewed'));
      await send(port, { agent });
      agent.destroy();
      const other = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await new Promise((resolve) => other.once('secureConnect', resolve));
      names.push(new X509Certificate(other.getPeerCertificate().raw).subject);
      other.destroy();
      expect(names.at(-1)).toBe('CN=renewed');
      expect(names.slice(0, -1)).not.toContain('renewed');
    });

    it('answers what has come before it stops, and asks callers to connect elsewhere', async () => {
      const { port } = await start(async () => {
        await wait(150);
        return { status: 200, contentType: 'application/json', body: 'done' };
      });
      const agent = new https.Agent({ keepAlive: true });
      const under = send(port, { agent });
      await wait(50);
      const stopped = server?.stop({ delay: 50, longest: 5_000 });
      expect(await under).toEqual({ status: 200, text: 'done', connection: 'close' });
      await stopped;
      await expect(send(port, {})).rejects.toThrow('ECONNREFUSED');
      agent.destroy();
    });
  });
});

describe('a thread that ends by itself', () => {
  const options: AdmissionServerOptions = {
    host: '127.0.0.1',
    port: 0,
    keys,
    clientNames: new Set(),
    review: () => ({ status: 200, contentType: 'application/json', body: '{}' }),
    onTurned: () => undefined,
    onAnswered: () => undefined,
  };
  const threadOf = (name: string, text: string): URL => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return pathToFileURL(file);
  };

  it('before it listens is an error', async () => {
    const starting = startThreadedServer({
      ...options,
      thread: threadOf('broken.mjs', "throw new Error('no such thing')"),
      onFailed: (error) => failures.push(error),
    });
    await expect(starting).rejects.toThrow('no such thing');
  });

  it('later is told', async () => {
    const told: string[] = [];
    const text = `import { parentPort } from 'node:worker_threads';
      parentPort.postMessage({ kind: 'listening', address: { address: '', family: 'IPv4', port: 1 } });
      setTimeout(() => process.exit(3), 50);`;
    await startThreadedServer({
      ...options,
      thread: threadOf('ending.mjs', text),
      onFailed: ({ message }) => told.push(message),
    });
    await expect.poll(() => told).toEqual(['the thread of the server ended with 3']);
  });

  it('cannot listen where somebody does, and says so', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const starting = startThreadedServer({
      ...options,
      port,
      thread: pathToFileURL(thread),
      onFailed: (error) => failures.push(error),
    });
    await expect(starting).rejects.toThrow(`--listen 127.0.0.1:${port}: somebody else listens there`);
    taken.close();
  });
});
