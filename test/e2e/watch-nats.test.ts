import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { build, type Metafile } from 'esbuild';
import { decompress } from 'fzstd';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/model/json.ts';
import { makeCertificate } from '../certificate.ts';
import { findNatsServer, type NatsServer, startNatsServer } from './nats-server.ts';
import { root } from './run-cli.ts';

const partitions = 6;
const mapping = `mappings { "bulwark.event.*": "bulwark.partition.{{partition(${partitions},1)}}.{{wildcard(1)}}" }`;
const sample = join(root, '../shared/samples/lab-audit.log.zst');
const natsServer = findNatsServer();
if (natsServer === undefined) console.warn('nats-server is not here: a watch of several processes is not tested');

describe.skipIf(natsServer === undefined)('a watch of several processes', () => {
  let folder = '';
  let program = '';
  let outputs: Metafile['outputs'] = {};
  const children = new Set<Child>();
  const servers: NatsServer[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-nats-'));
    program = join(folder, 'program/cli.js');
    const { metafile } = await build({
      metafile: true,
      absWorkingDir: root,
      entryPoints: { cli: 'src/cli/main.ts' },
      outdir: join(folder, 'program'),
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      banner: {
        js: "import { createRequire as bulwarkRequire } from 'node:module'; const require = bulwarkRequire(import.meta.url);",
      },
      logLevel: 'warning',
    });
    ({ outputs } = metafile);
    writeFileSync(join(folder, 'program/package.json'), '{"type":"module"}');
  }, 60_000);

  afterAll(async () => {
    for (const child of children) await child.kill();
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Child => {
    const child = new Child(program, ['watch', ...args], { PATH: process.env['PATH'] ?? '', HOME: folder, ...env });
    children.add(child);
    return child;
  };

  const serve = async (name: string, config: string): Promise<NatsServer> => {
    const inside = mkdtempSync(join(folder, `${name}-`));
    const server = await startNatsServer(natsServer ?? '', { folder: inside, config });
    servers.push(server);
    return server;
  };

  it('finds what one process finds, each alert once, whoever is killed meanwhile', async () => {
    const lines = logLines();
    const whole = join(folder, 'whole.log');
    writeFileSync(whole, lines.map((line) => `${line}\n`).join(''));
    const alone = join(folder, 'alone.ndjson');
    await start(['--once', whole, '--severity', 'info', '--sink', `ndjson=${alone}`]).ended;
    const expected = rowsIn(alone).toSorted();
    expect(expected.length).toBeGreaterThan(20);

    const { url, restart } = await serve('kills', mapping);
    const nats = ['--nats', url, '--nats-partitions', String(partitions)];
    const log = join(folder, 'growing.log');
    const out = join(folder, 'shared.ndjson');
    writeFileSync(log, '');
    const publishing = ['--publish', log, '--from-start', ...nats, '--severity', 'info', '--quiet-after', '0'];
    publishing.push('--state', join(folder, 'publisher'));
    const working = ['--worker', ...nats, '--severity', 'info', '--lease', '1.5'];
    const delivering = ['--deliver', ...nats, '--severity', 'info', '--sink', `ndjson=${out}`];
    delivering.push('--state', join(folder, 'deliverer'));

    let publisher = start(publishing);
    let deliverer = start(delivering);
    const workers = [start(working), start(working), start(working)];
    const counts = { workers: 0, publishers: 0, deliverers: 0, servers: 0 };
    const rounds = 18;
    for (let round = 0; round < rounds; round += 1) {
      const from = Math.floor((lines.length * round) / rounds);
      const slice = lines.slice(from, Math.floor((lines.length * (round + 1)) / rounds));
      for (let index = 0; index < slice.length; index += 100) {
        const some = slice.slice(index, index + 100);
        appendFileSync(log, some.map((line) => `${line}\n`).join(''));
        await wait(60);
      }
      await wait(Math.random() * 800);
      if (round === 5 || round === 11) {
        await publisher.kill();
        publisher = start(publishing);
        counts.publishers += 1;
      }
      if (round === 8) {
        await restart();
        counts.servers += 1;
      }
      if (round === 10) {
        await deliverer.kill();
        deliverer = start(delivering);
        counts.deliverers += 1;
      }
      const victim = Math.floor(Math.random() * workers.length);
      await workers[victim]?.kill();
      workers[victim] = start(working);
      counts.workers += 1;
    }
    expect(await publisher.stop(), publisher.errors).toBe(0);
    expect(await start([...publishing, '--once']).ended).toBe(0);
    const deadline = Date.now() + 45_000;
    while (rowsIn(out).length < expected.length && Date.now() < deadline) await wait(100);
    // What comes too often comes now.
    await wait(1_500);
    const said = [...children].map(({ errors }) => errors).join('');
    expect(rowsIn(out).toSorted()).toEqual(expected);
    expect(said).not.toContain('lost');
    // Partitions went from hand to hand while events came.
    expect(said.match(/Took partition/g)?.length).toBeGreaterThan(3 * (partitions + 1));
    expect(counts).toEqual({ workers: rounds, publishers: 2, deliverers: 1, servers: 1 });
    for (const child of [...workers, deliverer]) expect(await child.stop(), child.errors).toBe(0);
  }, 240_000);

  it('takes events larger than a message, over TLS and with a password', async () => {
    const certificate = selfSigned(folder);
    const { url } = await serve(
      'secured',
      `${mapping}\ntls { cert_file: ${JSON.stringify(certificate.cert)}, key_file: ${JSON.stringify(certificate.key)} }
       authorization { user: bulwark, password: "a password" }`,
    );
    const log = join(folder, 'large.log');
    const out = join(folder, 'large.ndjson');
    writeFileSync(log, `${JSON.stringify(largeEvent())}\n`);
    const nats = [
      '--nats',
      url.replace('127.0.0.1', 'localhost'),
      '--nats-ca',
      certificate.cert,
      '--nats-partitions',
      String(partitions),
    ];
    const env = { NATS_USER: 'bulwark', NATS_PASSWORD: 'a password' };
    const refused = start(['--publish', '--once', log, ...nats, '--state', join(folder, 'refused')]);
    expect(await refused.ended).toBe(2);
    expect(refused.errors).toContain('cannot connect');
    const worker = start(['--worker', ...nats, '--lease', '1'], env);
    const state = ['--state', join(folder, 'large-deliverer')];
    const deliverer = start(['--deliver', ...nats, ...state, '--sink', `ndjson=${out}`], env);
    const publisher = start(['--publish', '--once', log, ...nats, '--state', join(folder, 'large')], env);
    expect(await publisher.ended, publisher.errors).toBe(0);
    const deadline = Date.now() + 20_000;
    while (!rowsIn(out).some((row) => row.endsWith('privileged-container')) && Date.now() < deadline) await wait(50);
    expect(rowsIn(out).filter((row) => row.endsWith(' 0 1 privileged-container'))).toHaveLength(1);
    for (const child of [worker, deliverer]) {
      expect(await child.stop(), child.errors).toBe(0);
      expect(child.errors).not.toContain('password');
    }
  }, 60_000);

  it('loads the client of NATS for nothing else', () => {
    const inputsOf = (entry: string): string[] => {
      const first = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === entry) ?? '';
      const chunks = new Set([first]);
      for (const path of chunks) {
        for (const { path: next, kind } of outputs[path]?.imports ?? [])
          if (kind !== 'dynamic-import') chunks.add(next);
      }
      return [...chunks].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}));
    };
    const isNats = (input: string): boolean => input.includes('@nats-io') || input.includes('watch/nats');
    expect(inputsOf('src/cli/watch.run.ts').filter(isNats)).toEqual([]);
    expect(inputsOf('src/cli/watch-nats.run.ts').filter(isNats).length).toBeGreaterThan(10);
  });

  it('says what the configuration of the server lacks', async () => {
    const { url } = await serve('unmapped', mapping.replace(String(partitions), '3'));
    const nats = ['--nats', url, '--nats-partitions', String(partitions)];
    const log = join(folder, 'few.log');
    const events = Array.from({ length: 40 }, (_, number) => `${JSON.stringify(someEvent(number))}\n`);
    writeFileSync(log, events.join(''));
    await start(['--publish', '--once', log, ...nats, '--state', join(folder, 'unmapped')]).ended;
    const worker = start(['--worker', ...nats]);
    expect(await worker.ended).toBe(2);
    expect(worker.errors).toContain(`{{partition(${partitions},1)}}`);
    const other = start(['--worker', '--nats', url, '--nats-partitions', '5']);
    expect(await other.ended).toBe(2);
    expect(other.errors).toContain(`there are ${partitions} partitions, not 5`);
  }, 60_000);
});

class Child {
  errors = '';
  readonly ended: Promise<number | null>;
  private readonly process: ChildProcess;

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.process = spawn(process.execPath, [program, ...args], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 240_000,
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    this.ended = new Promise((resolve) => this.process.once('exit', (code) => resolve(code)));
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  stop(): Promise<number | null> {
    this.process.kill('SIGTERM');
    return this.ended;
  }
}

/** Files of a certificate of this machine's loopback name, which is its own authority. */
function selfSigned(folder: string): { readonly cert: string; readonly key: string } {
  const { pem, key } = makeCertificate({ subject: 'CN=localhost', dns: ['localhost'], extendedUsages: ['serverAuth'] });
  const files = { cert: join(folder, 'nats.crt'), key: join(folder, 'nats.key') };
  writeFileSync(files.cert, pem);
  writeFileSync(files.key, key.export({ type: 'pkcs8', format: 'pem' }));
  return files;
}

/** `ID REVISION COUNT RULE` of every alert that a sink was told. */
function rowsIn(path: string): string[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { id, revision, count, rule } = JSON.parse(line);
      return `${id} ${revision} ${count} ${rule}`;
    });
}

function logLines(): readonly string[] {
  if (existsSync(sample)) {
    const bytes = decompress(readFileSync(sample));
    return Buffer.from(bytes).toString('utf8').trimEnd().split('\n');
  }
  console.warn('the sample log is not here: a generated one takes its place');
  return Array.from({ length: 6_000 }, (_, number) => JSON.stringify(someEvent(number)));
}

/** A privileged pod with an annotation that no message has room for. */
function largeEvent(): Json {
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'large', namespace: 'shop', annotations: { note: 'ä'.repeat(1_500_000) } },
    spec: { containers: [{ name: 'c', image: 'x', securityContext: { privileged: true } }] },
  };
  return {
    ...Object(someEvent(1)),
    level: 'RequestResponse',
    verb: 'create',
    requestURI: '/api/v1/namespaces/shop/pods',
    objectRef: { resource: 'pods', namespace: 'shop', name: 'large', apiVersion: 'v1' },
    responseStatus: { code: 201 },
    requestObject: body,
  };
}

const kinds = [
  { verb: 'get', resource: 'secrets', code: 200 },
  { verb: 'list', resource: 'secrets', code: 403 },
  { verb: 'create', resource: 'pods', subresource: 'exec', code: 101 },
  { verb: 'get', resource: 'pods', code: 401 },
  { verb: 'delete', resource: 'deployments', group: 'apps', code: 200 },
];

function someEvent(number: number): Json {
  const kind = kinds[number % kinds.length] ?? { verb: 'get', resource: 'pods', code: 200 };
  const time = new Date(Date.UTC(2026, 10, 20, 20) + number * 50).toISOString();
  const user = number % 37;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/shop/${kind.resource}/thing-${number}`,
    verb: kind.verb,
    ...(kind.code !== 401 && { user: { username: `user-${user}`, groups: ['system:authenticated'] } }),
    sourceIPs: [`10.0.0.${user % 5}`],
    objectRef: {
      resource: kind.resource,
      namespace: 'shop',
      name: `thing-${number}`,
      apiGroup: kind.group ?? '',
      subresource: kind.subresource ?? '',
    },
    responseStatus: { code: kind.code },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
  };
}
