import { controls } from '../controls/registry.ts';
import { type GuideRow, type GuideState, guideRows, guideSections, guideState } from '../engine/guide.ts';
import type { Judgement } from '../engine/judge.ts';
import { counted } from './names.ts';
import { type Style, styleOf } from './style.ts';
import { padEnd, wrap } from './text-width.ts';

const markColumns = 12;

/** The guides' sections in our own words. With a judgement, each row says how it stands in what was scanned. */
export function guide(
  judgement: Judgement | undefined,
  { color, width }: { readonly color: 'always' | 'never'; readonly width: number },
): string {
  const style = styleOf(color);
  const lines: string[] = [];
  for (const section of guideSections) {
    lines.push(style.strong(section.title));
    for (const row of guideRows) {
      if (row.section === section.id) lines.push(...rowLines(row, judgement, style, width));
    }
    lines.push('');
  }
  lines.push(...wrap(closing(judgement), { width }));
  return `${lines.join('\n')}\n`;
}

function rowLines(row: GuideRow, judgement: Judgement | undefined, style: Style, width: number): string[] {
  const state = judgement === undefined ? catalogueState(row) : guideState(row, judgement);
  const indent = ' '.repeat(markColumns + 2);
  const [first = '', ...rest] = wrap(row.asks, { width: width - indent.length });
  const lines = [`  ${mark(state, style)}${first}`, ...rest.map((line) => indent + line)];
  for (const detail of details(row, state)) lines.push(...wrap(detail, { width, lead: indent }).map(style.faint));
  return lines;
}

/** Without evidence a row can only say whether anything serves it. */
function catalogueState(row: GuideRow): GuideState | { readonly kind: 'served' } {
  return row.controls.length > 0 || row.commands.length > 0 ? { kind: 'served' } : { kind: 'not-served' };
}

function mark(state: GuideState | { readonly kind: 'served' }, style: Style): string {
  const cell = (text: string) => padEnd(text, markColumns);
  switch (state.kind) {
    case 'holds':
      return style.good(cell('holds'));
    case 'fails':
      return style.alarming(cell(state.findings === 1 ? '1 finding' : `${state.findings} findings`));
    case 'accepted':
      return cell('accepted');
    case 'left-out':
      return style.faint(cell('left out'));
    case 'no-evidence':
      return cell('no evidence');
    case 'served':
      return style.good(cell('served'));
    case 'not-served':
      return style.faint(cell('not yet'));
  }
}

function details(row: GuideRow, state: GuideState | { readonly kind: 'served' }): string[] {
  const texts: string[] = [];
  if (state.kind === 'fails') texts.push(`controls: ${state.controls.join(', ')}`);
  if (state.kind === 'fails' && state.accepted > 0) texts.push(`${state.accepted} more are accepted by exceptions`);
  if (state.kind === 'accepted') texts.push(`${counted(state.findings, 'finding')}, accepted by exceptions`);
  if (state.kind === 'left-out') texts.push('the configuration leaves its controls out');
  if (state.kind === 'served' && row.controls.length > 0) texts.push(`controls: ${folded(row.controls).join(', ')}`);
  if (state.kind === 'served') texts.push(row.commands.map((name) => `bulwark ${name}`).join(', '));
  if (row.note !== undefined) texts.push(row.note);
  return texts;
}

/** Control ids, with `rbac/*` for a folder whose controls are all there. */
function folded(ids: readonly string[]): string[] {
  const named = new Set(ids);
  const whole = new Set(
    ids.map(folderOf).filter((folder) => controls.every(({ id }) => folderOf(id) !== folder || named.has(id))),
  );
  return [...new Set(ids.map((id) => (whole.has(folderOf(id)) ? `${folderOf(id)}/*` : id)))];
}

function folderOf(id: string): string {
  return id.slice(0, id.indexOf('/'));
}

function closing(judgement: Judgement | undefined): string {
  const served = guideRows.filter((row) => catalogueState(row).kind === 'served').length;
  const count = `${served} of ${guideRows.length} instructions are served.`;
  if (judgement === undefined) return `${count} Give a path, --cluster or --from to see how each stands there.`;
  const states = guideRows.map((row) => guideState(row, judgement).kind);
  const of = (kind: GuideState['kind']) => states.filter((state) => state === kind).length;
  const decided = [
    ...(of('accepted') > 0 ? [`${of('accepted')} fail as exceptions accept`] : []),
    ...(of('left-out') > 0 ? [`${of('left-out')} are left out by the configuration`] : []),
  ];
  const told = [`${of('holds')} hold`, `${of('fails')} fail`, ...decided].join(', ');
  return `${count} Here ${told}, and of ${of('no-evidence')} nothing that was read speaks.`;
}
