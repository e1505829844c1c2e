// Reading audit logs, beside `jq .objectRef.resource` on the same file: a log with bodies, and the same without.
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/setup.mjs';
import { runJq, withoutBodies } from './jq.mjs';
import { inTurn, median, medianOf, row, runNode } from './measure.mjs';

const sample = join(root, '../shared/samples/lab-audit.log.zst');
const cli = join(root, 'dist/cli.js');
const megabyte = 1e6;

export default async function auditLog() {
  if (!existsSync(sample)) {
    console.warn(`  skipped: ${sample} is not here`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-'));
  try {
    const log = execFileSync('zstd', ['-dc', sample], { maxBuffer: 1 << 30 });
    const bodies = join(folder, 'bodies.log');
    for (let copy = 0; copy < 6; copy += 1) appendFileSync(bodies, log);
    await beside('RequestResponse', bodies);
    const metadata = join(folder, 'metadata.log');
    const lines = withoutBodies(log);
    writeFileSync(metadata, '');
    for (let copy = 0; copy < 12; copy += 1) appendFileSync(metadata, lines);
    await beside('Metadata', metadata);
    await once('the same as .zst, 46 MB', sample, log.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every event parsed and counted; then with what the line itself turns down; then what jq makes of it. */
async function beside(what, file) {
  const size = statSync(file).size;
  const events = readFileSync(file).reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
  const stats = (...args) => runNode([cli, 'audit', 'stats', file, '--by', 'resource', '-o', 'json', ...args]);
  const [all, jq] = await inTurn(
    3,
    () => stats('--all-stages'),
    () => runJq(file),
  );
  const counted = JSON.parse(all[0].stdout).total.count;
  if (counted !== events) throw new Error(`${counted} of ${events} events were counted`);
  const ended = await stats();
  const user = await stats('--user', 'nobody');
  const speed = (ms) => size / megabyte / (ms / 1000);
  const [ours, theirs] = [speed(medianOf(all, 'cpuMs')), speed(median(jq))];
  row(`${what}: jq .objectRef.resource, CPU`, `${theirs.toFixed(0)} MB/s`, '');
  row(`${what}: every event counted, CPU`, `${ours.toFixed(0)} MB/s`, '2 times jq', ours >= 2 * theirs);
  row(`${what}: events a second, CPU`, `${Math.round(events / (medianOf(all, 'cpuMs') / 1000))}`, '');
  row(`${what}: how requests ended, CPU`, `${speed(ended.cpuMs).toFixed(0)} MB/s`, '');
  row(`${what}: one user's, CPU`, `${speed(user.cpuMs).toFixed(0)} MB/s`, '');
  const peak = medianOf(all, 'peakMb');
  row(
    `${what}: peak memory, ${Math.round(size / megabyte)} MB log`,
    `${peak.toFixed(0)} MB`,
    'limit 300 MB',
    peak <= 300,
  );
}

async function once(what, file, size) {
  const run = await runNode([cli, 'audit', 'stats', file, '--all-stages', '-o', 'json']);
  row(`${what}, CPU`, `${(size / megabyte / (run.cpuMs / 1000)).toFixed(0)} MB/s`, '');
}
