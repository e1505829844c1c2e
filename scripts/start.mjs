// `npm start`: set-up, then the command line. Without arguments it scans the example cluster.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const args = process.argv.slice(2);
const bare = args.length === 0;
const { status } = spawnSync(process.execPath, [join(root, 'dist/cli.js'), ...(bare ? ['scan', 'examples'] : args)], {
  cwd: bare ? root : (process.env.INIT_CWD ?? root),
  stdio: 'inherit',
});
// The example is insecure on purpose: its findings are no failure of the demonstration.
process.exitCode = bare && status === 1 ? 0 : (status ?? 4);
