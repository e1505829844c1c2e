import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/model/json.ts';
import { readAuditEvent } from '../../src/semantics/audit-event/index.ts';
import { root } from './run-cli.ts';
import { CountingDetector } from './watch-child.ts';

const token = 'a-token-that-is-long-enough';
let folder = '';
let program = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-kill-'));
  program = join(folder, 'child.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['test/e2e/watch-child.ts'],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  writeFileSync(join(folder, 'token'), token);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a watch that is killed again and again', () => {
  it('reads every line of a file that is rotated meanwhile, and tells each alert once', async () => {
    const log = join(folder, 'audit.log');
    const out = join(folder, 'file.ndjson');
    writeFileSync(log, '');
    const written: Json[] = [];
    let rotations = 0;
    const { kills } = await killing(['watch', log, join(folder, 'file-state'), out], {
      kills: 20,
      work: () => {
        const events = someEvents(written.length, 15);
        written.push(...events);
        appendFileSync(log, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
        if (written.length % 1500 !== 0) return undefined;
        rotations += 1;
        renameSync(log, join(folder, `audit-2026-11-20T20-00-${String(rotations).padStart(2, '0')}.000.log`));
        writeFileSync(log, '');
        return undefined;
      },
      isDone: () => keysIn(out).length >= expected(written).length,
    });
    expect(keysIn(out)).toEqual(expected(written));
    expect(kills).toBe(20);
    expect(written.length).toBeGreaterThan(1000);
    expect(rotations).toBeGreaterThan(0);
  }, 90_000);

  it('loses nothing of what it acknowledged to API servers that send again, and tells each alert once', async () => {
    const out = join(folder, 'webhook.ndjson');
    const created: string[] = [];
    const elasticsearch = await bulkServer(created);
    const sent: Json[] = [];
    let port = '';
    let repeated = 0;
    const { kills } = await killing(
      [
        'watch',
        'webhook',
        join(folder, 'webhook-state'),
        out,
        join(folder, 'token'),
        `http://127.0.0.1:${(elasticsearch.address() as AddressInfo).port}`,
      ],
      {
        kills: 20,
        onReady: (line) => {
          port = line;
        },
        work: async () => {
          const events = someEvents(sent.length, 25);
          for (let attempt = 0; !(await post(port, events)); attempt += 1) {
            repeated += 1;
            await wait(5);
          }
          // The answer got lost: the API server sends all of it again.
          if (sent.length % 200 === 0) await post(port, events);
          sent.push(...events);
        },
        isDone: () => keysIn(out).length >= expected(sent).length && created.length >= expected(sent).length,
      },
    );
    elasticsearch.close();
    expect(keysIn(out)).toEqual(expected(sent));
    expect(created.toSorted()).toEqual(expected(sent).toSorted());
    expect(kills).toBe(20);
    expect(repeated).toBeGreaterThan(0);
    expect(sent.length).toBeGreaterThan(1000);
  }, 90_000);

  it('keeps the alerts of several live files apart, whatever their order after a restart', async () => {
    const logs = ['a.log', 'b.log'].map((name) => join(folder, name));
    const out = join(folder, 'several.ndjson');
    for (const log of logs) writeFileSync(log, '');
    let count = 0;
    const told = (): number => Math.floor(count / users / 3) * 3 * users;
    await killing(['watch', logs.join(','), join(folder, 'several-state'), out], {
      kills: 10,
      work: () => {
        for (const log of logs) {
          appendFileSync(
            log,
            someEvents(count, 7)
              .map((event) => `${JSON.stringify(event)}\n`)
              .join(''),
          );
          count += 7;
        }
      },
      isDone: () => countsIn(out) >= told(),
    });
    // Which event was the first of a user depends on the order; that each was counted once does not.
    const keys = keysIn(out);
    expect(new Set(keys).size).toBe(keys.length);
    expect(countsIn(out)).toBe(told());
    expect(count).toBeGreaterThan(500);
  }, 60_000);
});

const users = 7;

function someEvents(from: number, count: number): Json[] {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const time = new Date(Date.UTC(2026, 10, 20, 20) + number * 10).toISOString();
    return {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      stage: 'ResponseComplete',
      requestURI: `/api/v1/namespaces/default/pods?page=${number}`,
      verb: 'list',
      user: { username: `user-${number % users}` },
      sourceIPs: ['10.0.0.1'],
      responseStatus: { code: 200 },
      requestReceivedTimestamp: time,
      stageTimestamp: time,
    };
  });
}

function expected(events: readonly Json[]): string[] {
  const detector = new CountingDetector();
  return events.flatMap((raw) => {
    const event = readAuditEvent(raw, { source: 'expected', offset: 0 });
    return event === undefined ? [] : detector.feed(event).map(({ id, revision }) => `${id}-${revision}`);
  });
}

interface Line {
  readonly id: string;
  readonly revision: number;
  readonly count: number;
  readonly actor: { readonly user: string };
}

function linesIn(path: string): Line[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

function keysIn(path: string): string[] {
  return linesIn(path).map(({ id, revision }) => `${id}-${revision}`);
}

/** The events that the latest alerts of all users tell of. */
function countsIn(path: string): number {
  const latest = new Map<string, number>();
  for (const { actor, count } of linesIn(path)) latest.set(actor.user, Math.max(latest.get(actor.user) ?? 0, count));
  return [...latest.values()].reduce((sum, count) => sum + count, 0);
}

interface Killing {
  readonly kills: number;
  /** Makes more events. */
  readonly work: () => void | Promise<void>;
  readonly onReady?: (line: string) => void;
  readonly isDone: () => boolean;
}

/** Starts the program, kills it after a random time, and so on; the last run is left alone until all is told. */
async function killing(args: readonly string[], options: Killing): Promise<{ readonly kills: number }> {
  const complaints: string[] = [];
  let child: ChildProcess | undefined;
  const start = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const started = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      started.stderr?.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
      started.stdout?.setEncoding('utf8').once('data', (text: string) => {
        options.onReady?.(text.trim());
        resolve();
      });
      started.once('exit', (code) => reject(new Error(`ended with ${code}: ${complaints.join('')}`)));
    });
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      child?.removeAllListeners('exit');
      child?.once('exit', () => resolve());
      child?.kill('SIGKILL');
    });
  const stopping = new AbortController();
  const working = (async () => {
    while (!stopping.signal.aborted) {
      await options.work();
      await wait(2);
    }
  })();
  let kills = 0;
  try {
    while (kills < options.kills) {
      await start();
      await wait(Math.random() * 200);
      await kill();
      kills += 1;
    }
    await start();
    stopping.abort();
    await working;
    const deadline = Date.now() + 20_000;
    while (!options.isDone() && Date.now() < deadline) await wait(20);
    // What comes too often comes now.
    await wait(300);
    return { kills };
  } finally {
    stopping.abort();
    await kill();
  }
}

function post(port: string, items: readonly Json[]): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.request(
      { host: '127.0.0.1', port, path: '/audit', method: 'POST', headers: { authorization: `Bearer ${token}` } },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode === 200));
        response.on('error', () => resolve(false));
      },
    );
    request.on('error', () => resolve(false));
    request.end(JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items }));
  });
}

/** As Elasticsearch: what is there already meets a conflict. */
async function bulkServer(created: string[]): Promise<http.Server> {
  const there = new Set<string>();
  const server = http.createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const ids = text.split('\n').flatMap((line) => {
      const id: unknown = line === '' ? undefined : JSON.parse(line)?.create?.['_id'];
      return typeof id === 'string' ? [id] : [];
    });
    const items = ids.map((id) => {
      if (there.has(id)) return { create: { _id: id, status: 409 } };
      there.add(id);
      created.push(id);
      return { create: { _id: id, status: 201 } };
    });
    response.end(JSON.stringify({ errors: false, items }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
