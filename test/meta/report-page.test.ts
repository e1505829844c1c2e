import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reportPageFile, reportPageText } from '../../scripts/generate-report-page.mjs';

it('the page of the HTML report is what the generator makes of its sources', () => {
  expect(readFileSync(reportPageFile, 'utf8')).toBe(reportPageText());
});
