// Writes src/detect/built-in-rules.json: every document of the rule files in detections/, in order of their names.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { root } from './setup.mjs';

const folder = join(root, 'detections');

/** The table's text for the rule files that are there now: one document a line. */
export function detectionsText() {
  const rows = readdirSync(folder)
    .filter((file) => file.endsWith('.yml'))
    .sort()
    .flatMap((file) =>
      loadAll(readFileSync(join(folder, file), 'utf8'), undefined, { schema: CORE_SCHEMA }).map((value) =>
        JSON.stringify({ path: `detections/${file}`, value }),
      ),
    );
  return `[\n${rows.join(',\n')}\n]\n`;
}

export const detectionsFile = join(root, 'src/detect/built-in-rules.json');

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(detectionsFile, detectionsText());
