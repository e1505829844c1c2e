import { visible } from './visible.ts';

/** A code span that shows the text as it is, inside a table too, whatever it holds. */
export function code(text: string): string {
  const shown = visible(text).replaceAll('|', '\\|');
  if (shown === '') return '';
  const runs = shown.match(/`+/g) ?? [];
  if (runs.length === 0) return `\`${shown}\``;
  const fence = '`'.repeat(Math.max(...runs.map((run) => run.length)) + 1);
  return `${fence} ${shown} ${fence}`;
}

/** Prose with names from the input: nothing in it is a link, a mention, an issue, a tag or a cell of a table. */
export function prose(text: string): string {
  return visible(text)
    .replaceAll(/[\\`*_{}[\]()>#|~!&]/g, '\\$&')
    .replaceAll('<', '&lt;')
    .replaceAll('@', '@\u200b')
    .replaceAll(/\b(https?|ftp):/g, '$1\u200b:')
    .replaceAll(/\bwww\./g, 'www\u200b.');
}
