// All controls, both profiles: a folder of manifests, a recorded cluster, 50,000 objects, and one changed file of many.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../scripts/setup.mjs';
import { sampleManifests } from './manifests.mjs';
import { median, medianOf, row, runNode } from './measure.mjs';
import { podSpec } from './pods.mjs';

const cli = join(root, 'dist/cli.js');
const all = ['--profile', 'security', '--profile', 'reliability', '--fail-on', 'none'];
const recorded = join(root, '../shared/samples/lab-cluster.json.zst');
const { writeSnapshot } = await import(pathToFileURL(join(root, 'dist/index.js')).href);

export default async function objects() {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-'));
  try {
    const argo = sampleManifests();
    if (argo === undefined) console.log('  skipped: the sample manifests are not here');
    else {
      const runs = await thrice(['scan', argo, '--no-render', ...all, '-o', 'json']);
      limits('argo-cd, all controls', runs, { seconds: 1.5, mb: 200 });
      await following(argo, folder);
    }
    if (!existsSync(recorded)) console.log('  skipped: the recorded cluster is not here');
    else {
      const cluster = join(folder, 'cluster.json');
      writeFileSync(cluster, execFileSync('zstd', ['-dc', recorded], { maxBuffer: 2 ** 28 }));
      limits('recorded cluster, all controls', await thrice(['scan', cluster, ...all, '-o', 'json']), { seconds: 0.4 });
    }
    const many = join(folder, 'many.json');
    await writeSnapshot(largeCluster(5_000), many);
    for (const format of ['json', 'sarif']) {
      const runs = [await whole(['scan', '--from', many, ...all, '-o', `${format}=${join(folder, 'out')}`])];
      limits(`50,000 objects, all controls, ${format}`, runs, { seconds: 10, mb: 600 });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * A cluster of ten objects a Deployment: its ReplicaSet, four Pods, a Service, a ServiceAccount and two ConfigMaps. As a
 * live scan reads it, each Pod is judged for what its Deployment does not show.
 */
function largeCluster(count) {
  const objects = [];
  const add = (kind, value) => {
    const [group, version] = kind === 'Deployment' || kind === 'ReplicaSet' ? ['apps', 'v1'] : ['', 'v1'];
    const { name, namespace } = value.metadata;
    const apiVersion = group === '' ? version : `${group}/${version}`;
    const source = { file: `/${apiVersion}/namespaces/${namespace}/${kind}/${name}`, document: 0, base: [] };
    objects.push({ apiVersion, kind, name, namespace, value: { apiVersion, kind, ...value }, source });
  };
  for (let index = 0; index < count; index += 1) {
    const namespace = `team-${index % 50}`;
    const app = `web-${index}`;
    const labels = { app };
    const spec = { ...podSpec(index), serviceAccountName: app };
    const named = (name, owner) => ({
      name,
      namespace,
      labels,
      uid: `${namespace}-${name}`,
      ...(owner && { ownerReferences: [{ ...owner, uid: `${namespace}-${owner.name}`, controller: true }] }),
    });
    const template = { metadata: { labels }, spec };
    const selector = { matchLabels: labels };
    add('Deployment', { metadata: named(app), spec: { replicas: 4, selector, template } });
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: app };
    const set = `${app}-5d9c`;
    add('ReplicaSet', { metadata: named(set, deployment), spec: { replicas: 4, selector, template } });
    for (let pod = 0; pod < 4; pod += 1) {
      const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: set };
      add('Pod', { metadata: named(`${set}-${pod}`, owner), spec, status: { phase: 'Running' } });
    }
    add('Service', { metadata: named(app), spec: { selector: labels, ports: [{ port: 80 }] } });
    add('ServiceAccount', { metadata: named(app) });
    for (const name of ['settings', 'features'])
      add('ConfigMap', { metadata: named(`${app}-${name}`), data: { a: 'b' } });
  }
  return { schema: 'bulwark.snapshot/v1', takenAt: '2026-11-21T00:00:00Z', objects, inputs: [], gaps: [] };
}

async function thrice(args) {
  const runs = [];
  for (let run = 0; run < 3; run += 1) runs.push(await whole(args));
  return runs;
}

/** A scan that read everything: one that stops early would be fast. */
async function whole(args) {
  const run = await runNode([cli, ...args]);
  if (run.code !== 0 && run.code !== 3) throw new Error(`${args.join(' ')} ended with ${run.code}: ${run.stderr}`);
  return run;
}

/** Processor time, of all threads, is held to the limit: the wall clock, on a busy machine anybody's, is told beside it. */
function limits(what, runs, { seconds, mb }) {
  const cpu = medianOf(runs, 'cpuMs') / 1000;
  row(`${what}, CPU`, `${cpu.toFixed(2)} s`, `limit ${seconds} s`, cpu <= seconds);
  row(`${what}, wall clock`, `${(medianOf(runs, 'wallMs') / 1000).toFixed(2)} s`, '');
  if (mb === undefined) return;
  const peak = medianOf(runs, 'peakMb');
  row(`${what}, peak memory`, `${peak.toFixed(0)} MB`, `limit ${mb} MB`, peak <= mb);
}

/** `scan --watch` over the folder: files are written anew, one at a time, and it says how long each took it. */
async function following(from, folder) {
  const copy = join(folder, 'followed');
  cpSync(from, copy, { recursive: true });
  const child = spawn(process.execPath, [cli, 'scan', copy, '--no-render', '--watch', '--fail-on', 'none'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
  const until = async (holds, what) => {
    for (const end = Date.now() + 60_000; !holds(); ) {
      if (Date.now() > end || child.exitCode !== null) throw new Error(`no ${what}: ${err}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  try {
    await until(() => err.includes('Following'), 'beginning');
    const files = readdirSync(copy, { recursive: true }).filter((name) => name.endsWith('deployment.yaml'));
    const times = [];
    for (const name of [...files, ...files]) {
      const path = join(copy, name);
      out = '';
      writeFileSync(path, `${readFileSync(path, 'utf8')}\n# touched\n`);
      await until(() => /\(\d+ ms\)/.test(out), `change of ${name}`);
      times.push(Number(/\((\d+) ms\)/.exec(out)[1]));
      // What depends on the file is judged afterwards; that is no part of the answer.
      await new Promise((resolve) => setTimeout(resolve, 900));
    }
    const typical = median(times);
    row('argo-cd --watch, one changed file judged again', `${typical} ms`, 'limit 50 ms', typical <= 50);
  } finally {
    child.kill('SIGINT');
  }
}
