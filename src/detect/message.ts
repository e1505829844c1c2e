import { isList, type Json } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import type { Field } from './field.ts';
import { fieldNamed } from './parse-detection.ts';
import { hidden } from './truth.ts';
import type { EventView } from './view.ts';
import { jsonText } from './walk.ts';

/** A sentence with fields of the event in braces. */
export type Message = (view: EventView) => string;

const mostShown = 5;
const longestShown = 120;

/** Reads a template such as `{actor} ran {exec.command} in {target}`. Throws `RuleError` for a field that is none. */
export function parseMessage(template: string, at: Path): Message {
  const parts: (string | Field)[] = [];
  let from = 0;
  for (const match of template.matchAll(/\{([^{}]+)\}/g)) {
    parts.push(template.slice(from, match.index), fieldNamed(match[1] ?? '', at));
    from = match.index + match[0].length;
  }
  parts.push(template.slice(from));
  return (view) => parts.map((part) => (typeof part === 'string' ? part : shown(part, view))).join('');
}

function shown(field: Field, view: EventView): string {
  const value = field.read(view);
  if (value === hidden) return '(not logged)';
  if (value === undefined || value === null)
    return field.name === 'actor' ? 'somebody who was not authenticated' : '(none)';
  if (!isList(value)) return brief(value);
  const distinct = [...new Set(value.map(brief))];
  const rest = distinct.length - mostShown;
  const list = distinct.slice(0, mostShown).join(', ');
  return list === '' ? '(none)' : rest > 0 ? `${list} and ${rest} more` : list;
}

function brief(value: Json): string {
  const text = typeof value === 'string' ? value : jsonText(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}
