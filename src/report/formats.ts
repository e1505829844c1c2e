import { csv } from './csv.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { html } from './html.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import type { ReportFormat } from './report-format.ts';
import { sarif } from './sarif.ts';
import { terminal } from './terminal.ts';

/** Every report format by the name that `-o` takes. A further format is its file and a row here. */
export const formats: ReadonlyMap<string, ReportFormat> = new Map<string, ReportFormat>([
  ['terminal', terminal],
  ['json', json],
  ['sarif', sarif],
  ['junit', junit],
  ['html', html],
  ['markdown', markdown],
  ['csv', csv],
  ['github', github],
  ['gitlab', gitlab],
]);
