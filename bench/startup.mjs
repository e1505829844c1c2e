// What `bulwark --version` costs over bare node. Limit: 60 ms of processor time.
import { join } from 'node:path';
import { root } from '../scripts/setup.mjs';
import { inTurn, medianOf, row, runNode } from './measure.mjs';

export default async function startup() {
  const cli = join(root, 'dist/cli.js');
  const [bare, version] = await inTurn(
    15,
    () => runNode(['-e', '0']),
    () => runNode([cli, '--version']),
  );
  const over = medianOf(version, 'cpuMs') - medianOf(bare, 'cpuMs');
  row('--version over bare node, CPU', `${over.toFixed(0)} ms`, 'limit 60 ms', over <= 60);
  const help = await inTurn(
    5,
    () => runNode(['-e', '0']),
    () => runNode([cli, 'scan', '--help']),
  );
  row(
    'scan --help over bare node, CPU',
    `${(medianOf(help[1], 'cpuMs') - medianOf(help[0], 'cpuMs')).toFixed(0)} ms`,
    '',
  );
}
