// Installs and builds what is missing or stale, and nothing else. Needs only Node and npm.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(`bulwark needs Node 20 or newer; this is ${process.version}`);
  process.exit(2);
}

/** Installs and builds as needed. Quiet when there is nothing to do. */
export function setUp() {
  install();
  build();
}

function install() {
  const stamp = join(root, 'node_modules/.bulwark-installed');
  const wanted = digest([join(root, 'package-lock.json'), join(root, 'package.json')], process.platform + process.arch);
  if (read(stamp) === wanted) return;
  console.error('Installing packages (first run, or package-lock.json changed) …');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, wanted);
}

function build() {
  const stamp = join(root, 'dist/.bulwark-built');
  const sources = ['src', 'data', 'scripts'].flatMap((folder) => files(join(root, folder)));
  // What is compiled is for one Node.
  const wanted = digest([...sources, join(root, 'package.json'), join(root, 'package-lock.json')], process.version);
  if (read(stamp) === wanted) return;
  console.error('Building …');
  run(process.execPath, [join(root, 'scripts/build.mjs')]);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Runs a command in the repository, its output on stderr so that stdout stays a report. Ends the process if it fails. */
export function run(command, args) {
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 4);
}

function digest(paths, salt) {
  const hash = createHash('sha256').update(salt);
  for (const path of paths) hash.update(path.slice(root.length)).update(readFileSync(path));
  return hash.digest('hex');
}

function files(folder) {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) found.push(...files(path));
    else if (!name.endsWith('.test.ts')) found.push(path);
  }
  return found;
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) setUp();
