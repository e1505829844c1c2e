// Who can talk to whom, all pairs: 10,000 pods and 1,000 policies within 1 s and 150 MB, and the curve to five times that.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { root } from '../scripts/setup.mjs';
import { medianOf, row, runNode } from './measure.mjs';
import { networkSnapshot } from './network-cluster.mjs';

const self = fileURLToPath(import.meta.url);

export default async function network() {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-'));
  try {
    await curve(bundled(folder));
    await commands(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The engine alone, so that nothing else is in its memory. */
function bundled(folder) {
  const outfile = join(folder, 'network.mjs');
  const contents = "export * from './src/facts/facts.ts'; export * from './src/facts/network.ts';";
  const stdin = { contents, resolveDir: root, loader: 'ts' };
  buildSync({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
  return outfile;
}

/** The sizes of the curve: kinds of pods grow with the cluster, as the number of its namespaces and applications does. */
const sizes = [
  { pods: 1000, policies: 100, namespaces: 20, apps: 20 },
  { pods: 20_000, policies: 2000, namespaces: 200, apps: 60 },
  { pods: 50_000, policies: 5000, namespaces: 500, apps: 100 },
];

async function curve(engine) {
  const measure = async (size) => {
    const { pods } = size;
    const runs = [];
    for (let run = 0; run < (pods > 10_000 ? 1 : 3); run += 1) {
      const { stdout, stderr, code, peakMb } = await runNode([self, 'measure', engine, JSON.stringify(size)]);
      if (code !== 0) throw new Error(stderr);
      runs.push({ ...JSON.parse(stdout), peakMb });
    }
    return {
      cpuMs: medianOf(runs, 'cpuMs'),
      peakMb: medianOf(runs, 'peakMb'),
      queryUs: medianOf(runs, 'queryUs'),
      pairs: runs[0].pairs,
      classes: runs[0].classes,
    };
  };
  const { cpuMs, peakMb, queryUs, pairs, classes } = await measure({ pods: 10_000, policies: 1000 });
  row(`10000 pods, 1000 policies: ${pairs} pairs, CPU`, `${(cpuMs / 1000).toFixed(2)} s`, 'limit 1 s', cpuMs <= 1000);
  row(`the same, ${classes} classes, peak memory`, `${peakMb.toFixed(0)} MB`, 'limit 150 MB', peakMb <= 150);
  row('one question after that', `${queryUs.toFixed(1)} µs`, 'limit 5 ms', queryUs <= 5000);
  for (const size of sizes) {
    const { pods, policies } = size;
    const one = await measure(size);
    row(`${pods} pods, ${policies} policies, ${one.classes} classes, CPU`, `${(one.cpuMs / 1000).toFixed(2)} s`, '');
    row(`${pods} pods, ${policies} policies, peak memory`, `${one.peakMb.toFixed(0)} MB`, '');
  }
}

/** What a user waits for: everything from the file to the last line of output. */
async function commands(folder) {
  const file = join(folder, 'cluster.json');
  const items = networkSnapshot({ pods: 10_000, policies: 1000 }).objects.map(({ value }) => value);
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  for (const args of [
    ['list', '-o', 'json'],
    ['matrix', '-o', 'dot'],
  ]) {
    const { stderr, code, cpuMs, peakMb } = await runNode([join(root, 'bin/bulwark.mjs'), 'network', ...args, file]);
    if (code !== 0) throw new Error(stderr);
    const what = `network ${args.join(' ')} of 10000 pods, 1000 policies`;
    row(`${what}, CPU`, `${(cpuMs / 1000).toFixed(2)} s`, 'limit 5 s', cpuMs <= 5000);
    row(`${what}, peak memory`, `${peakMb.toFixed(0)} MB`, 'limit 250 MB', peakMb <= 250);
  }
}

/** In a process of its own, so that its memory is its own. The cluster is made before the clock starts. */
async function measureOnce(engine, size) {
  const { factsOf, networkReachability } = await import(pathToFileURL(engine).href);
  const facts = factsOf(networkSnapshot(size));
  const began = process.cpuUsage();
  const reachability = facts.get(networkReachability);
  const pairs = countPairs(reachability);
  const { user, system } = process.cpuUsage(began);
  const { size: classes } = reachability.classes;
  const asked = 200_000;
  const start = process.cpuUsage();
  let open = 0;
  for (let at = 0; at < asked; at += 1)
    if (reachability.between((at * 7919) % classes, (at * 104_729) % classes).least !== 0) open += 1;
  const query = process.cpuUsage(start);
  console.log(
    JSON.stringify({
      cpuMs: (user + system) / 1000,
      pairs,
      classes,
      open,
      queryUs: (query.user + query.system) / asked,
    }),
  );
}

/** How many pods may connect to how many others: every pair of classes is looked at. */
function countPairs(reachability) {
  const { classes, ports } = reachability;
  // Pods are the first classes.
  const count = classes.pods.count();
  const weights = Float64Array.from({ length: count }, (_, at) => classes.all[at].pods.length);
  const groups = Int32Array.from({ length: count }, (_, at) => reachability.groupNumber('egress', at));
  const together = new Map();
  for (const [at, group] of groups.entries()) together.set(group, (together.get(group) ?? 0) + weights[at]);
  let pairs = 0;
  for (let to = 0; to < count; to += 1) {
    const column = reachability.columnOf('egress', to, 'least');
    const into = reachability.row('ingress', to, 'least');
    let sources = 0;
    if (into === undefined) {
      for (const [group, weight] of together) if (group === -1 || column[group] !== 0) sources += weight;
    } else {
      for (let from = 0; from < count; from += 1) {
        const taken = into[from];
        if (taken === 0) continue;
        const group = groups[from];
        if (group === -1 || ports.intersect(column[group], taken) !== 0) sources += weights[from];
      }
    }
    pairs += sources * weights[to];
  }
  return pairs;
}

if (process.argv[2] === 'measure') await measureOnce(process.argv[3], JSON.parse(process.argv[4]));
