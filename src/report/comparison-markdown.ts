import type { ComparedFinding, Comparison } from '../engine/comparison.ts';
import { incomparableWords } from './compared-run.ts';
import { code, prose } from './markdown-text.ts';
import { counted } from './names.ts';
import { worseningWords } from './worsening-words.ts';

/** Rows of a table before the rest is counted: a comment on a pull request has room for 65,536 characters. */
const maxRows = 100;
const longestCell = 300;

/** The comparison for a pull request: what is new in a table, the rest folded. */
export function comparisonMarkdown({ before, after, added, gone, changed, kept, incomparable }: Comparison): string {
  const worse = changed.filter((each) => each.worse !== undefined);
  const news = [
    ...(added.length === 0 ? [] : [counted(added.length, 'new finding')]),
    ...(worse.length === 0 ? [] : [`${worse.length} worse`]),
  ];
  const head = news.length === 0 ? 'No new findings' : `${news.join(', ')}, ${gone.length} gone`;
  const partial = [before, after].filter(({ complete }) => !complete).map(({ name }) => code(name));
  const blocks = [
    `### ${head}`,
    `From ${code(before.name)} to ${code(after.name)}: ${added.length} new, ${gone.length} gone, ${worse.length} worse, ${changed.length - worse.length} lighter, ${kept} as before.`,
    ...(partial.length === 0 ? [] : [`**Incomplete:** not all of ${partial.join(' and ')} could be read.`]),
    ...table(added.map((finding) => ({ finding }))),
    ...(worse.length === 0 ? [] : ['**Worse than before**']),
    ...table(
      worse.map(({ finding, worse }) => ({
        finding,
        note: worse === undefined ? '' : `, ${prose(cut(worseningWords(worse)))}`,
      })),
    ),
    ...folded(
      'Lighter than before',
      changed.filter((each) => each.worse === undefined).map(({ finding, was }) => ({ finding, note: `, was ${was}` })),
    ),
    ...folded(
      'Gone',
      gone.map((finding) => ({ finding })),
    ),
    ...(['control', 'file'] as const).flatMap((why) =>
      folded(
        `Not comparable: ${incomparableWords[why]}`,
        incomparable.filter((each) => each.why === why).map((finding) => ({ finding })),
      ),
    ),
  ];
  return `${blocks.join('\n\n')}\n`;
}

interface Row {
  readonly finding: ComparedFinding;
  readonly note?: string;
}

function folded(title: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  return [`<details><summary>${title}: ${rows.length}</summary>`, ...table(rows), '</details>'];
}

function table(rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const lines = rows.slice(0, maxRows).map(({ finding, note = '' }) => {
    const { severity, control, object, message, place } = finding;
    const where = place === undefined ? prose(cut(object)) : `${prose(cut(object))}<br>${code(cut(place))}`;
    return `| ${severity}${note} | ${code(control)} | ${where} | ${prose(cut(message))} |`;
  });
  const hidden = rows.length - lines.length;
  const text = ['| Severity | Control | Where | What |', '|---|---|---|---|', ...lines].join('\n');
  return hidden > 0 ? [text, `And ${hidden} more.`] : [text];
}

/** By code points, so that no pair of surrogates is cut apart. */
function cut(text: string): string {
  const points = [...text.slice(0, 2 * longestCell)];
  return text.length <= longestCell ? text : `${points.slice(0, longestCell).join('')}…`;
}
