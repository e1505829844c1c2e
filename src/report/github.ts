import type { Judgement } from '../engine/judge.ts';
import type { Severity } from '../model/severity.ts';
import { locationOf } from './location.ts';
import { counted, objectName } from './names.ts';
import { sortFindings, sortGaps, sortPlaces } from './order.ts';
import { countSeverities, gravestFirst } from './summary.ts';
import { suppressedWords } from './suppressed-words.ts';
import { visible } from './visible.ts';

const commands: Readonly<Record<Severity, string>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'notice',
  info: 'notice',
};

/**
 * Workflow commands, which GitHub Actions shows as annotations at the lines of a pull request. GitHub keeps ten of
 * each kind a step, so the gravest come first; SARIF keeps them all.
 */
export function* github(judgement: Judgement): Generator<string> {
  for (const { control, severity, owner, message, places } of sortFindings(judgement.findings)) {
    const [place] = sortPlaces(places);
    const at = place === undefined ? undefined : locationOf(place);
    const more = places.length > 1 ? `, and in ${counted(places.length - 1, 'other place')}` : '';
    yield command(commands[severity], `${objectName(owner)}: ${message}${more}`, {
      title: `${control.id} (${severity})`,
      ...(at?.source === 'file' && {
        file: at.file,
        ...(at.line !== undefined && { line: String(at.line) }),
        ...(at.column !== undefined && { col: String(at.column) }),
      }),
    });
  }
  for (const { what, reason } of sortGaps(judgement.gaps)) {
    yield command('warning', `${what}: ${reason}`, { title: 'not judged' });
  }
  const counts = countSeverities(judgement.findings);
  const parts = gravestFirst.filter((each) => counts[each] > 0).map((each) => `${counts[each]} ${each}`);
  yield `${counted(judgement.findings.length, 'finding')}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}\n`;
  const suppressed = suppressedWords(judgement);
  if (suppressed !== undefined) yield `${escapeData(suppressed)}\n`;
}

function command(name: string, message: string, properties: Readonly<Record<string, string>>): string {
  const given = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${name} ${given.join(',')}::${escapeData(message)}\n`;
}

/** As GitHub's toolkit escapes; line breaks are spelt out, so that no name in the input can be a command of its own. */
function escapeData(text: string): string {
  return visible(text).replaceAll('%', '%25');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
