// `npm test`: set-up, then every check and test. The last line counts them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const bin = (name) => join(root, 'node_modules/.bin', name);
const args = process.argv.slice(2);
const failedSteps = args.length > 0 ? [] : staticChecks();

const results = mkdtempSync(join(tmpdir(), 'bulwark-test-'));
const json = join(results, 'results.json');
const vitest = spawnSync(
  bin('vitest'),
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${json}`, ...args],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
const summary = existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : undefined;
rmSync(results, { recursive: true });

const passed = summary?.numPassedTests ?? 0;
const failed = (summary?.numFailedTests ?? 0) + failedSteps.length;
const skipped = summary?.numPendingTests ?? 0;
const broken = vitest.status !== 0 && failed === 0;
for (const step of failedSteps) console.log(`failed: ${step}`);
if (broken) console.log('failed: the test runner itself, or a file that it could not load');
console.log(`${passed} passed, ${failed + (broken ? 1 : 0)} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || broken ? 1 : 0;

/** Types, lint, format, dead code: each is a check of its own, and all of them run. */
function staticChecks() {
  const steps = [
    ['types', bin('tsc'), ['-p', '.']],
    ['types of pages', bin('tsc'), ['-p', 'web']],
    ['lint', bin('oxlint'), ['--quiet', 'src', 'test', 'bench', 'scripts', 'web']],
    ['format', bin('biome'), ['check', '--log-level=error', '.']],
    ['unused', bin('knip'), ['--no-progress']],
  ];
  return steps
    .filter(([name, command, parameters]) => {
      const { status } = spawnSync(command, parameters, { cwd: root, stdio: 'inherit' });
      console.log(`${status === 0 ? 'ok' : 'failed'}: ${name}`);
      return status !== 0;
    })
    .map(([name]) => name);
}
