// A folder of real manifests, against the only other TypeScript scanner. Limits: 10 times faster, 200 MB.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/setup.mjs';
import { inTurn, medianOf, row, runNode } from './measure.mjs';

const samples = join(root, '../shared/samples/manifests.tar.zst');
const cache = join(root, 'node_modules/.cache/bulwark-bench');

export default async function manifests() {
  const folder = sampleManifests();
  if (folder === undefined) {
    console.log('  skipped: the sample manifests are not here');
    return;
  }
  const scan = async () => {
    const run = await runNode([
      join(root, 'dist/cli.js'),
      'scan',
      folder,
      '--no-render',
      '-o',
      'json',
      '--fail-on',
      'none',
    ]);
    if (run.code !== 0 || JSON.parse(run.stdout).inputs.evaluated < 50)
      throw new Error(`nothing was scanned: ${run.stderr}`);
    return run;
  };
  const peer = installPeer();
  if (peer === undefined) {
    const runs = [await scan(), await scan(), await scan()];
    console.log('  the peer could not be installed; our own figures only');
    own(runs);
    return;
  }
  const [ours, theirs] = await inTurn(3, scan, () => runNode([peer, folder]));
  own(ours);
  row('argo-cd, @monokle/validation, CPU', `${(medianOf(theirs, 'cpuMs') / 1000).toFixed(1)} s`, '');
  row('argo-cd, @monokle/validation, peak memory', `${medianOf(theirs, 'peakMb').toFixed(0)} MB`, '');
  const ratio = medianOf(theirs, 'wallMs') / medianOf(ours, 'wallMs');
  row('times faster, wall clock', ratio.toFixed(1), 'at least 10', ratio >= 10);
}

function own(runs) {
  const peak = medianOf(runs, 'peakMb');
  row('argo-cd (14 MB), bulwark scan, CPU', `${(medianOf(runs, 'cpuMs') / 1000).toFixed(2)} s`, '');
  row('argo-cd (14 MB), bulwark scan, peak memory', `${peak.toFixed(0)} MB`, 'limit 200 MB', peak <= 200);
}

/** The folder of the sample, unpacked; undefined where it is not here. */
export function sampleManifests() {
  if (!existsSync(samples)) return undefined;
  const folder = join(cache, 'argo-cd/manifests');
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const { status } = spawnSync('tar', ['--zstd', '-xf', samples, '-C', cache], { stdio: 'inherit' });
  if (status !== 0) throw new Error('tar with zstd is needed to unpack the samples: apt-get install zstd');
  return folder;
}

/** The peer lives in a folder of its own: it is no dependency of this project. */
function installPeer() {
  const folder = join(cache, 'peer');
  const script = join(folder, 'monokle.mjs');
  if (!existsSync(join(folder, 'node_modules/@monokle/validation'))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
    const packages = ['@monokle/validation@0.33.0', '@monokle/parser@0.3.2'];
    const args = [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '--no-save',
      ...packages,
    ];
    const { status } = spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 2, 2] });
    if (status !== 0) return undefined;
  }
  writeFileSync(script, peerScript);
  return script;
}

const peerScript = `import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDefaultMonokleValidator } from '@monokle/validation';
import { extractK8sResources } from '@monokle/parser';

const files = [];
const walk = (folder) => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path);
    else if (/\\.ya?ml$/.test(entry.name)) files.push({ id: path, path, content: readFileSync(path, 'utf8') });
  }
};
walk(process.argv[2]);
const resources = extractK8sResources(files);
const validator = createDefaultMonokleValidator();
await validator.preload({ plugins: { 'pod-security-standards': true, practices: true } });
const result = await validator.validate({ resources });
console.log(result.runs.reduce((sum, run) => sum + run.results.length, 0));
process.exit(0);
`;
