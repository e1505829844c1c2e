// Detections over a file: beside jq, against the number of rules, and against the number of users.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/setup.mjs';
import { runJq, withoutBodies } from './jq.mjs';
import { inTurn, median, medianOf, row, runNode } from './measure.mjs';

const sample = join(root, '../shared/samples/lab-audit.log.zst');
const cli = join(root, 'dist/cli.js');
const megabyte = 1e6;

export default async function detect() {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-bench-'));
  try {
    if (existsSync(sample)) await overTheSample(folder);
    else console.warn(`  skipped: ${sample} is not here`);
    await againstUsers(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const watch = (file, ...args) =>
  runNode([cli, 'watch', '--once', '--fail-on', 'none', '--sink', 'ndjson', ...args, file]);

async function overTheSample(folder) {
  const log = execFileSync('zstd', ['-dc', sample], { maxBuffer: 1 << 30 });
  const bodies = join(folder, 'bodies.log');
  // 1 GB, as the limit says it.
  for (let copy = 0; copy < Math.round(1e9 / log.length); copy += 1) appendFileSync(bodies, log);
  await beside('RequestResponse, 1 GB', bodies, 1);
  rmSync(bodies);
  const metadata = join(folder, 'metadata.log');
  const lines = Buffer.from(withoutBodies(log));
  writeFileSync(metadata, '');
  for (let copy = 0; copy < 20; copy += 1) appendFileSync(metadata, lines);
  await beside('Metadata', metadata, 3);
  await againstRules(folder, metadata);
}

async function beside(what, file, runs) {
  const { size } = statSync(file);
  const [ours, theirs] = await inTurn(
    runs,
    () => watch(file),
    () => runJq(file),
  );
  const speed = (ms) => size / megabyte / (ms / 1000);
  const [us, them] = [speed(medianOf(ours, 'cpuMs')), speed(median(theirs))];
  const events = Number(/([\d,]+) events read/.exec(ours[0].stderr)?.[1].replaceAll(',', ''));
  row(`${what}: jq .objectRef.resource, CPU`, `${them.toFixed(0)} MB/s`, '');
  const limited = what !== 'Metadata';
  row(
    `${what}: all detections, CPU`,
    `${us.toFixed(0)} MB/s`,
    limited ? '2 times jq' : '',
    limited ? us >= 2 * them : undefined,
  );
  const rate = events / (medianOf(ours, 'cpuMs') / 1000);
  if (what === 'Metadata')
    row(`${what}: events a second, CPU`, Math.round(rate).toLocaleString('en'), 'at least 100,000', rate >= 100_000);
  row(`${what}: peak memory`, `${medianOf(ours, 'peakMb').toFixed(0)} MB`, '');
}

/** Rules that differ in what they look at, none of which fires. */
async function againstRules(folder, file) {
  const { size } = statSync(file);
  for (const count of [1, 100, 250, 500]) {
    const rules = join(folder, `rules-${count}`);
    mkdirSync(rules);
    for (let index = 0; index < count; index += 1) writeFileSync(join(rules, `${index}.yml`), ruleText(index));
    const { cpuMs } = await watch(file, '--no-builtin', '--rules', rules);
    row(`Metadata: ${count} rules of one's own, CPU`, `${(size / megabyte / (cpuMs / 1000)).toFixed(0)} MB/s`, '');
  }
}

const resources = ['pods', 'secrets', 'configmaps', 'services', 'nodes', 'namespaces', 'serviceaccounts', 'events'];
const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

function ruleText(index) {
  const resource = resources[index % resources.length];
  const verb = verbs[Math.floor(index / resources.length) % verbs.length];
  return `title: Rule ${index}
name: bench-rule-${index}
id: 00000000-0000-4000-8000-${String(index).padStart(12, '0')}
status: test
level: low
logsource: {product: kubernetes, service: audit}
detection:
  selection:
    verb: ${verb}
    objectRef.resource: ${resource}
    objectRef.name|startswith: none-${index}-
  condition: selection
`;
}

/** Each event is another user's, refused: what windows and baselines remember grows until the cap. */
async function againstUsers(folder) {
  for (const users of [1000, 100_000, 1_000_000]) {
    const file = join(folder, `users-${users}.log`);
    writeUsers(file, users);
    const { peakMb, cpuMs } = await watch(file);
    const rate = Math.round(users / (cpuMs / 1000)).toLocaleString('en');
    row(`${users.toLocaleString('en')} users, one event each (${rate}/s): peak memory`, `${peakMb.toFixed(0)} MB`, '');
    rmSync(file);
  }
}

function writeUsers(path, users) {
  const file = openSync(path, 'w');
  let text = '';
  for (let user = 0; user < users; user += 1) {
    text += `${JSON.stringify(refusal(user))}\n`;
    if (text.length > 1 << 20 || user === users - 1) {
      writeSync(file, text);
      text = '';
    }
  }
  closeSync(file);
}

function refusal(user) {
  const time = new Date(Date.UTC(2026, 0, 1) + user * 10).toISOString();
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `00000000-0000-4000-8000-${user.toString(16).padStart(12, '0')}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/shop/secrets/db',
    verb: 'get',
    user: { username: `user-${user}`, groups: ['system:authenticated'] },
    sourceIPs: [`10.${(user >> 16) & 255}.${(user >> 8) & 255}.${user & 255}`],
    userAgent: 'kubectl/v1.33.0',
    objectRef: { resource: 'secrets', namespace: 'shop', name: 'db', apiVersion: 'v1' },
    responseStatus: { metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403 },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
  };
}
