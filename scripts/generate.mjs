// `npm run generate`: the registry of controls, the table of detections, the page of the HTML report, then, from what is
// built, a page for each control in docs/controls and the manifests and the chart of the webhook in deploy/.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deployTexts } from './generate-deploy.mjs';
import { detectionsFile, detectionsText } from './generate-detections.mjs';
import { registryFile, registryText } from './generate-registry.mjs';
import { reportPageFile, reportPageText } from './generate-report-page.mjs';
import { root, setUp } from './setup.mjs';

writeFileSync(registryFile, registryText());
writeFileSync(detectionsFile, detectionsText());
writeFileSync(reportPageFile, reportPageText());
setUp();
const { controlPages, controls } = await import(pathToFileURL(join(root, 'dist/index.js')).href);
const folder = join(root, 'docs/controls');
rmSync(folder, { recursive: true, force: true });
for (const [path, text] of controlPages(controls)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
for (const [path, text] of deployTexts()) writeFileSync(join(root, 'deploy', path), text);
