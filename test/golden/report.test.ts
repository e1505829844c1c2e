import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { controlPage } from '../../src/report/control-page.ts';
import { controlsList } from '../../src/report/controls-list.ts';
import { explain } from '../../src/report/explain.ts';
import { formats } from '../../src/report/formats.ts';
import { tool } from '../../src/report/tool.ts';
import { fixtureControls, fixtureJudgement } from './fixture.ts';

const here = dirname(fileURLToPath(import.meta.url));
const [example] = fixtureControls;
if (example === undefined) throw new Error('the fixture has no control');

function report(format: string, detail: 'short' | 'full'): string {
  const render = formats.get(format);
  if (render === undefined) throw new Error(`no format ${format}`);
  return [...render(fixtureJudgement(), { color: 'never', width: 80, detail })].join('');
}

/** After a wanted change: `UPDATE_GOLDEN=1 npx vitest run test/golden`, and read the diff. */
it.each([
  ['terminal.txt', () => report('terminal', 'short')],
  ['terminal-verbose.txt', () => report('terminal', 'full')],
  ['report.json', () => report('json', 'short')],
  ['report.sarif', () => report('sarif', 'short')],
  ['explain.txt', () => explain(example, { color: 'never', width: 80 })],
  ['control-page.md', () => controlPage(example)],
  ['controls-list.txt', () => controlsList(fixtureControls)],
])('%s is as it was', (name, render) => {
  const file = join(here, name);
  const text = render().replaceAll(`"${tool.version}"`, '"VERSION"');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});
