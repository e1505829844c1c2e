import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeCertificate } from '../../../test/certificate.ts';
import type { Batch, Position } from '../sources/source.ts';
import { callerCheck } from './caller.ts';
import { serverCertificate } from './tls-files.ts';
import { type WebhookLimits, type WebhookSourceOptions, webhookSource } from './webhook-source.ts';

const token = 'a-token-that-is-long-enough';
let folder = '';
let stopping: (() => Promise<void>)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-receiver-'));
  writeFileSync(join(folder, 'token'), `${token}\n`);
});

afterEach(async () => {
  for (const stop of stopping) await stop();
  stopping = [];
  rmSync(folder, { recursive: true });
});

interface Running {
  readonly port: number;
  readonly batches: readonly Batch[];
  /** How many events came again. */
  repeated(): number;
  stop(): Promise<void>;
}

interface RunOptions extends Partial<Pick<WebhookSourceOptions, 'certificate' | 'check'>> {
  readonly limits?: Partial<WebhookLimits>;
  readonly from?: number | Position;
  /** Does not take what comes. */
  readonly isStuck?: true;
}

async function run({ limits = {}, from, isStuck, certificate, check }: RunOptions = {}): Promise<Running> {
  const batches: Batch[] = [];
  let repeated = 0;
  const controller = new AbortController();
  let reading: Promise<void> = Promise.resolve();
  const byToken = await callerCheck({ certificates: false, names: new Set(), tokenFile: join(folder, 'token') });
  const port = await new Promise<number>((resolve, reject) => {
    const source = webhookSource({
      host: '127.0.0.1',
      port: 0,
      certificate,
      check: check ?? byToken,
      folder: join(folder, 'spool'),
      limits: { reorder: 0, ...limits },
      onListening: (address) => resolve(address.port),
      onAnswered: () => undefined,
      onRepeated: (count) => {
        repeated += count;
      },
      onBacklog: () => undefined,
    });
    const { signal } = controller;
    const position =
      from === undefined ? {} : { from: typeof from === 'number' ? { source: 'webhook', offset: from } : from };
    reading = (async () => {
      for await (const batch of source.batches({ follow: true, signal, ...position })) {
        batches.push(batch);
        if (isStuck === true) await new Promise((done) => signal.addEventListener('abort', done));
      }
    })();
    reading.catch(reject);
  });
  const stop = async (): Promise<void> => {
    controller.abort();
    await reading;
  };
  stopping.push(stop);
  return { port, batches, repeated: () => repeated, stop };
}

function event(number: number, changes: object = {}): object {
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/pods',
    verb: 'list',
    user: { username: 'alice' },
    stageTimestamp: '2026-11-20T20:07:46.630000Z',
    ...changes,
  };
}

function list(...items: readonly object[]): string {
  // The items of an EventList need not say what they are.
  return JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items });
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
}

interface Posted extends RequestOptions {
  readonly body?: string | Buffer;
  readonly bearer?: string;
}

function post(
  port: number,
  { body = list(event(1)), bearer = token, headers = {}, ...options }: Posted = {},
): Promise<Answer> {
  const isSecure = options.ca !== undefined;
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).request(
      {
        host: '127.0.0.1',
        port,
        path: '/audit',
        method: 'POST',
        agent: false,
        ...options,
        headers: { ...(bearer !== '' && { authorization: `Bearer ${bearer}` }), ...(headers as object) },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function ids(batches: readonly Batch[]): number[] {
  return batches.flatMap(({ events }) => events.map(({ id }) => Number(id.slice(-12))));
}

describe('the webhook receiver', () => {
  it('takes EventLists, zipped or not, in order', async () => {
    const { port, batches } = await run();
    expect((await post(port, { body: list(event(1), event(2)) })).status).toBe(200);
    const zipped = gzipSync(list(event(3)));
    expect((await post(port, { body: zipped, headers: { 'content-encoding': 'gzip' } })).status).toBe(200);
    expect((await post(port, { body: list() })).status).toBe(200);
    await expect.poll(() => ids(batches)).toEqual([1, 2, 3]);
    expect(batches.map(({ position }) => position.offset)).toEqual(
      [...batches.map(({ position }) => position.offset)].toSorted((a, b) => a - b),
    );
  });

  it.each<[string, number, Posted]>([
    ['no token', 401, { bearer: '' }],
    ['another token', 401, { bearer: `${token}x` }],
    ['another path', 404, { path: '/' }],
    ['another method', 405, { method: 'PUT' }],
    ['no JSON', 400, { body: '{"kind":"EventList"' }],
    ['nothing', 400, { body: '' }],
    ['another encoding', 415, { headers: { 'content-encoding': 'br' } }],
    ['a broken gzip', 400, { headers: { 'content-encoding': 'gzip' } }],
    ['too long a body', 413, { body: Buffer.alloc(16 * 1024 * 1024 + 1, 0x20) }],
    [
      'a gzip that grows',
      413,
      { body: gzipSync(Buffer.alloc(64 * 1024 * 1024)), headers: { 'content-encoding': 'gzip' } },
    ],
  ])('answers %s with %i', async (_what, status, posted) => {
    const { port, batches } = await run();
    // The server may close before it has read all of a body that it does not want.
    const answer = await post(port, posted).catch((error: NodeJS.ErrnoException) => error);
    if ('status' in answer) expect(answer.status).toBe(status);
    else expect([413, status]).toContain(status);
    expect(batches).toEqual([]);
  });

  it('recognises what is sent again, also after a restart, and tells it from another request with the same id', async () => {
    const first = await run();
    await post(first.port, { body: list(event(1), event(2)) });
    await post(first.port, { body: list(event(2), event(3)) });
    await expect.poll(() => ids(first.batches)).toEqual([1, 2, 3]);
    expect(first.repeated()).toBe(1);
    const end = first.batches.at(-1)?.position.offset ?? 0;
    await first.stop();
    const second = await run({ from: end });
    await post(second.port, { body: list(event(3), event(1), event(1, { requestURI: '/api/v1/secrets' }), event(4)) });
    await expect.poll(() => ids(second.batches)).toEqual([1, 4]);
    expect(second.batches[0]?.events[0]?.uri).toBe('/api/v1/secrets');
  });

  it('brings what it acknowledged again until a checkpoint covers it', async () => {
    const first = await run({ isStuck: true });
    for (const number of [1, 2, 3]) await post(first.port, { body: list(event(number)) });
    await expect.poll(() => ids(first.batches)).toEqual([1]);
    const after = first.batches[0]?.position.offset ?? 0;
    await first.stop();
    const second = await run({ from: after });
    await expect.poll(() => ids(second.batches)).toEqual([2, 3]);
    await post(second.port, { body: list(event(4)) });
    await expect.poll(() => ids(second.batches)).toEqual([2, 3, 4]);
    await second.stop();
    const whole = await run({ from: 0 });
    await expect.poll(() => ids(whole.batches)).toEqual([1, 2, 3, 4]);
  });

  it('asks callers to wait when too much is waiting, and reads back what did not fit into memory', async () => {
    const stuck = await run({ isStuck: true, limits: { memoryBytes: 1, slowdown: 10, maxBacklog: 4096 } });
    const statuses: number[] = [];
    for (let number = 1; number <= 12; number += 1) {
      const answer = await post(stuck.port, {
        body: list(event(number)),
        headers: { 'content-length': list(event(number)).length },
      });
      statuses.push(answer.status);
      if (answer.status === 429) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    const taken = statuses.filter((status) => status === 200).length;
    expect(statuses).toContain(429);
    expect(taken).toBeGreaterThan(3);
    await stuck.stop();
    const flowing = await run({ limits: { memoryBytes: 1, slowdown: 10 } });
    await post(flowing.port, { body: list(event(20)) });
    await expect
      .poll(() => ids(flowing.batches))
      .toEqual([...Array.from({ length: taken }, (_, index) => index + 1), 20]);
  });

  it('takes certificates of the authority that it was given, and no others', async () => {
    const authority = makeCertificate({ subject: 'CN=ca', authority: true });
    const other = makeCertificate({ subject: 'CN=other', authority: true });
    const server = makeCertificate({
      subject: 'CN=watch',
      ip: ['127.0.0.1'],
      issuer: authority,
      extendedUsages: ['serverAuth'],
    });
    const pem = (pair: typeof server): string => String(pair.key.export({ type: 'pkcs8', format: 'pem' }));
    const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), clientCa: join(folder, 'ca.crt') };
    writeFileSync(files.cert, server.pem);
    writeFileSync(files.key, pem(server));
    writeFileSync(files.clientCa, authority.pem);
    const certificate = await serverCertificate({ ...files, clients: 'certificate-or-token' });
    const check = await callerCheck({
      certificates: true,
      names: new Set(['kube-apiserver']),
      tokenFile: join(folder, 'token'),
    });
    const { port } = await run({ certificate, check });
    const clientOf = (issuer: typeof server, name: string): Posted => {
      const client = makeCertificate({ subject: `CN=${name}`, issuer, extendedUsages: ['clientAuth'] });
      return { ca: authority.pem, bearer: '', cert: client.pem, key: pem(client) };
    };
    const statuses = [
      await post(port, clientOf(authority, 'kube-apiserver')),
      await post(port, clientOf(authority, 'somebody')),
      await post(port, clientOf(other, 'kube-apiserver')),
      await post(port, { ca: authority.pem, bearer: '' }),
      await post(port, { ca: authority.pem }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 401, 401, 401, 200]);
  });

  it('does not take a resumed session for a certificate', async () => {
    const authority = makeCertificate({ subject: 'CN=ca', authority: true });
    const server = makeCertificate({
      subject: 'CN=watch',
      ip: ['127.0.0.1'],
      issuer: authority,
      extendedUsages: ['serverAuth'],
    });
    const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), clientCa: join(folder, 'ca.crt') };
    writeFileSync(files.cert, server.pem);
    writeFileSync(files.key, String(server.key.export({ type: 'pkcs8', format: 'pem' })));
    writeFileSync(files.clientCa, authority.pem);
    const certificate = await serverCertificate({ ...files, clients: 'certificate-or-token' });
    const check = await callerCheck({ certificates: true, names: new Set(), tokenFile: join(folder, 'token') });
    const { port } = await run({ certificate, check });
    const sessions: Buffer[] = [];
    const ask = (session?: Buffer): Promise<Answer> =>
      post(port, { ca: authority.pem, bearer: '', ...(session !== undefined && { session }) });
    const first = https.request({
      host: '127.0.0.1',
      port,
      path: '/audit',
      method: 'POST',
      ca: authority.pem,
      agent: false,
    });
    first.on('socket', (socket) => socket.on('session', (session: Buffer) => sessions.push(session)));
    await new Promise((resolve) => first.on('response', (response) => response.resume().on('end', resolve)).end('{}'));
    expect((await ask(sessions[0])).status).toBe(401);
  });

  it.each([
    ['a short token', 'short', 'has 5 characters'],
    ['an empty token', '', 'has 0 characters'],
  ])('does not start with %s', async (_what, text, message) => {
    writeFileSync(join(folder, 'weak'), text);
    const options = { certificates: false, names: new Set<string>(), tokenFile: join(folder, 'weak') };
    await expect(callerCheck(options)).rejects.toThrow(message);
  });
});

describe('events whose batches overlap', () => {
  const at = (number: number, ms: number): object =>
    event(number, { stageTimestamp: `2026-11-20T20:07:46.${String(ms).padStart(3, '0')}000Z` });

  it('are handed on in the order of their time, and no position passes one that waits', async () => {
    const first = await run({ limits: { reorder: 80 } });
    await post(first.port, { body: list(at(1, 100), at(4, 400)) });
    await post(first.port, { body: list(at(2, 200), at(3, 300), at(5, 500)) });
    expect(ids(first.batches)).toEqual([]);
    expect(first.batches.map(({ position }) => position.offset)).toEqual([0, 0]);
    await vi.waitFor(() => expect(ids(first.batches)).toEqual([1, 2, 3, 4, 5]), { timeout: 2_000 });
    // Too late to be put in order, and not lost.
    await post(first.port, { body: list(at(6, 50)) });
    await vi.waitFor(() => expect(ids(first.batches)).toEqual([1, 2, 3, 4, 5, 6]), { timeout: 2_000 });
    await first.stop();
    const last = first.batches.at(-1)?.position as Position;
    const second = await run({ from: last });
    await second.stop();
    expect(ids(second.batches)).toEqual([]);
  });

  it('go on before the end, and after a kill as they would have', async () => {
    const first = await run({ limits: { reorder: 60_000 } });
    await post(first.port, { body: list(at(2, 200), at(4, 400)) });
    await post(first.port, { body: list(at(1, 100), at(3, 300)) });
    await vi.waitFor(() => expect(first.batches.length).toBe(2), { timeout: 2_000 });
    const waiting = first.batches.at(-1)?.position as Position;
    await first.stop();
    expect(ids(first.batches)).toEqual([1, 2, 3, 4]);
    // A checkpoint of before the end knows nothing of it.
    const second = await run({ from: waiting, limits: { reorder: 60_000 } });
    await vi.waitFor(() => expect(ids(second.batches)).toEqual([1, 2, 3, 4]), { timeout: 2_000 });
    await second.stop();
  });
});
