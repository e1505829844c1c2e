// The admission webhook: beside Pepr where it can be installed, beside large bodies, and over an hour's worth of reviews.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../scripts/setup.mjs';
import { row } from './measure.mjs';
import { load } from './webhook-load.mjs';
import { podReview } from './webhook-review.mjs';

const seconds = 10;
const peer = join(root, '../shared/peers/pepr');
/** A busy cluster makes ten pods a second. */
const hour = Number(process.env.BULWARK_SOAK ?? 36_000);

/** Twenty besides the restricted level. */
const controls = [
  ...[
    'host-aliases',
    'host-users',
    'mount-propagation',
    'raw-block-device',
    'share-process-namespace',
    'sudo-entrypoint',
  ],
  ...['capabilities-dangerous', 'capabilities-sys-admin', 'capabilities-sys-module', 'capabilities-net-raw-added'],
  ...['capabilities-net-raw-kept', 'escalation-contradiction', 'gitrepo-volume', 'host-path-sensitive'],
  ...[
    'host-path-writable',
    'supplemental-groups-policy',
    'windows-admin-user',
    'probe-host',
    'unsafe-sysctls',
    'proc-mount',
  ],
];

export default async function webhook() {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-webhook-'));
  const api = await startApi(folder);
  try {
    makeKeys(folder);
    writePolicies(folder);
    const review = podReview();
    row('a review', `${(JSON.stringify(review).length / 1000).toFixed(1)} kB`, '');
    const server = await startServer(folder);
    const check = (text) => text.includes('"allowed":true');
    const small = { path: '/validate?timeout=10s', review, connections: 16, check };
    try {
      await load({ ...small, port: server.port, seconds: 3 });
      const theirs = await startPepr(folder);
      const rates = [[], []];
      const costs = [[], []];
      let best;
      // In turn, so that a machine whose speed drifts treats both alike.
      for (let turn = 0; turn < 3; turn += 1) {
        let before = server.processorTime();
        const own = await load({ ...small, port: server.port, seconds: seconds / 2 });
        costs[0].push((server.processorTime() - before) / own.times.length);
        if (own.failed > 0) throw new Error(`${own.failed} reviews failed`);
        rates[0].push(own.rate);
        if (best === undefined || own.rate > best.rate) best = own;
        if (theirs === undefined) continue;
        if (turn === 0) await load({ ...small, check: undefined, port: 3000, path: '/validate/secret', seconds: 2 });
        before = theirs.processorTime();
        const other = await load({
          ...small,
          check: undefined,
          port: 3000,
          path: '/validate/secret',
          seconds: seconds / 2,
        });
        rates[1].push(other.rate);
        costs[1].push((theirs.processorTime() - before) / other.times.length);
      }
      await theirs?.stop();
      const [own, other] = rates.map(median);
      const [ownCost, otherCost] = costs.map(median);
      row('reviews a second, 16 connections', Math.round(own).toLocaleString('en'), '');
      if (other === undefined) row('Pepr', 'not here', 'at least 5 times');
      else {
        row('Pepr, five validators', `${Math.round(other).toLocaleString('en')}`, '');
        row('times as many as Pepr', (own / other).toFixed(1), 'at least 5', own / other >= 5);
      }
      // On a machine that others use, too, this tells more than what came through.
      const theirCost = otherCost === undefined ? '' : `, Pepr ${otherCost.toFixed(2)} ms`;
      row('processor time a review', `${ownCost.toFixed(2)} ms${theirCost}`, '');
      row('p50', `${best.quantile(0.5).toFixed(2)} ms`, 'at most 3 ms', best.quantile(0.5) <= 3);
      row('p99', `${best.quantile(0.99).toFixed(2)} ms`, '');
      const paced = await load({ ...small, port: server.port, connections: 1, seconds: 3 });
      row('one after the other, p50', `${paced.quantile(0.5).toFixed(2)} ms`, '');
      const memory = server.memory();
      row('memory under that load', `${memory.toFixed(0)} MB`, 'under 110 MB', memory < 110);
      await soak(server, small);
    } finally {
      await server.stop();
    }
    await besideLarge(folder, small);
  } finally {
    api.close();
    rmSync(folder, { recursive: true });
  }
}

/** Small reviews while many send as much as the API server takes. */
async function besideLarge(folder, small) {
  const server = await startServer(folder);
  const sender = spawn(
    process.execPath,
    [new URL('webhook-large.mjs', import.meta.url).pathname, String(server.port), '200', '15'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  sender.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = new Promise((resolve) => sender.once('close', resolve));
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  const beside = await load({ ...small, port: server.port, connections: 4, seconds: 8 });
  const memory = server.memory();
  await ended;
  const { judged, shed } = JSON.parse(said);
  await server.stop();
  row('200 connections send 3 MiB: judged, and turned away', `${judged}, ${shed}`, '');
  const p99 = beside.quantile(0.99);
  row('small reviews meanwhile, p99', `${p99.toFixed(1)} ms`, 'under 50 ms', p99 < 50 && beside.failed === 0);
  row('memory meanwhile', `${memory.toFixed(0)} MB`, 'under 512 MB', memory < 512);
}

/** Memory over as many reviews as come in an hour: the second half must not end above the first. */
async function soak(server, small) {
  const half = Math.ceil(hour / 2);
  await load({ ...small, port: server.port, count: half });
  const middle = server.memory();
  await load({ ...small, port: server.port, count: half });
  const end = server.memory();
  row(
    `memory after ${half.toLocaleString('en')} and ${(half * 2).toLocaleString('en')} more reviews`,
    `${middle.toFixed(0)}, ${end.toFixed(0)} MB`,
    'flat: within 10 %',
    end <= middle * 1.1,
  );
}

function makeKeys(folder) {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const made = spawnSync('openssl', [...args, ...names, '-keyout', 'tls.key', '-out', 'tls.crt'], { cwd: folder });
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
}

function writePolicies(folder) {
  const spec = {
    podSecurity: { defaults: { enforce: 'restricted', warn: 'restricted', audit: 'restricted' } },
    controls: controls.map((name) => ({ control: `pods/${name}`, mode: 'enforce' })),
  };
  const policy = { apiVersion: 'bulwark.dev/v1', kind: 'AdmissionPolicy', metadata: { name: 'bench' }, spec };
  writeFileSync(join(folder, 'policies.yaml'), JSON.stringify(policy));
}

/** As much of an API server as the webhook asks: its version, and one namespace. */
async function startApi(folder) {
  const server = http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://api');
    const answer = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (pathname === '/version') return answer(200, { major: '1', minor: '33', gitVersion: 'v1.33.0' });
    if (pathname === '/api/v1')
      return answer(200, { resources: [{ name: 'namespaces', kind: 'Namespace', namespaced: false }] });
    if (pathname === '/api/v1/namespaces') {
      if (searchParams.has('watch')) return response.writeHead(200).flushHeaders();
      return answer(200, {
        metadata: { resourceVersion: '1' },
        items: [{ metadata: { name: 'shop', resourceVersion: '1' } }],
      });
    }
    answer(404, { kind: 'Status', message: 'not found' });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const config = {
    'current-context': 'bench',
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    clusters: [{ name: 'bench', cluster: { server: url } }],
    users: [{ name: 'bench', user: { token: 'bench' } }],
  };
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config));
  return { close: () => (server.closeAllConnections(), server.close()) };
}

async function startServer(folder) {
  const args = ['webhook', 'serve', '--policies', 'policies.yaml', '--tls-cert', 'tls.crt', '--tls-key', 'tls.key'];
  args.push('--listen', '127.0.0.1:0', '--probes', '127.0.0.1:0', '--kubeconfig', 'kubeconfig', '--stop-delay', '1');
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let said = '';
  const [port, probes] = await new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text) => {
      if (said.length < 10_000) said += text;
      const match = /"reviews":"[^"]*:(\d+)","probes":"[^"]*:(\d+)"/.exec(said);
      if (match !== null) resolve([Number(match[1]), Number(match[2])]);
    });
    ended.then((code) => reject(new Error(`the webhook ended with ${code}: ${said}`)));
  });
  for (let waited = 0; ; waited += 1) {
    const ready = await fetch(`http://127.0.0.1:${probes}/readyz`);
    if (ready.status === 200) break;
    if (waited > 50) throw new Error(`the webhook is not ready: ${await ready.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    port,
    memory: () => memoryOf(child.pid),
    processorTime: () => processorTimeOf(child.pid),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** What the manifests start the server with. */
function environment() {
  const manifests = readFileSync(join(root, 'deploy/manifests/webhook.yaml'), 'utf8');
  const server = manifests.slice(manifests.indexOf('name: server'));
  const list = /^ +env:\n((?: +- name: \w+\n +value: .*\n)+)/m.exec(server)?.[1] ?? '';
  const pairs = [...list.matchAll(/- name: (\w+)\n +value: '?"?(.*?)'?"?\n/g)].map(([, name, value]) => [name, value]);
  if (pairs.length === 0) throw new Error('the manifests set no environment for the server');
  return { ...process.env, ...Object.fromEntries(pairs) };
}

/** Pepr with its five validators, where npm can bring it; undefined elsewhere. */
async function startPepr(folder) {
  if (!existsSync(peer)) return undefined;
  const place = join(folder, 'pepr');
  cpSync(peer, place, { recursive: true });
  spawnSync('chmod', ['-R', 'u+w', place]);
  const made = spawnSync('npm', ['install', 'pepr@1.1.4', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: place,
  });
  if (made.status !== 0) return undefined;
  await build({
    absWorkingDir: place,
    entryPoints: ['pepr.ts'],
    outfile: join(place, 'pepr.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    keepNames: true,
    alias: { pepr: join(place, 'node_modules/pepr/dist/lib.js') },
    logLevel: 'silent',
  });
  const keys = { SSL_KEY_PATH: join(folder, 'tls.key'), SSL_CERT_PATH: join(folder, 'tls.crt') };
  for (const name of ['tls.key', 'tls.crt']) cpSync(join(folder, name), join(place, name));
  const config = JSON.parse(readFileSync(join(folder, 'kubeconfig'), 'utf8'));
  config.clusters[0].cluster = { server: 'https://localhost:18001' };
  writeFileSync(join(place, 'kubeconfig'), JSON.stringify(config));
  const env = {
    ...process.env,
    ...keys,
    KUBECONFIG: join(place, 'kubeconfig'),
    NODE_EXTRA_CA_CERTS: join(folder, 'tls.crt'),
    PEPR_MODE: 'dev',
    PEPR_API_PATH: 'secret',
    LOG_LEVEL: 'error',
  };
  const children = ['stub-api.mjs', 'pepr.js'].map((file) =>
    spawn(process.execPath, [file], { cwd: place, env, stdio: 'ignore' }),
  );
  const stop = async () => {
    for (const child of children) child.kill('SIGKILL');
  };
  for (let waited = 0; waited < 60; waited += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const tried = await load({
      port: 3000,
      path: '/validate/secret',
      review: podReview(),
      connections: 1,
      count: 1,
    }).catch(() => undefined);
    if (tried?.failed === 0) return { stop, processorTime: () => processorTimeOf(children[1].pid) };
  }
  await stop();
  return undefined;
}

function memoryOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Milliseconds. */
function processorTimeOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1];
}

if (process.argv[1] === new URL(import.meta.url).pathname) await webhook();
