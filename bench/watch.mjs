// The webhook receiver: what it takes, in what memory, and how long an event takes to become an alert.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../scripts/setup.mjs';
import { row } from './measure.mjs';

const preload = fileURLToPath(new URL('usage.mjs', import.meta.url));
const token = 'a-token-for-the-benchmark';
const batchSize = 400;

export default async function watch() {
  await throughput();
  await latency();
}

/** Full batches as fast as they are taken. */
async function throughput() {
  const watching = await startWatch();
  const seconds = 10;
  const until = performance.now() + seconds * 1000;
  let sent = 0;
  const began = performance.now();
  const caller = async () => {
    const template = new Batch(batchSize);
    while (performance.now() < until) if (await watching.post(template.next())) sent += batchSize;
  };
  await Promise.all([caller(), caller()]);
  const rate = sent / ((performance.now() - began) / 1000);
  const { peakMb, cpuMs } = await watching.stop();
  row(
    'events taken a second, Metadata, all rules',
    Math.round(rate).toLocaleString('en'),
    'at least 20,000',
    rate >= 20_000,
  );
  const each = (cpuMs * 1000) / sent;
  row('processor time an event', `${each.toFixed(0)} µs`, 'at most 50 µs', each <= 50);
  row('peak memory', `${Math.round(peakMb)} MB`, 'under 300 MB', peakMb < 300);
}

/** 5,000 events a second, and 25 incidents a second among them. */
async function latency() {
  const watching = await startWatch();
  const sentAt = new Map();
  const times = [];
  const reading = watching.follow((alert) => {
    const at = sentAt.get(alert.actor.user);
    if (at === undefined || alert.revision > 0) return;
    times.push(performance.now() - at);
    sentAt.delete(alert.actor.user);
  });
  const every = 20;
  const perTick = (5_000 * every) / 1000;
  const began = performance.now();
  let ticks = 0;
  const posts = [];
  const template = new Batch(perTick);
  while (performance.now() - began < 10_000) {
    const due = began + ticks * every;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    ticks += 1;
    // One that is still on its way must not change.
    posts.push(watching.post(Buffer.from(template.next())));
    if (ticks % 2 === 1) continue;
    const user = `attacker-${ticks}`;
    sentAt.set(user, performance.now());
    posts.push(watching.post(bodyOf([secretList(user)])));
  }
  await Promise.all(posts);
  const incidents = Math.floor(ticks / 2);
  for (let waited = 0; times.length < incidents && waited < 100; waited += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  reading.destroy();
  await watching.stop();
  times.sort((a, b) => a - b);
  const quantile = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  row('incidents told of', `${times.length}`, `all ${incidents}`, times.length === incidents);
  row('from post to alert at 5,000 events a second, median', `${quantile(0.5).toFixed(0)} ms`, '');
  row(
    'from post to alert at 5,000 events a second, p99',
    `${quantile(0.99).toFixed(0)} ms`,
    'under 200 ms',
    quantile(0.99) < 200,
  );
}

async function startWatch() {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-watch-'));
  const alerts = join(folder, 'alerts.ndjson');
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
  const args = ['watch', 'webhook:', '--listen', '127.0.0.1:0', '--token-file', join(folder, 'token')];
  args.push('--state', join(folder, 'state'), '--sink', `ndjson=${alerts}`);
  const child = spawn(process.execPath, ['--import', preload, join(root, 'dist/cli.js'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let usage = '';
  let said = '';
  child.stdio[3].setEncoding('utf8').on('data', (text) => (usage += text));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const port = await new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      const match = /Listening .*:(\d+)/.exec(said);
      if (match !== null) resolve(Number(match[1]));
    });
    ended.then((code) => reject(new Error(`watch ended with ${code}: ${said}`)));
  });
  const agent = new http.Agent({ keepAlive: true });
  return {
    post: (body) => post({ port, agent, body }),
    follow: (take) => follow(alerts, take),
    async stop() {
      agent.destroy();
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true });
      return JSON.parse(usage);
    },
  };
}

function bodyOf(items) {
  return Buffer.from(JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items }));
}

function post({ port, agent, body }) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-length': body.length };
    const request = http.request(
      { host: '127.0.0.1', port, path: '/audit', method: 'POST', agent, headers },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode === 200));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Calls for every line that is appended to a file. */
function follow(path, take) {
  let offset = 0;
  let rest = '';
  const timer = setInterval(() => {
    const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size <= offset) return;
    createReadStream(path, { start: offset, end: size - 1, encoding: 'utf8' }).on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) take(JSON.parse(line));
    });
    offset = size;
  }, 2);
  return { destroy: () => clearInterval(timer) };
}

let number = 0;

/** A body whose audit ids and times are written anew in place: to make events must not cost more than to take them. */
class Batch {
  constructor(count) {
    this.body = bodyOf(Array.from({ length: count }, () => event()));
    this.ids = placesOf(this.body, '"auditID":"');
    this.times = ['"requestReceivedTimestamp":"', '"stageTimestamp":"'].flatMap((key) => placesOf(this.body, key));
  }

  next() {
    const time = timestamp();
    for (const at of this.times) this.body.latin1Write(time, at);
    for (const at of this.ids) {
      number += 1;
      this.body.latin1Write(String(number).padStart(12, '0'), at + 24);
    }
    return this.body;
  }
}

function placesOf(body, key) {
  const places = [];
  for (let at = body.indexOf(key); at !== -1; at = body.indexOf(key, at + 1)) places.push(at + key.length);
  return places;
}

function timestamp() {
  return new Date().toISOString().replace('Z', '000Z');
}

/** As a controller's request is logged at level Metadata: 1.3 KB. */
function event(changes = {}) {
  number += 1;
  const time = timestamp();
  const namespace = `team-${number % 50}`;
  const name = `web-${number % 997}`;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: randomUUID(),
    stage: 'ResponseComplete',
    requestURI: `/apis/apps/v1/namespaces/${namespace}/deployments/${name}?fieldManager=operator&timeout=30s`,
    verb: number % 3 === 0 ? 'update' : 'get',
    user: {
      username: `system:serviceaccount:operators:operator-${number % 40}`,
      uid: 'c0ffee00-0000-4000-8000-000000000001',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:operators', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/pod-name': [`operator-${number % 40}-5d9c7b9c9d-abcde`],
        'authentication.kubernetes.io/pod-uid': ['c0ffee00-0000-4000-8000-000000000002'],
      },
    },
    sourceIPs: ['10.0.12.34'],
    userAgent: 'operator/v1.2.3 (linux/amd64) kubernetes/0123456/controller',
    objectRef: { resource: 'deployments', namespace, name, apiGroup: 'apps', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason': `RBAC: allowed by ClusterRoleBinding "operator-${number % 40}" of ClusterRole "operator"`,
    },
    ...changes,
  };
}

function secretList(username) {
  return event({
    verb: 'list',
    requestURI: '/api/v1/secrets?limit=500',
    user: { username, groups: ['system:authenticated'] },
    objectRef: { resource: 'secrets', apiVersion: 'v1' },
  });
}
