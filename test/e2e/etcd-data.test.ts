import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EtcdReading, readEtcdFile } from '../../src/collect/etcd/file.ts';
import { type EtcdLiveOptions, readEtcdLive } from '../../src/collect/etcd/live.ts';
import type { EtcdDataEvidence } from '../../src/model/etcd-data.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';

const port = 17200;
const script = resolve(import.meta.dirname, '../../../shared/kube/lab');
const value = 'correct-horse-battery-staple';
const suite = labAvailable ? describe : describe.skip;
warnIfNoLab('etcd data');

const encryption = `
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - aescbc: {keys: [{name: key1, secret: ${Buffer.alloc(32, 'a').toString('base64')}}]}
      - identity: {}
  - resources: [configmaps]
    providers:
      - secretbox: {keys: [{name: box-2, secret: ${Buffer.alloc(32, 'b').toString('base64')}}]}
      - identity: {}
`;

suite('etcd data', { timeout: 120_000 }, () => {
  let lab: Lab;
  let credentials: Omit<EtcdLiveOptions, 'endpoints'>;
  const member = `https://127.0.0.1:${port + 1}`;

  beforeAll(async () => {
    lab = await startLab({ port });
    const pki = (name: string): string => readFileSync(join(lab.folder, 'root/etc/kubernetes/pki', name), 'utf8');
    credentials = {
      ca: pki('etcd/ca.crt'),
      cert: pki('apiserver-etcd-client.crt'),
      key: pki('apiserver-etcd-client.key'),
    };
    await lab.kubectl(['create', 'namespace', 'shop']);
    for (const name of ['one', 'two', 'three']) {
      await lab.kubectl(['create', 'secret', 'generic', name, '--namespace=shop', `--from-literal=password=${value}`]);
    }
    await lab.kubectl(['create', 'configmap', 'settings', '--namespace=shop', '--from-literal=a=b']);
  }, 240_000);

  afterAll(async () => {
    await lab?.stop();
  }, 120_000);

  const runLab = (args: readonly string[]): Promise<unknown> =>
    promisify(execFile)(script, [...args], { env: { ...process.env, LAB_PORT: String(port) }, timeout: 120_000 });

  /** What is in an etcd, by all three ways; they are told apart by name. */
  async function readAll(): Promise<Record<'snapshot' | 'database' | 'live', EtcdDataEvidence>> {
    // What is written is in the database file after the next commit, 100 ms later.
    await sleep(500);
    const database = join(lab.folder, 'copy.db');
    copyFileSync(join(lab.folder, 'root/var/lib/etcd/member/snap/db'), database);
    return {
      snapshot: whole(await readEtcdFile(await saveSnapshot())),
      database: whole(await readEtcdFile(database)),
      live: whole(await readEtcdLive({ ...credentials, endpoints: [member] })),
    };
  }

  /** As `etcdctl snapshot save`: the blobs of the answer, the last of which is the hash. */
  async function saveSnapshot(): Promise<string> {
    const file = join(lab.folder, 'snapshot.db');
    const lines = (await post(member, 'maintenance/snapshot')).split('\n').filter((line) => line !== '');
    writeFileSync(file, Buffer.concat(lines.map((line) => Buffer.from(JSON.parse(line).result.blob, 'base64'))));
    return file;
  }

  function post(endpoint: string, request: string, body: unknown = {}): Promise<string> {
    return new Promise((onText, onError) => {
      const { ca, cert, key } = credentials;
      const sent = https.request(`${endpoint}/v3/${request}`, { method: 'POST', ca, cert, key }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => onText(Buffer.concat(chunks).toString('utf8')));
      });
      sent.on('error', onError);
      sent.end(JSON.stringify(body));
    });
  }

  async function countOf(resource: string): Promise<number> {
    const lines = await lab.kubectl(['get', resource, '--all-namespaces', '--output=name']);
    return lines.split('\n').filter((line) => line !== '').length;
  }

  it('shows that nothing is encrypted by default, whichever way it is read', async () => {
    const secrets = await countOf('secrets');
    const readings = await readAll();
    for (const [way, evidence] of Object.entries(readings)) {
      expect(classesOf(evidence, 'secrets'), way).toEqual({ protobuf: secrets });
      expect(classesOf(evidence, 'configmaps'), way).toEqual({ protobuf: await countOf('configmaps') });
      expect(classesOf(evidence, 'namespaces'), way).toEqual({ protobuf: await countOf('namespaces') });
      expect(classesOf(evidence, 'apiregistration.k8s.io/apiservices'), way).toEqual({
        json: await countOf('apiservices'),
      });
      expect(evidence, way).toMatchObject({ prefix: '/registry', complete: true, problems: [] });
      expect(evidence.revision, way).toBeGreaterThan(100);
      expect(JSON.stringify(evidence), way).not.toContain(value);
    }
    const { snapshot, database, live } = readings;
    expect(snapshot.file).toMatchObject({ kind: 'snapshot', integrity: { state: 'ok' } });
    expect(database.file).toMatchObject({ kind: 'database', integrity: { state: 'no-hash' } });
    expect(live).toMatchObject({ from: 'live', at: member, version: expect.stringMatching(/^3\.\d+\.\d+/) });
    expect(database.size.total).toBe(live.size.total);
  });

  it('tells that a snapshot was changed, and still reads it', async () => {
    const file = await saveSnapshot();
    const bytes = readFileSync(file);
    const at = bytes.indexOf(value);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const { evidence, gaps } = await readEtcdFile(file);
    expect(gaps).toEqual([]);
    expect(evidence?.file?.integrity).toMatchObject({ state: 'mismatch', hashed: bytes.length - 32 });
    expect(Object.keys(classesOf(evidence, 'secrets'))).toEqual(['protobuf']);
  });

  it('reads what is left of a real file, whatever bytes of it are changed', async () => {
    const bytes = readFileSync(await saveSnapshot());
    const untouched = whole(await readEtcdFile(join(lab.folder, 'snapshot.db')));
    const most = revisionsOf(untouched);
    const changes = fc.array(fc.record({ at: fc.nat(bytes.length - 33), to: fc.nat(255) }), {
      minLength: 1,
      maxLength: 300,
    });
    const path = join(lab.folder, 'mutated.db');
    await fc.assert(
      fc.asyncProperty(changes, fc.boolean(), async (list, cut) => {
        const copy = Buffer.from(bytes);
        for (const { at, to } of list) copy[at] = to;
        writeFileSync(path, cut ? copy.subarray(0, list[0]?.at ?? 0) : copy);
        const { evidence, gaps } = await readEtcdFile(path);
        expect(evidence !== undefined || gaps.length > 0).toBe(true);
        expect(evidence === undefined ? 0 : revisionsOf(evidence)).toBeLessThanOrEqual(most);
      }),
      { numRuns: 150 },
    );
  });

  it('says why a member is not read', async () => {
    const pki = (name: string): string => readFileSync(join(lab.folder, 'root/etc/kubernetes/pki', name), 'utf8');
    const refuse = async (options: Partial<EtcdLiveOptions>): Promise<readonly string[]> => {
      const { evidence, gaps } = await readEtcdLive({ ...credentials, endpoints: [member], ...options });
      expect(evidence).toBeUndefined();
      return gaps.map((gap) => `${gap.code} ${gap.what}: ${gap.reason}`);
    };
    expect(await refuse({ ca: pki('ca.crt') })).toEqual([
      expect.stringMatching(`^unavailable ${member}: its certificate does not verify: `),
    ]);
    expect(await refuse({ servername: 'etcd.example.com' })).toEqual([
      expect.stringMatching(/its certificate does not verify: .*etcd\.example\.com/),
    ]);
    const stranger = { cert: pki('apiserver-kubelet-client.crt'), key: pki('apiserver-kubelet-client.key') };
    expect(await refuse(stranger)).toEqual([`forbidden ${member}: it refuses the client certificate`]);
    expect(await refuse({ key: stranger.key })).toEqual([
      expect.stringMatching(`^malformed ${member}: the given certificates or key cannot be used: `),
    ]);
    expect(await refuse({ cert: 'not a certificate' })).toEqual([
      expect.stringMatching(`^malformed ${member}: the given certificates or key cannot be used: `),
    ]);
    expect(await refuse({ endpoints: ['https://127.0.0.1:1', 'http://127.0.0.1:2379', 'nonsense'] })).toEqual([
      'unavailable https://127.0.0.1:1: connection refused',
      'unavailable http://127.0.0.1:2379: it is no https:// URL, and every value would cross the network in the clear',
      'unavailable nonsense: it is no https:// URL, and every value would cross the network in the clear',
    ]);
    expect(await refuse({ endpoints: [] })).toEqual(['unavailable etcd: no endpoint is named']);
    expect(await refuse({ signal: AbortSignal.abort() })).toEqual([`interrupted ${member}: the reading was stopped`]);
  });

  it('reads the first member that answers, and no more keys than it may', async () => {
    const { evidence, gaps } = await readEtcdLive({
      ...credentials,
      endpoints: ['https://127.0.0.1:1', member],
      limit: 110,
    });
    expect(evidence).toMatchObject({ at: member, complete: false, problems: ['only the first 110 keys were read'] });
    expect(gaps).toEqual([expect.objectContaining({ code: 'too-large', reason: 'only the first 110 keys were read' })]);
    const counts = evidence?.resources.flatMap(({ stored }) => stored.map(({ live }) => live.count)) ?? [];
    expect(counts.reduce((sum, count) => sum + count, evidence?.otherKeys ?? 0)).toBe(110);
  });

  it('says why a gateway does not serve', async () => {
    const folder = join(lab.folder, 'other');
    mkdirSync(folder);
    const pki = join(lab.folder, 'root/etc/kubernetes/pki/etcd');
    const start = (name: string, offset: number, args: readonly string[]): Promise<unknown> =>
      runLab([
        ...['run', folder, 'etcd', '--', `--name=${name}`, `--data-dir=${join(folder, name)}`],
        `--listen-client-urls=https://127.0.0.1:${port + offset}`,
        `--advertise-client-urls=https://127.0.0.1:${port + offset}`,
        `--listen-peer-urls=http://127.0.0.1:${port + offset + 1}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${port + offset + 1}`,
        `--initial-cluster=${name}=http://127.0.0.1:${port + offset + 1}`,
        ...['--client-cert-auth', `--trusted-ca-file=${join(pki, 'ca.crt')}`],
        ...[`--cert-file=${join(pki, 'server.crt')}`, `--key-file=${join(pki, 'server.key')}`, ...args],
      ]);
    try {
      await start('closed', 5, ['--enable-grpc-gateway=false']);
      const closed = `https://127.0.0.1:${port + 5}`;
      expect(await gapsWhenUp(closed)).toEqual([
        expect.objectContaining({
          code: 'unavailable',
          reason: 'it has no JSON gateway (404): --enable-grpc-gateway is false, or this is not etcd',
          hint: expect.stringContaining('etcdctl snapshot save'),
        }),
      ]);
      await runLab(['down', folder]);
      await start('users', 5, []);
      expect(await gapsWhenUp(closed)).toEqual([]);
      await post(closed, 'auth/user/add', { name: 'root', password: 'x' });
      await post(closed, 'auth/user/grant', { user: 'root', role: 'root' });
      await post(closed, 'auth/enable');
      expect(await gapsWhenUp(closed)).toEqual([
        expect.objectContaining({
          code: 'forbidden',
          reason: expect.stringMatching(/CommonName.*authentication is on/),
        }),
      ]);
    } finally {
      await runLab(['down', folder]);
    }
  });

  /** Waits until something answers there. */
  async function gapsWhenUp(endpoint: string): Promise<EtcdReading['gaps']> {
    for (let attempt = 0; ; attempt += 1) {
      const { gaps } = await readEtcdLive({ ...credentials, endpoints: [endpoint] });
      if (attempt === 100 || gaps[0]?.reason !== 'connection refused') return gaps;
      await sleep(200);
    }
  }

  it.each([
    [
      503,
      '{"error":"x","code":14,"message":"connection closed"}',
      'unavailable',
      '503: connection closed',
      /clientAuth/,
    ],
    [403, '{"code":7,"message":"permission denied"}', 'forbidden', '403: permission denied', /snapshot/],
    [302, 'moved', 'unavailable', 'it answered 302: moved', undefined],
    [200, '[]', 'malformed', 'not a JSON object', undefined],
    [200, '{"kvs":{}, "more":true}', 'malformed', 'keys are missing or not in order', undefined],
    [200, '{"kvs":[{"key":7}]}', 'malformed', 'keys are missing or not in order', undefined],
    [200, '{"kvs":[{"key":"YQ=="}], "more":true}', 'malformed', 'keys are missing or not in order', undefined],
  ])('a member that answers %i %s is a gap', async (status, body, code, reason, hint) => {
    const { gaps } = await readFake(() => ({ status, body }));
    expect(gaps).toEqual([expect.objectContaining({ code, reason: expect.stringContaining(reason) })]);
    if (hint !== undefined) expect(gaps[0]?.hint).toMatch(hint);
  });

  it('asks for less where an answer is too large, and goes on where its revision was compacted', async () => {
    const asked: string[] = [];
    const { evidence, gaps } = await readFake((path, sent) => {
      if (path !== '/v3beta/kv/range')
        return { status: path.startsWith('/v3beta/') ? 200 : 404, body: '{"version":"3.3.27"}' };
      const { key = '', limit = '', revision = '' } = sent;
      asked.push(`${limit}@${revision}`);
      const from = Number(Buffer.from(key, 'base64').toString('latin1').slice(-5, -1));
      if (Number(limit) > 30) return { status: 429, body: '{"code":8,"message":"received message larger than max"}' };
      if (revision !== '' && from >= 20)
        return { status: 400, body: '{"code":11,"message":"revision has been compacted"}' };
      const numbers = Array.from({ length: Math.min(Number(limit), 50 - from) }, (_, index) => from + index + 1);
      const kvs = numbers.map((number) => ({
        key: Buffer.from(`/registry/secrets/a/${String(number).padStart(4, '0')}`).toString('base64'),
        value: Buffer.from(number % 2 === 0 ? 'k8s\0' : 'k8s:enc:aescbc:v1:k:').toString('base64'),
        mod_revision: String(number),
      }));
      return { status: 200, body: JSON.stringify({ header: { revision: '77' }, kvs, more: from + kvs.length < 50 }) };
    });
    expect(gaps).toEqual([]);
    expect(classesOf(evidence, 'secrets')).toEqual({ protobuf: 25, 'aescbc v1 k': 25 });
    expect(evidence).toMatchObject({ version: '3.3.27', revision: 77, complete: true });
    expect(asked).toEqual(['100@', '50@', '25@', '50@77', '25@77', '25@']);
  });

  type Answer = { readonly status: number; readonly body: string };

  /** Reads a server of the member's certificate that answers as told. */
  async function readFake(answer: (path: string, sent: Record<string, string>) => Answer): Promise<EtcdReading> {
    const pki = join(lab.folder, 'root/etc/kubernetes/pki/etcd');
    const tls = { cert: readFileSync(join(pki, 'server.crt')), key: readFileSync(join(pki, 'server.key')) };
    const server = https.createServer(tls, async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { status, body } = answer(request.url ?? '', JSON.parse(Buffer.concat(chunks).toString('utf8')));
      response.writeHead(status).end(body);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    try {
      const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      return await readEtcdLive({ ...credentials, endpoints: [endpoint] });
    } finally {
      server.close();
    }
  }

  it('counts what each key encrypts, and what is left of the time before', async () => {
    const config = join(lab.folder, 'encryption.yaml');
    writeFileSync(config, encryption);
    await runLab(['down', lab.folder]);
    await runLab(['up', lab.folder, '--', `--encryption-provider-config=${config}`]);
    const configmaps = await countOf('configmaps');
    await lab.kubectl(['create', 'configmap', 'new', '--namespace=shop', '--from-literal=a=b']);
    // One secret stays as it was.
    const list = JSON.parse(await lab.kubectl(['get', 'secrets', '--all-namespaces', '--output=json']));
    list.items = list.items.filter((item: { metadata: { name: string } }) => item.metadata.name !== 'three');
    await lab.kubectl(['replace', '--filename=-'], JSON.stringify(list));
    const secrets = list.items.length as number;

    const readings = await readAll();
    for (const [way, evidence] of Object.entries(readings)) {
      expect(classesOf(evidence, 'secrets'), way).toEqual({ protobuf: 1, 'aescbc v1 key1': secrets });
      expect(classesOf(evidence, 'configmaps'), way).toEqual({ protobuf: configmaps, 'secretbox v1 box-2': 1 });
      const plain = evidence.resources
        .find(({ resource }) => resource === 'secrets')
        ?.stored.find(({ as }) => as.form === 'plaintext');
      expect(plain?.live.examples, way).toEqual(['shop/three']);
      expect(plain?.old.count, way).toBe(way === 'live' ? 0 : secrets);
    }

    await post(member, 'kv/compaction', { revision: String(readings.live.revision), physical: true });
    const compacted = await readAll();
    expect(compacted.snapshot.compacted).toBe(readings.live.revision);
    expect(oldPlaintext(compacted.snapshot)).toBe(0);
    expect(freedPlaintext(compacted.snapshot)).toBeGreaterThan(0);
    expect(compacted.snapshot.size.inUse).toBeLessThan(compacted.snapshot.size.total);

    await post(member, 'maintenance/defragment');
    const defragmented = await readAll();
    expect(oldPlaintext(defragmented.snapshot)).toBe(0);
    expect(freedPlaintext(defragmented.snapshot)).toBe(0);
    expect(classesOf(defragmented.snapshot, 'secrets')).toEqual({ protobuf: 1, 'aescbc v1 key1': secrets });
  }, 240_000);
});

function whole({ evidence, gaps }: EtcdReading): EtcdDataEvidence {
  expect(gaps).toEqual([]);
  if (evidence === undefined) throw new Error('there is no evidence');
  return evidence;
}

function revisionsOf({ resources, otherKeys }: EtcdDataEvidence): number {
  const counts = resources.flatMap(({ stored }) => stored.map(({ live, old }) => live.count + old.count));
  return counts.reduce((sum, count) => sum + count, otherKeys);
}

/** How many live values each class has, those without any left out. */
function classesOf(evidence: EtcdDataEvidence | undefined, resource: string): Record<string, number> {
  const stored = evidence?.resources.find((entry) => entry.resource === resource)?.stored ?? [];
  return Object.fromEntries(
    stored
      .filter(({ live }) => live.count > 0)
      .map(({ as, live }) => {
        const name = as.form === 'encrypted' ? `${as.provider} ${as.version} ${as.key}` : undefined;
        return [name ?? (as.form === 'plaintext' ? as.encoding : 'unknown'), live.count];
      }),
  );
}

function plaintextOf(evidence: EtcdDataEvidence) {
  const secrets = evidence.resources.find(({ resource }) => resource === 'secrets')?.stored ?? [];
  return secrets.filter(({ as }) => as.form === 'plaintext');
}

function oldPlaintext(evidence: EtcdDataEvidence): number {
  return plaintextOf(evidence).reduce((sum, { old }) => sum + old.count, 0);
}

function freedPlaintext(evidence: EtcdDataEvidence): number {
  return plaintextOf(evidence).reduce((sum, { freed }) => sum + freed, 0);
}
