// Measures whole processes: processor time (user and system) and peak memory, as the process itself accounts for them.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const preload = fileURLToPath(new URL('usage.mjs', import.meta.url));

/** Runs node with `args` once. Resolves to {cpuMs, peakMb, wallMs, code, stdout}. */
export function runNode(args, { env = {}, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, ['--import', preload, ...args], {
      cwd,
      env: { ...process.env, NODE_EXTRA_CA_CERTS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const text = ['', '', '', ''];
    for (const fd of [1, 2, 3]) child.stdio[fd].setEncoding('utf8').on('data', (chunk) => (text[fd] += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      const wallMs = performance.now() - began;
      if (text[3] === '') reject(new Error(`${args.join(' ')} ended with ${code}: ${text[2].slice(0, 500)}`));
      else resolve({ ...JSON.parse(text[3]), wallMs, code, stdout: text[1], stderr: text[2] });
    });
  });
}

/** Two commands in turn, A B A B, so that a machine whose speed drifts treats both alike. */
export async function inTurn(runs, a, b) {
  const first = [];
  const second = [];
  for (let run = 0; run < runs; run += 1) {
    first.push(await a());
    second.push(await b());
  }
  return [first, second];
}

export function median(numbers) {
  const sorted = [...numbers].sort((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const medianOf = (runs, field) => median(runs.map((run) => run[field]));

/** A row of a result: what, the figure, the limit, and whether it holds. */
export function row(what, figure, limit, holds) {
  console.log(
    `  ${what.padEnd(52)} ${figure.padStart(12)}   ${limit.padEnd(20)} ${holds === undefined ? '' : holds ? 'holds' : 'MISSED'}`,
  );
}
