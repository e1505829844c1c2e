// Cost against size, up to 100,000 objects: each row should cost as much an object as the one above it.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../scripts/setup.mjs';
import { deployments } from './control.mjs';
import { row } from './measure.mjs';

const { controls, judge, formats } = await import(pathToFileURL(join(root, 'dist/index.js')).href);

export default async function curve() {
  judge(deployments(2000), { controls });
  let first;
  for (const count of [1000, 3000, 10_000, 30_000, 100_000]) {
    const snapshot = deployments(count);
    const began = process.cpuUsage();
    const judgement = judge(snapshot, { controls });
    let length = 0;
    for (const chunk of formats.get('terminal')(judgement, { color: 'never', width: 100, detail: 'short' }))
      length += chunk.length;
    const { user, system } = process.cpuUsage(began);
    const each = (user + system) / count;
    first ??= each;
    const ratio = each / first;
    row(
      `${count} objects, ${judgement.findings.length} findings, ${length} bytes`,
      `${each.toFixed(0)} µs each`,
      `${ratio.toFixed(2)} of the first`,
      ratio < 2,
    );
  }
}
