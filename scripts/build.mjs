// Bundles the command line and the library into dist/. Commands are chunks of their own, loaded when they run.
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './setup.mjs';

// What is there stays until the new one is whole: a build that fails takes the program from nobody.
const dist = join(root, 'dist');
const fresh = join(root, 'node_modules/.bulwark-build');
rmSync(fresh, { recursive: true, force: true });

await build({
  absWorkingDir: root,
  entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.ts' },
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
  logLevel: 'warning',
});

rmSync(dist, { recursive: true, force: true });
renameSync(fresh, dist);
