import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { decompress } from 'fzstd';
import { describe, expect, it } from 'vitest';
import { root } from './run-cli.ts';

const sample = join(root, '../shared/samples/lab-audit.log.zst');
const there = existsSync(sample);
if (!there)
  console.warn('skipped: there is no recorded attack to watch, so kills are tried with a simple detection only');

/** The attack, with some of what was installed before it. */
const lines = 9_000;

describe.skipIf(!there)('the built-in detections, killed again and again', () => {
  it('tell the same alerts in the same order as without a kill', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bulwark-detections-'));
    try {
      const log = Buffer.from(decompress(readFileSync(sample)))
        .toString('utf8')
        .trimEnd()
        .split('\n')
        .slice(-lines);
      const whole = join(folder, 'whole.log');
      writeFileSync(whole, `${log.join('\n')}\n`);
      const reference = start(folder, whole);
      await settled(reference.out);
      await stop(reference.child, 'SIGTERM');

      const growing = join(folder, 'growing.log');
      writeFileSync(growing, '');
      let running = start(folder, growing);
      let kills = 0;
      for (let from = 0; from < log.length; from += 100) {
        appendFileSync(
          growing,
          log
            .slice(from, from + 100)
            .map((line) => `${line}\n`)
            .join(''),
        );
        await wait(50);
        if (Math.random() > 0.2) continue;
        await stop(running.child, 'SIGKILL');
        kills += 1;
        running = start(folder, growing);
        await wait(Math.random() * 600);
      }
      await settled(running.out);
      await stop(running.child, 'SIGTERM');
      expect(kills).toBeGreaterThan(2);
      const expected = toldIn(reference.out);
      expect(expected.length).toBeGreaterThan(30);
      expect(toldIn(running.out)).toEqual(expected);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 90_000);
});

function start(folder: string, log: string): { readonly child: ChildProcess; readonly out: string } {
  const out = `${log}.ndjson`;
  const args = [
    'watch',
    log,
    '--from-start',
    '--severity',
    'info',
    '--state',
    `${log}.state`,
    '--sink',
    `ndjson=${out}`,
  ];
  return {
    child: spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], { cwd: folder, stdio: 'ignore' }),
    out,
  };
}

/** Resolves when nothing was told for two seconds. */
async function settled(out: string): Promise<void> {
  let before = -1;
  for (let waited = 0; waited < 15; waited += 1) {
    await wait(2_000);
    const now = toldIn(out).length;
    if (now > 0 && now === before) return;
    before = now;
  }
}

function toldIn(out: string): string[] {
  if (!existsSync(out)) return [];
  return readFileSync(out, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { rule, id, revision, count } = JSON.parse(line);
      return `${rule} ${id}-${revision}: ${count}`;
    });
}

function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return ended;
}
