// Writes src/report/html-page.json: the script and the style of the HTML report, bundled from web/report.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { root } from './setup.mjs';

const options = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  write: false,
  target: ['es2022'],
  logLevel: 'warning',
};

/** The file's text for the sources that are there now. */
export function reportPageText() {
  const script = textOf(buildSync({ ...options, entryPoints: ['web/report/app.ts'], format: 'iife' }));
  const style = textOf(
    buildSync({ ...options, entryPoints: ['web/report/style.css'], target: ['chrome111', 'firefox115', 'safari16'] }),
  );
  return `${JSON.stringify({ script, style }, undefined, 1)}\n`;
}

export const reportPageFile = join(root, 'src/report/html-page.json');

function textOf({ outputFiles }) {
  return outputFiles[0].text.trim();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(reportPageFile, reportPageText());
