import { isTellingName } from './credential-names.ts';
import {
  credentialShape,
  credentialWord,
  type FoundCredential,
  isLiteral,
  markedUnderName,
  withoutBlocks,
} from './credential-shapes.ts';

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
    if (!isRead(each)) continue;
    const shape = credentialShape(withoutBlocks(each));
    if (shape !== undefined) return { found: shape, line };
    const assigned = credentialAssigned(each);
    if (assigned !== undefined) return { found: assigned.found, line, name: assigned.name };
  }
  return undefined;
}

/** Whether a line may hold a credential: no comment, and neither too short nor too long. */
export function isRead(line: string): boolean {
  return line.length >= 8 && line.length <= maxLine && !isComment(line);
}

export interface AssignedCredential {
  readonly found: FoundCredential;
  readonly name: string;
  /** Where its value begins and ends in the line. */
  readonly start: number;
  readonly end: number;
}

/** The credential that a line gives a telling name. */
export function credentialAssigned(line: string): AssignedCredential | undefined {
  const assigned = assignmentIn(line);
  if (assigned === undefined || !isTellingName(assigned.name)) return undefined;
  const { name, value, start } = assigned;
  const length = markedUnderName(value)?.length ?? (value === 'redacted' ? undefined : value.length);
  if (markedUnderName(value) === undefined && !isValue(value)) return undefined;
  return { found: { says: credentialWord(name), length }, name, start, end: start + value.length };
}

interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly start: number;
}

/** Names that only spaces part from their values. Sources: the manuals of Fluent Bit and of Redis. */
const bySpace = /^(?:http_passwd|http_passphrase|tls\.key_passwd|splunk_token|requirepass|masterauth)$/i;

/** By steps and not by one pattern, which spaces could keep busy for long. */
function assignmentIn(line: string): Assignment | undefined {
  const indent = line.length - line.trimStart().length;
  const [whole, name] = nameOfLine.exec(line.slice(indent)) ?? [];
  if (whole === undefined || name === undefined) return undefined;
  let start = afterSpaces(line, indent + whole.length);
  const separator = /^(?::|=>?)/.exec(line.slice(start, start + 2))?.[0];
  if (separator === undefined && (start === indent + whole.length || !bySpace.test(name))) return undefined;
  start = afterSpaces(line, start + (separator?.length ?? 0));
  const value = line.slice(start).trimEnd();
  const quote = value[0];
  if (quote === '"' || quote === "'") {
    const end = value.indexOf(quote, 1);
    return end === -1 ? undefined : { name, value: value.slice(1, end), start: start + 1 };
  }
  const comment = value.indexOf(' #');
  const plain = (comment === -1 ? value : value.slice(0, comment)).replace(/[,;]$/, '').trimEnd();
  return { name, value: plain, start };
}

function afterSpaces(line: string, from: number): number {
  const rest = line.slice(from);
  return from + rest.length - rest.trimStart().length;
}

export function isComment(line: string): boolean {
  return /^\s*(?:#|\/\/|;|--|\*|<!--)/.test(line);
}

/** A value of its own, and no expression: calls, indexes, types and sentences are what programs and manuals have there. */
function isValue(value: string): boolean {
  return isLiteral(value) && !/[(){}[\]\s]|::|=>|^[|>][-+]?$|^[&*!]/.test(value);
}

/** `--db-password=value`, `-Dpassword=value`, `PASSWORD=value`. */
const inOne = /^((?:-D|-{1,2})?([A-Za-z][\w.-]{0,127})=)(.{3,})$/s;
const flag = /^-{1,2}([A-Za-z][\w.-]{0,127})$/;

export interface NamedArgument {
  /** Undefined: nothing names it. */
  readonly name: string | undefined;
  /** Of the argument, what stands before the value. */
  readonly prefix: string;
  readonly value: string;
}

/** A word of a command line: its name stands in it (`--db-password=value`), or in the flag before it. */
export function namedArgument(word: string, before: string | undefined): NamedArgument {
  const [, prefix = '', named, value = word] = inOne.exec(word) ?? [];
  // `PASSWORD=… psql -h db`: what a shell is given, whose words are looked at one by one.
  const isWhole = named !== undefined && (prefix.startsWith('-') || !/\s/.test(value.trim()));
  if (isWhole) return { name: named, prefix, value };
  return { name: word.startsWith('-') ? undefined : flag.exec(before ?? '')?.[1], prefix: '', value: word };
}
