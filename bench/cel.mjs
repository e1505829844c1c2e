// Expressions of admission policies: what one costs to evaluate and to compile, and how soon a hostile one is stopped.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { root } from '../scripts/setup.mjs';
import { median, row } from './measure.mjs';

const text =
  'object.spec.containers.all(c, has(c.securityContext) && ' +
  'has(c.securityContext.allowPrivilegeEscalation) && c.securityContext.allowPrivilegeEscalation == false)';

export default async function cel() {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-'));
  try {
    await measure(await load(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The engine is no part of the package's public API. */
async function load(folder) {
  const outfile = join(folder, 'cel.mjs');
  const entry = join(root, 'src/semantics/cel/index.ts');
  buildSync({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20' });
  return import(pathToFileURL(outfile).href);
}

async function measure({ compile, costLimits, createEnvironment, dyn, Meter }) {
  const environment = createEnvironment({ variables: new Map([['object', dyn]]) });
  const ready = (source) => {
    const result = compile(source, environment);
    if (result.kind === 'problem') throw new Error(result.problem.message);
    return result.expression;
  };
  const evaluate = (expression, object) =>
    expression.evaluate(new Map([['object', object]]), new Meter(costLimits.call));

  const securityContext = { allowPrivilegeEscalation: false, runAsNonRoot: true };
  const containers = ['web', 'proxy', 'logs'].map((name) => ({
    name,
    image: `registry.io/${name}:1`,
    securityContext,
  }));
  const pod = { spec: { containers } };
  const all = ready(text);
  const evaluation = perRun(100_000, () => evaluate(all, pod));
  row('all containers of 3 checked, CPU', `${evaluation.toFixed(2)} µs`, 'limit 3 µs', evaluation <= 3);
  row('the same expression compiled, CPU', `${perRun(2000, () => ready(text)).toFixed(0)} µs`, '');

  const numbers = { spec: { list: Array.from({ length: 300 }, (_, index) => index) } };
  const nested = ready('object.spec.list.all(a, object.spec.list.all(b, object.spec.list.all(c, a + b + c >= 0)))');
  const stopped = perRun(5, () => {
    const { kind } = evaluate(nested, numbers);
    if (kind !== 'stopped') throw new Error(`the cost limit did not stop it: ${kind}`);
  });
  row(
    'three nested loops over 300 items, until stopped',
    `${(stopped / 1000).toFixed(0)} ms`,
    'limit 100 ms',
    stopped <= 100_000,
  );

  const pattern = ready("object.matches('^(a+)+$')");
  const long = `${'a'.repeat(50_000)}!`;
  const matched = perRun(5, () => evaluate(pattern, long));
  row('a pattern that backtracks, over 50 kB', `${(matched / 1000).toFixed(1)} ms`, 'limit 100 ms', matched <= 100_000);
}

/** Microseconds of processor time for one run: the median of five rounds, after one that warms up. */
function perRun(runs, work) {
  const rounds = [];
  for (let round = 0; round < 6; round += 1) {
    const began = process.cpuUsage();
    for (let run = 0; run < runs; run += 1) work();
    const { user, system } = process.cpuUsage(began);
    if (round > 0) rounds.push((user + system) / runs);
  }
  return median(rounds);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await cel();
