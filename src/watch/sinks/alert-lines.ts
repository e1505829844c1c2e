import type { Alert } from '../../model/alert.ts';
import { counted } from '../../report/names.ts';
import { capitalised, sentence } from '../../report/remedy.ts';
import { type Style, styleOf } from '../../report/style.ts';
import { textWidth, unbroken, wrap } from '../../report/text-width.ts';
import { visibleShort } from '../../report/visible.ts';
import { clock, whenText, whoText } from './alert-text.ts';

export interface AlertPage {
  readonly style: Style;
  readonly width: number;
}

export function alertPage(color: 'always' | 'never', width: number): AlertPage {
  return { style: styleOf(color), width: Math.min(width, 110) };
}

const longestMessage = 600;
const longestTarget = 200;
const shownTargets = 4;
const shownCauses = 3;

/** A new incident for a person who is called at night: what, who, when, and what to do. An empty line ends it. */
export function alertLines(alert: Alert, { style, width }: AlertPage): string[] {
  const { severity, title, message, next, causes, attack, rule } = alert;
  const word = severity.toUpperCase();
  const [head = '', ...rest] = wrap(visibleShort(title, longestMessage), { width, lead: `${word}  ` });
  const targets = alert.targets.slice(0, shownTargets).map((target) => visibleShort(target, longestTarget));
  const more = alert.targets.length - targets.length;
  const row = (name: string, text: string): string[] => wrap(text, { width, lead: `  ${name.padEnd(6)}` });
  const said = sentence(visibleShort(message, longestMessage));
  return [
    `${style.severity(severity, word)}${style.strong(head.slice(word.length))}`,
    ...rest.map(style.strong),
    ...wrap(said, { width, lead: '  ' }),
    // Of what the log itself shows nobody is known.
    ...(alert.events.length === 0 ? [] : row('Who', visibleShort(whoText(alert), longestMessage))),
    ...(targets.length === 0
      ? []
      : row('What', `${targets.map(unbroken).join(', ')}${more > 0 ? `, and ${more} more` : ''}`)),
    ...row('When', whenText(alert)),
    ...(causes.length === 0 ? [] : row('Cause', causesText(causes))),
    ...(next.length === 0
      ? []
      : row('Next', next.map((step) => sentence(capitalised(visibleShort(step, longestMessage)))).join(' '))),
    ...nameLines([visibleShort(rule, longestTarget), attack.join(' '), alert.id], width).map(style.faint),
    '',
  ];
}

/** Names as many a line as fit: they are copied from here, so that none may be broken. */
function nameLines(names: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const name of names.filter((each) => each !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(last) + 2 + textWidth(name) <= width)
      lines[lines.length - 1] = `${last}  ${name}`;
    else lines.push(`  ${name}`);
  }
  return lines;
}

/** Findings that made it possible. */
function causesText(causes: readonly string[]): string {
  const shown = causes.slice(0, shownCauses).map((cause) => visibleShort(cause, longestTarget));
  const more = causes.length - shown.length;
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** What was folded into an incident that is known: one line, cut where the terminal ends. */
export function updateLine(alert: Alert, { style, width }: AlertPage): string {
  const { severity, title, last, count } = alert;
  const who = alert.actor.user === '' ? '' : `, ${visibleShort(alert.actor.user, 120)}`;
  const target = alert.targets.at(-1);
  const what = target === undefined ? '' : `, ${visibleShort(target, 120)}`;
  const time = clock(last).slice(11);
  const text = `${visibleShort(title, 120)}: ${counted(count, 'event')} so far${who}${what}`;
  return `${style.faint(time)}  ${style.severity(severity, severity)}  ${cut(text, width - time.length - severity.length - 4)}`;
}

function cut(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let taken = 3;
  for (const character of text) {
    taken += textWidth(character);
    if (taken > columns) break;
    kept += character;
  }
  return `${kept}...`;
}
