import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { judgeObservation } from '../../semantics/probe/judge.ts';
import type { ListenerId } from '../../semantics/probe/listeners.ts';
import type { Observation, ProbeTarget } from '../../semantics/probe/observation.ts';
import { type ProbeOptions, probeTargets } from './probe.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) console.warn('src/collect/probe/probe.test.ts is skipped: it needs openssl for certificates');

const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));
if (!hasIpv6) console.warn('a test of src/collect/probe/probe.test.ts is skipped: this machine has no IPv6');

const options: ProbeOptions = { timeoutMs: 1500, rate: 1000, totalMs: 20_000 };

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function target(port: number, listener?: ListenerId): ProbeTarget {
  return { host: '127.0.0.1', port, origin: 'named', ...(listener !== undefined && { listener }) };
}

async function look(port: number, listener?: ListenerId, more: Partial<ProbeOptions> = {}): Promise<Observation> {
  const [observation] = await probeTargets([target(port, listener)], { ...options, ...more });
  if (observation === undefined) throw new Error('nothing observed');
  return observation;
}

const says = (observation: Observation): string => judgeObservation(observation, new Date()).sentence;

describe.skipIf(!hasOpenssl)('TLS servers', () => {
  let folder = '';
  const pem = (name: string): Buffer => readFileSync(join(folder, name));
  const openssl = (...args: readonly string[]) => execFileSync('openssl', [...args], { cwd: folder, stdio: 'pipe' });

  /** A certificate signed by an authority of ours, or by itself. */
  function certify(name: string, signer: string | undefined, san: string): void {
    writeFileSync(join(folder, `${name}.ext`), `[x]\nsubjectAltName=${san}\n`);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
    if (signer === undefined) {
      openssl(
        'req',
        '-x509',
        ...key,
        '-out',
        `${name}.crt`,
        '-subj',
        `/CN=${name}`,
        '-days',
        '2',
        '-addext',
        `subjectAltName=${san}`,
      );
      return;
    }
    openssl('req', ...key, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${signer}.crt`,
      '-CAkey',
      `${signer}.key`,
      '-CAcreateserial',
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-extfile',
      `${name}.ext`,
      '-extensions',
      'x',
    );
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-probe-'));
    certify('ca', undefined, 'DNS:ca');
    certify('other-ca', undefined, 'DNS:other-ca');
    certify('server', 'ca', 'IP:127.0.0.1');
    certify('stranger', 'other-ca', 'IP:127.0.0.1');
    certify('elsewhere', 'ca', 'IP:192.0.2.9');
    certify('client', 'ca', 'DNS:client');
    certify('many', 'ca', Array.from({ length: 2000 }, (_, index) => `DNS:name-${index}.example`).join(','));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function serve(
    name: string,
    tls: TlsOptions,
    answer: http.RequestListener = (_, response) => response.end('ok'),
  ): Promise<number> {
    return listen(https.createServer({ key: pem(`${name}.key`), cert: pem(`${name}.crt`), ...tls }, answer));
  }

  it.each<[string, TlsOptions, object, readonly string[]]>([
    [
      'new versions',
      { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA:TLS_AES_128_GCM_SHA256' },
      { '1.0': 'refused', '1.1': 'refused', '1.2': 'accepted', '1.3': 'accepted' },
      ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA'],
    ],
    [
      'every version',
      { minVersion: 'TLSv1', ciphers: 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' },
      { '1.0': 'accepted', '1.1': 'accepted', '1.2': 'accepted', '1.3': 'accepted' },
      ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'],
    ],
    [
      'only the oldest',
      { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:!aNULL:@SECLEVEL=0' },
      { '1.0': 'accepted', '1.1': 'refused', '1.2': 'refused', '1.3': 'refused' },
      ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'],
    ],
    [
      'only the newest',
      { minVersion: 'TLSv1.3' },
      { '1.0': 'refused', '1.1': 'refused', '1.2': 'refused', '1.3': 'accepted' },
      [],
    ],
  ])('of %s', async (_, tls, versions, suites) => {
    const observation = await look(await serve('server', tls));
    expect(observation.tls?.versions).toEqual(versions);
    expect(observation.tls?.suites).toEqual(suites);
    expect(observation.tls?.clientCertificate).toBe('not-asked');
    expect(observation.tls?.chain[0]).toMatchObject({
      subject: 'CN=server',
      issuer: 'CN=ca',
      sans: ['127.0.0.1'],
      key: 'EC prime256v1',
      selfSigned: false,
    });
    expect(observation.answers[0]?.outcome).toMatchObject({ kind: 'http', status: 200 });
  });

  it.each<[string, TlsOptions, string]>([
    ['1.2', { maxVersion: 'TLSv1.2' }, 'required'],
    ['1.3', { minVersion: 'TLSv1.3' }, 'required'],
    ['1.2', { maxVersion: 'TLSv1.2', rejectUnauthorized: false }, 'asked'],
    ['1.3', { minVersion: 'TLSv1.3', rejectUnauthorized: false }, 'asked'],
  ])('that want a client certificate, in TLS %s', async (_, tls, expected) => {
    const port = await serve('server', { requestCert: true, rejectUnauthorized: true, ca: pem('ca.crt'), ...tls });
    const observation = await look(port, 'etcd');
    expect(observation.tls?.clientCertificate).toBe(expected);
    if (expected === 'required') expect(says(observation)).toContain('refuses clients without a certificate');
    else expect(judgeObservation(observation, new Date()).exposures[0]?.id).toBe('no-client-certificate');
  });

  it('with thousands of names', async () => {
    const { tls } = await look(await serve('many', {}));
    expect(tls?.chain[0]).toMatchObject({ subject: 'CN=many', sanCount: 2000 });
    expect(tls?.chain[0]?.sans).toHaveLength(20);
  });

  describe('and credentials', () => {
    const token = 'a-token-that-must-not-leave';
    const kubelet: http.RequestListener = (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate();
      const user = peer?.subject?.CN ?? request.headers.authorization;
      response.statusCode = user === undefined ? 401 : user === 'Bearer weak' ? 403 : 200;
      response.end(response.statusCode === 401 ? 'Unauthorized' : '{"kind":"PodList","items":[]}');
    };
    const withCertificate = (): Partial<ProbeOptions> => ({
      authority: { ca: pem('ca.crt') },
      credentials: {
        given: { cert: pem('client.crt'), key: pem('client.key'), headers: {} },
        weak: { headers: { authorization: 'Bearer weak' } },
      },
    });
    const withToken = (): Partial<ProbeOptions> => ({
      authority: { ca: pem('ca.crt') },
      credentials: { given: { headers: { authorization: `Bearer ${token}` } } },
    });
    const asks: TlsOptions = { requestCert: true, rejectUnauthorized: false };

    it('are sent to a server that verifies, and the three answers compared', async () => {
      const port = await serve('server', { ...asks, ca: pem('ca.crt') }, kubelet);
      const observation = await look(port, 'kubelet', withCertificate());
      expect(observation.tls?.verified).toEqual({ ok: true });
      expect(judgeObservation(observation, new Date()).comparison).toBe(
        '/pods as nobody 401, without rights 403, as given 200: rights decide, as they should',
      );
    });

    it.each([
      ['of another authority', 'stranger'],
      ['of another name', 'elsewhere'],
    ])('are not sent where the certificate is one %s: neither token nor client certificate leaves', async (_, name) => {
      const seen: string[] = [];
      const upstream = await serve(name, asks, (request, response) => {
        seen.push(
          `${(request.socket as TLSSocket).getPeerCertificate()?.subject?.CN} ${request.headers.authorization}`,
        );
        kubelet(request, response);
      });
      for (const credentials of [withCertificate(), withToken()]) {
        const observation = await look(upstream, 'kubelet', credentials);
        expect(observation.identities?.given.outcome).toMatchObject({
          kind: 'not-sent',
          reason: expect.stringContaining('does not verify'),
        });
        expect(judgeObservation(observation, new Date()).comparison).toContain('not asked with credentials');
      }
      expect(seen.length).toBeGreaterThan(0);
      expect(new Set(seen)).toEqual(new Set(['undefined undefined']));
    });

    it('leave nothing on the wire after ClientHello where the certificate does not verify', async () => {
      const upstream = await serve('stranger', asks, kubelet);
      const connections: Buffer[][] = [];
      const relay = await listen(
        net.createServer((socket) => {
          const sent: Buffer[] = [];
          connections.push(sent);
          const onward = net.connect(upstream, '127.0.0.1');
          onward.on('error', () => socket.destroy());
          socket.on('data', (chunk) => {
            sent.push(chunk);
            onward.write(chunk);
          });
          socket.on('close', () => onward.destroy());
          onward.pipe(socket);
        }),
      );
      const before = await look(relay, 'kubelet');
      expect(before.identities).toBeUndefined();
      const anonymous = connections.length;
      const observation = await look(relay, 'kubelet', withCertificate());
      // As nobody everything is as before; then come the connections of the given identity and the one without rights.
      const more = connections.slice(2 * anonymous);
      expect(observation.identities?.given.outcome.kind).toBe('not-sent');
      expect(more).toHaveLength(2);
      const [withKey = []] = more;
      expect(recordTypes(Buffer.concat(withKey)).filter((type) => type === 23)).toEqual([]);
      expect(Buffer.concat(withKey)[5]).toBe(1);
    });

    it('are not sent to servers without TLS 1.3, where a client certificate goes out unverified', async () => {
      const seen: unknown[] = [];
      const port = await serve('server', { ...asks, maxVersion: 'TLSv1.2', ca: pem('ca.crt') }, (request, response) => {
        seen.push((request.socket as TLSSocket).getPeerCertificate()?.subject?.CN);
        kubelet(request, response);
      });
      const observation = await look(port, 'kubelet', withCertificate());
      expect(observation.identities?.given.outcome).toEqual({
        kind: 'not-sent',
        reason: 'it does not speak TLS 1.3, and before it a client certificate goes out unverified',
      });
      expect(seen.filter((name) => name !== undefined)).toEqual([]);
      const byToken = await look(port, 'kubelet', withToken());
      expect(byToken.identities?.given.outcome).toMatchObject({ kind: 'http', status: 200 });
    });

    it('are not sent without TLS', async () => {
      const headers: http.IncomingHttpHeaders[] = [];
      const port = await listen(
        http.createServer((request, response) => {
          headers.push(request.headers);
          response.statusCode = 401;
          response.end('Unauthorized');
        }),
      );
      const observation = await look(port, 'kubelet', withToken());
      expect(observation.identities).toBeUndefined();
      expect(headers.length).toBeGreaterThan(0);
      expect(JSON.stringify(headers)).not.toContain(token);
    });
  });
});

function recordTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) types.push(bytes[at] ?? -1);
  return types;
}

describe('other servers', () => {
  const plain = (answer: http.RequestListener): Promise<number> => listen(http.createServer(answer));
  const raw = (behave: (socket: net.Socket) => void): Promise<number> => listen(net.createServer(behave));

  it('are asked with GET, as nobody, and only for what is listed', async () => {
    const seen: string[] = [];
    const port = await plain((request, response) => {
      const { authorization, cookie } = request.headers;
      seen.push(`${request.method} ${request.url}`);
      expect([authorization, cookie]).toEqual([undefined, undefined]);
      response.end(request.url === '/proxyMode' ? 'iptables' : '{}');
    });
    const observation = await look(port, 'kube-proxy-metrics');
    expect(seen).toEqual(['GET /proxyMode', 'GET /metrics', 'GET /configz', 'GET /debug/pprof/']);
    expect(observation).toMatchObject({ transport: 'plain', listener: 'kube-proxy-metrics', address: '127.0.0.1' });
  });

  it.skipIf(!hasIpv6)('are reached by an IPv6 address', async () => {
    const hosts: (string | undefined)[] = [];
    const server = http.createServer((request, response) => {
      hosts.push(request.headers.host);
      response.end('ok');
    });
    closers.push(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
    const { port } = server.address() as AddressInfo;
    const [seen] = await probeTargets([{ ...target(port, 'kubelet-healthz'), host: '::1' }], options);
    expect(seen).toMatchObject({ reach: 'open', address: '::1', listener: 'kubelet-healthz' });
    expect(hosts).toEqual([`[::1]:${port}`]);
  });

  it('that redirect are not followed', async () => {
    const asked: (string | undefined)[] = [];
    const port = await plain((request, response) => {
      asked.push(request.url);
      response.writeHead(302, { location: 'http://user:secret@evil.example/next?token=secret' }).end();
    });
    const observation = await look(port);
    expect(says(observation)).toBe('redirects to http://evil.example/next (302), not followed');
    expect(asked).not.toContain('/next');
    expect(JSON.stringify(observation)).not.toContain('secret');
  });

  it.each<[string, (socket: net.Socket) => void, string]>([
    ['close at once', (socket) => socket.destroy(), 'it closes the connection without an answer'],
    ['never answer', () => undefined, 'accepts connections and does not answer'],
    [
      'send garbage',
      (socket) => socket.end('\u0000\u0001garbage\r\n\r\n'),
      'it answers with something other than HTTP',
    ],
    ['speak SSH', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), 'it answers with something other than HTTP'],
    [
      'send huge headers',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`),
      'its headers are larger than 16 KiB',
    ],
  ])('that %s', async (_, behave, sentence) => {
    const port = await raw((socket) => {
      socket.on('data', () => undefined);
      behave(socket);
    });
    const observation = await look(port, undefined, { timeoutMs: 400 });
    expect(says(observation)).toBe(sentence);
    expect(judgeObservation(observation, new Date()).verdict).toBe('unknown');
  });

  it('that send a body without end are read no further than 64 KiB', async () => {
    let sent = 0;
    const port = await plain((_, response) => {
      const chunk = '# HELP '.repeat(1024);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const observation = await look(port, 'kube-proxy-metrics');
    expect(observation.answers.map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 4 }, () => ({ kind: 'http', status: 200, signs: { product: 'metrics' } })),
    );
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('that are not there: closed, or a name without an address', async () => {
    const port = await raw(() => undefined);
    for (const close of closers.splice(0)) close();
    expect((await look(port)).reach).toBe('closed');
    const [unknown] = await probeTargets([{ host: 'no-such-host.invalid', port: 1, origin: 'named' }], options);
    expect(unknown).toMatchObject({ reach: 'unresolved' });
  });

  it('are asked no faster than the rate allows', async () => {
    const times: number[] = [];
    const port = await raw((socket) => {
      times.push(performance.now());
      socket.destroy();
    });
    await probeTargets([target(port), target(port, 'kubelet')], { ...options, rate: 20 });
    const [first = 0, last = 0] = [times[0], times.at(-1)];
    expect(times.length).toBeGreaterThan(3);
    expect(last - first).toBeGreaterThan((times.length - 1) * 50 - 40);
  });

  it('are left when the run is interrupted, with what was found', async () => {
    const control = new AbortController();
    const answering = await plain((_, response) => response.end('ok'));
    const silent = await raw((socket) => {
      socket.on('data', () => control.abort(new Error('interrupted')));
    });
    const seen = await probeTargets(
      [
        target(answering, 'kubelet-healthz'),
        { ...target(silent), host: 'localhost' },
        { ...target(1), host: '127.0.0.2' },
      ],
      { ...options, timeoutMs: 10_000, signal: control.signal },
    );
    expect(seen).toHaveLength(3);
    expect(seen[1]?.reach === 'skipped' || seen[1]?.cut === true).toBe(true);
  });

  it('are left when the time for everything is over', async () => {
    const port = await raw(() => undefined);
    const started = performance.now();
    const [seen] = await probeTargets([target(port)], { ...options, timeoutMs: 10_000, totalMs: 200 });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(seen?.reach).toBe('skipped');
  });
});
