// Bundles the command line and the library into dist/. Commands are chunks of their own, loaded when they run.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { compileProgram } from './compile.mjs';
import { root } from './setup.mjs';

// What is there stays until the new one is whole: a build that fails takes the program from nobody.
const dist = join(root, 'dist');
// Builds that run at one time have a folder each, and the last one to end wins.
const fresh = join(root, `node_modules/.bulwark-build-${process.pid}`);
const former = `${fresh}-former`;
process.once('exit', () => {
  for (const folder of [fresh, former]) rmSync(folder, { recursive: true, force: true });
});

/**
 * Of the Kubernetes client only its kubeconfig is used. Its 700 modules of generated models do nothing when they are
 * loaded, which its package does not say: left out, they cost a live scan no start and a server no memory.
 */
const withoutUnusedModels = {
  name: 'without-unused-models',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /./ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      const isClient = path === '@kubernetes/client-node' || importer.includes('/@kubernetes/client-node/dist/');
      if (pluginData === 'asked' || !isClient) return undefined;
      const found = await resolve(path, { importer, kind, resolveDir, pluginData: 'asked' });
      return found.path.includes('/@kubernetes/client-node/dist/') ? { ...found, sideEffects: false } : found;
    });
  },
};

await build({
  absWorkingDir: root,
  entryPoints: {
    cli: 'src/cli/launch.ts',
    index: 'src/index.ts',
    'server-thread': 'src/enforce/server/server-thread.ts',
  },
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  legalComments: 'linked',
  chunkNames: 'chunks/[name]-[hash]',
  // Bundled CommonJS packages ask for Node's modules with require.
  banner: {
    js: "import { createRequire as bulwarkRequire } from 'node:module'; const require = bulwarkRequire(import.meta.url);",
  },
  plugins: [withoutUnusedModels],
  logLevel: 'warning',
});
keepAscii(fresh);
compileProgram(join(fresh, 'compiled'));

// Between the two renames another build may have put its own in place: that one goes, too.
for (;;) {
  rmSync(former, { recursive: true, force: true });
  try {
    renameSync(dist, former);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  try {
    renameSync(fresh, dist);
    break;
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
}

/**
 * Escapes what the bundler leaves: characters in regular expressions and comments. One that is not ASCII has V8 keep the
 * whole text of a chunk with two bytes a character.
 */
function keepAscii(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith('.js')) continue;
    const file = join(folder, name);
    const text = readFileSync(file, 'utf8');
    const escaped = text.replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
    if (escaped !== text) writeFileSync(file, escaped);
  }
}
