import { isTellingName } from '../../model/credential-names.ts';
import { credentialShape, credentialWord, type FoundCredential, isLiteral } from './credential-shapes.ts';

export interface FoundInText {
  readonly found: FoundCredential;
  /** Line in the text, from 1. */
  readonly line: number;
  /** What the line calls it, where it does. */
  readonly name?: string;
}

/** The name at the beginning of a line: `name: value`, `name = value`, `"name": "value",`, `export NAME=value`. */
const nameOfLine = /^(?:-\s|export\s|set\s)?["']?([A-Za-z_][\w./-]{0,127})["']?/;

const maxLines = 20_000;
const maxLine = 8192;

/**
 * The first credential in the text of a configuration file, read line by line. Comments, and lines of programs, in
 * which a name stands for a value that is made elsewhere, hold none; a shape counts wherever it stands.
 */
export function credentialInText(text: string): FoundInText | undefined {
  let line = 0;
  for (const each of text.split('\n', maxLines)) {
    line += 1;
    if (each.length < 8 || each.length > maxLine || isComment(each)) continue;
    const shape = credentialShape(each);
    if (shape !== undefined) return { found: shape, line };
    const assigned = assignmentIn(each.trim());
    if (assigned === undefined || !isTellingName(assigned.name) || !isValue(assigned.value)) continue;
    const { name, value } = assigned;
    return {
      found: { says: credentialWord(name), length: value === 'redacted' ? undefined : value.length },
      line,
      name,
    };
  }
  return undefined;
}

/** By steps and not by one pattern, which spaces could keep busy for long. */
function assignmentIn(line: string): { readonly name: string; readonly value: string } | undefined {
  const [whole, name] = nameOfLine.exec(line) ?? [];
  if (whole === undefined || name === undefined) return undefined;
  const rest = line.slice(whole.length).trimStart();
  const separator = /^(?::|=>?)/.exec(rest)?.[0];
  if (separator === undefined) return undefined;
  const value = rest.slice(separator.length).trim();
  const quote = value[0];
  if (quote === '"' || quote === "'") {
    const end = value.indexOf(quote, 1);
    return end === -1 ? undefined : { name, value: value.slice(1, end) };
  }
  const comment = value.indexOf(' #');
  return { name, value: (comment === -1 ? value : value.slice(0, comment)).replace(/[,;]$/, '').trimEnd() };
}

function isComment(line: string): boolean {
  return /^\s*(?:#|\/\/|;|--|\*|<!--)/.test(line);
}

/** A value of its own, and no expression: calls, indexes, types and sentences are what programs and manuals have there. */
function isValue(value: string): boolean {
  return isLiteral(value) && !/[(){}[\]\s]|::|=>|^[|>][-+]?$|^[&*!]/.test(value);
}
