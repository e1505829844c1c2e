import { json } from './json.ts';
import type { ReportFormat } from './report-format.ts';
import { sarif } from './sarif.ts';
import { terminal } from './terminal.ts';

/** Every report format by the name that `-o` takes. A further format is its file and a row here. */
export const formats: ReadonlyMap<string, ReportFormat> = new Map<string, ReportFormat>([
  ['terminal', terminal],
  ['json', json],
  ['sarif', sarif],
]);
