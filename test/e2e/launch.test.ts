import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { expect, it } from 'vitest';
import { root, runCli } from './run-cli.ts';

const { version, platform, arch } = process;
const file = join(root, `dist/compiled/${version}-${platform}-${arch}.bin`);
const built = existsSync(file);
if (!built) console.warn(`skipped: the program was not built by Node ${version}`);

it.skipIf(!built)('code that the build compiled is taken by the Node that it was compiled for', () => {
  // The flag of src/cli/tiering.ts: V8 takes code back under the flags that it was compiled under.
  setFlagsFromString('--interrupt-budget=300000');
  const bytes = readFileSync(file);
  const [probeEnd, codeEnd] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
  const source = bytes.toString('latin1', codeEnd);
  expect(new Script('', { cachedData: bytes.subarray(8, probeEnd) }).cachedDataRejected).toBe(false);
  expect(new Script(source, { cachedData: bytes.subarray(probeEnd, codeEnd) }).cachedDataRejected).toBe(false);
});

it.each([
  [['scan', 'examples', '-o', 'json']],
  [['scan', 'examples', '--benchmark', 'nsa', '-o', 'sarif']],
  [['scan', 'no-such-folder']],
  [['diff', 'examples/payments.yaml', 'examples/orders.yaml', '-o', 'json']],
  [['fix', 'examples', '--dry-run']],
])('the compiled program says what the chunks say: %j', async (args) => {
  const compiled = await runCli(args);
  // A Node of other flags takes the chunks.
  const chunks = await runCli(args, { env: { NODE_OPTIONS: '--stack-trace-limit=11' } });
  expect(compiled).toEqual(chunks);
  expect(compiled.stdout + compiled.stderr).not.toBe('');
});
