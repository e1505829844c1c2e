import type { AnyControl } from '../controls/control.ts';
import { remedySentences, sentence } from './remedy.ts';

/** A control's page for the documentation, in Markdown: what it asks, why, what fails, what passes, how to mend it. */
export function controlPage(control: AnyControl): string {
  return `# ${control.title}

\`${control.id}\` | severity ${control.severity} | profile ${control.profile}

${controlMarkdown(control)}
`;
}

/** The page without its heading: the help of a rule where the title is shown already. */
export function controlMarkdown(control: AnyControl): string {
  const remedy = remedySentences(control);
  const covered = control.coveredBy.map((id) => `\`${id}\``).join(', ');
  return [
    `## Why\n\n${sentence(control.why)}`,
    ...(covered === '' ? [] : [`Where ${covered} fails for the same thing, this is not reported as well.`]),
    ...(remedy.length === 0 ? [] : [`## How to mend it\n\n${remedy.join(' ')}`]),
    ...exampleSection('## What fails', control.examples.fail),
    ...exampleSection('## What passes', control.examples.pass),
  ].join('\n\n');
}

/** The same in short, as plain text. */
export function controlText(control: AnyControl): string {
  return [control.title, control.why, ...remedySentences(control)].map(sentence).join(' ').replaceAll('`', '');
}

function exampleSection(heading: string, examples: readonly string[]): readonly string[] {
  if (examples.length === 0) return [];
  return [heading, ...examples.map((example) => `${fence(example)}yaml\n${example.trimEnd()}\n${fence(example)}`)];
}

/** Longer than any run of backticks in the text. */
function fence(text: string): string {
  const runs = text.match(/`{3,}/g) ?? [];
  return '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
}
