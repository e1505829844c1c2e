// Bundles the command line and the library into dist/. Commands are chunks of their own, loaded when they run.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './setup.mjs';

const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });

await build({
  absWorkingDir: root,
  entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.ts' },
  outdir: dist,
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
