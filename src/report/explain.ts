import type { AnyControl } from '../controls/control.ts';
import { benchmarksOf } from '../engine/benchmarks.ts';
import { groupBy } from './group-by.ts';
import { remedySentences, sentence } from './remedy.ts';
import { styleOf } from './style.ts';
import { wrap } from './text-width.ts';

export interface ExplainOptions {
  readonly color: 'always' | 'never';
  readonly width: number;
  /** What is different where it is asked, in sentences. */
  readonly notes?: readonly string[];
}

/** What a control asks, why, how to mend what it finds, and a manifest that fails and one that passes. */
export function explain(control: AnyControl, { color, width, notes = [] }: ExplainOptions): string {
  const style = styleOf(color);
  const lines = [
    `${style.severity(control.severity, control.severity.toUpperCase())}  ${style.strong(control.id)}`,
    ...wrap(sentence(control.title), { width }),
  ];
  const section = (heading: string, body: readonly string[]) => {
    if (body.length > 0) lines.push('', style.strong(heading), ...body);
  };
  const prose = (text: string) => wrap(text, { width, lead: '  ' });
  section('Here', notes.flatMap(prose));
  section('Why', prose(sentence(control.why)));
  section('How to mend it', remedySentences(control).flatMap(prose));
  if (control.coveredBy.length > 0) {
    section('Not reported', prose(`where ${control.coveredBy.join(' or ')} fails for the same thing.`));
  }
  section('Asked by', benchmarkLines(control).flatMap(prose));
  section('Fails', yamlLines(control.examples.fail));
  section('Passes', yamlLines(control.examples.pass));
  return `${lines.join('\n')}\n`;
}

/** The first example, and how many more its page has. */
function yamlLines([first, ...others]: readonly string[]): readonly string[] {
  if (first === undefined) return [];
  const lines = first
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`));
  return others.length === 0 ? lines : [...lines, '', `  (${others.length} more on its page in docs/controls)`];
}

/** The benchmarks that ask for it, each with its rows: "CIS Kubernetes Benchmark 1.12: 5.2.2". */
export function benchmarkLines(control: AnyControl): readonly string[] {
  const byTitle = groupBy(benchmarksOf(control.id), ({ title }) => title);
  return [...byTitle].map(([title, rows]) => `${title}: ${rows.map(({ row }) => row).join(', ')}`);
}
