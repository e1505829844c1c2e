// Bundles of nodes: one, under 300 ms; a thousand in one run, under 20 s and 500 MB.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../scripts/setup.mjs';
import { writeBundles } from './bundles.mjs';
import { inTurn, median, medianOf, row, runNode } from './measure.mjs';

const { assembleSnapshot, collectNode, controls, judge } = await import(
  pathToFileURL(join(root, 'dist/index.js')).href
);

const many = 1000;

export default async function nodes() {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-'));
  try {
    const bundles = await writeBundles(folder, many);
    await judgeOne(bundles[0]);
    await scanOne(bundles[0]);
    await scanMany(bundles);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In one process: the first time, with everything cold, and as one of many. */
async function judgeOne(bundle) {
  const times = { read: [], judged: [] };
  for (let run = 0; run < 20; run += 1) {
    const began = performance.now();
    const { node, gaps } = await collectNode({ at: bundle, from: 'bundle', content: readFileSync(bundle) });
    times.read.push(performance.now() - began);
    const snapshot = assembleSnapshot([{ objects: [], inputs: [], gaps, nodes: [node] }], '2026-11-21T00:00:00Z');
    const from = performance.now();
    const { findings } = judge(snapshot, { controls });
    times.judged.push(performance.now() - from);
    if (findings.length === 0) throw new Error('nothing was judged');
  }
  const [read, judged] = [times.read[0], times.judged[0]];
  row('one bundle read, the first', `${read.toFixed(0)} ms`, '');
  row('one bundle judged, the first', `${judged.toFixed(0)} ms`, 'limit 300 ms', judged <= 300);
  row('one of many: read', `${median(times.read.slice(5)).toFixed(1)} ms`, '');
  row('one of many: judged', `${median(times.judged.slice(5)).toFixed(1)} ms`, '');
}

/** As the user sees it: the program started, the bundle read and judged, the report printed. */
async function scanOne(bundle) {
  const args = [join(root, 'dist/cli.js'), 'scan', '--node-bundle', bundle, '--fail-on', 'none'];
  const [bare, scan] = await inTurn(
    9,
    () => runNode(['-e', '0']),
    () => runNode(args),
  );
  if (!scan.every(({ code }) => code === 0)) throw new Error(`the scan failed: ${scan[0].stderr}`);
  const over = medianOf(scan, 'cpuMs') - medianOf(bare, 'cpuMs');
  row('the whole command, wall clock', `${medianOf(scan, 'wallMs').toFixed(0)} ms`, '');
  row('the whole command over bare node, CPU', `${over.toFixed(0)} ms`, 'limit 300 ms', over <= 300);
}

async function scanMany(bundles) {
  const named = bundles.flatMap((bundle) => ['--node-bundle', bundle]);
  for (const format of ['terminal', 'json', 'sarif']) {
    const args = [join(root, 'dist/cli.js'), 'scan', ...named, '-o', format, '--fail-on', 'none'];
    const run = await runNode(args);
    if (run.code !== 0) throw new Error(`the scan failed: ${run.stderr}`);
    if (!run.stdout.includes(format === 'terminal' ? `100 of ${many} kubelets` : 'kubelet/anonymous-auth')) {
      throw new Error(`not what was planted was found: ${run.stdout.slice(0, 500)}`);
    }
    const seconds = run.cpuMs / 1000;
    row(`${many} bundles, ${format}, CPU`, `${seconds.toFixed(1)} s`, 'limit 20 s', seconds <= 20);
    row(`${many} bundles, ${format}, wall clock`, `${(run.wallMs / 1000).toFixed(1)} s`, '');
    row(`${many} bundles, ${format}, peak memory`, `${run.peakMb.toFixed(0)} MB`, 'limit 500 MB', run.peakMb <= 500);
  }
}
