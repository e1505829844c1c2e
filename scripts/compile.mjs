// Compiles the program for the Node that builds it: V8's code of every function that scans of the controls' examples
// call. src/cli/launch.ts loads it. Any other Node runs the chunks, as it would if this were not here.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';
import { build } from 'esbuild';
import { root } from './setup.mjs';

/** Writes the file of this Node into `folder`, which stands beside the chunks. Throws where the program does not run. */
export function compileProgram(folder) {
  // In a process of its own: the program runs there, with no flags that others would not have.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), folder], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`compiling the program ended with ${status}: ${stderr}`);
}

const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  // Short lines: Node shows the line of an error that nobody caught.
  minifyWhitespace: true,
  lineLimit: 120,
  legalComments: 'none',
  logLevel: 'warning',
};

/** The largest package, for controls of the user's own: a file of its own, which a scan without such does not read. */
const jitiApart = {
  name: 'jiti apart',
  setup({ onResolve }) {
    onResolve({ filter: /^jiti\/static$/ }, () => ({ path: './jiti.cjs', external: true }));
  },
};

async function compile(folder) {
  // As src/cli/tiering.ts does: V8 takes the code back under the same flags only.
  setFlagsFromString('--interrupt-budget=300000');
  await build({ ...options, entryPoints: ['jiti/static'], outfile: join(folder, 'jiti.cjs') });
  const { outputFiles } = await build({
    ...options,
    entryPoints: ['src/cli/main.ts'],
    write: false,
    plugins: [jitiApart],
    // What is imported when it is needed is required then: a script that V8 compiled before cannot import.
    supported: { 'dynamic-import': false },
  });
  const source = Buffer.from(`(function (require, module, exports) {${outputFiles[0].text}\n})`, 'latin1');
  const program = new vm.Script(source.toString('latin1'), { filename: join(folder, 'program.cjs') });
  const examples = await writeExamples(join(folder, '../index.js'));
  process.once('exit', () => rmSync(examples, { recursive: true }));
  process.argv = [process.execPath, 'bulwark', ...scanOf(examples)];
  const module = { exports: {} };
  program.runInThisContext()(createRequire(join(folder, 'program.cjs')), module, module.exports);
  process.once('beforeExit', () => {
    const probe = new vm.Script('').createCachedData();
    const code = program.createCachedData();
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(8 + probe.length, 0);
    lengths.writeUInt32LE(8 + probe.length + code.length, 4);
    const { version, platform, arch } = process;
    writeFileSync(join(folder, `${version}-${platform}-${arch}.bin`), Buffer.concat([lengths, probe, code, source]));
  });
}

/** As many formats as are common, and every control. */
function scanOf(examples) {
  const reports = ['json', 'sarif'].flatMap((format) => ['-o', `${format}=${join(examples, format)}`]);
  return ['scan', examples, '--no-render', '--profile', 'security', '--profile', 'reliability', '-o', 'terminal']
    .concat(reports)
    .concat('--fail-on', 'none');
}

/** The examples of all controls as manifests, in YAML and in JSON as kubectl prints it. Returns their folder. */
async function writeExamples(library) {
  const { controls, decodeManifest } = await import(pathToFileURL(library).href);
  const texts = controls.flatMap(({ examples }) => [...examples.fail, ...examples.pass]);
  const manifests = texts.filter((text) => decodeManifest(text, '').objects.length > 0);
  const items = manifests.flatMap((text) => decodeManifest(text, '').objects.map(({ value }) => value));
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-build-'));
  for (const [index, text] of manifests.entries()) writeFileSync(join(folder, `${index}.yaml`), text);
  writeFileSync(join(folder, 'list.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 4));
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await compile(process.argv[2]);
