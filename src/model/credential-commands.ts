import { isTellingName } from './credential-names.ts';
import {
  credentialShape,
  credentialWord,
  type FoundCredential,
  isLiteral,
  markedUnderName,
  markerOf,
  privateKey,
} from './credential-shapes.ts';
import { type ShellWord, shellWords } from './shell-words.ts';

/** A credential that a command line hands to a program, by the name that it has there. */
export interface CommandCredential {
  readonly found: FoundCredential;
  readonly name: string;
  /** Where its value begins and ends in the text. */
  readonly start: number;
  readonly end: number;
  /** What has to stand before anything that takes the place of the value, where quotes begin or end within it. */
  readonly prefix: string;
  /** Whether its own shape shows it, too. */
  readonly byShape: boolean;
}

/** Beyond this a text is no command that people write. */
const maxText = 200_000;
/** `sh -c "su app -c '…'"`. */
const maxDepth = 3;

/** Whether a text may be several words of a command line, or one that gives something a name. */
function isCommandText(text: string): boolean {
  return text.length >= 8 && text.length <= maxText && (/\S\s+\S/.test(text) || /^-{1,2}[A-Za-z]/.test(text));
}

/**
 * The credentials in a command line or a shell script: `NAME=value`, `--name value`, `-Dname=value`, and the options in
 * which well-known programs take a password. What a variable or a command stands for is none.
 */
export function credentialsInCommand(text: string): readonly CommandCredential[] {
  return isCommandText(text) ? credentialsIn(text, maxDepth) : [];
}

/** Words before the program that a command is about. */
const wrappers: ReadonlySet<string> = new Set([
  ...[
    'exec',
    'sudo',
    'env',
    'nohup',
    'time',
    'command',
    'export',
    'if',
    'then',
    'else',
    'while',
    'until',
    'do',
    '!',
    '{',
  ],
]);

function credentialsIn(text: string, depth: number): readonly CommandCredential[] {
  const credentials: CommandCredential[] = [];
  let program = '';
  let before: ShellWord | undefined;
  for (const word of shellWords(text)) {
    if (word.isFirst) {
      program = '';
      before = undefined;
    }
    const given = assignedIn(word) ?? optionOf(program, before, word) ?? headerIn(word);
    const credential = given === undefined ? undefined : credentialOf(given, word);
    if (credential !== undefined) credentials.push(credential);
    else if (given === undefined && depth > 1 && isCommandText(word.text)) {
      for (const { start, end, ...rest } of credentialsIn(word.text, depth - 1)) {
        credentials.push({ ...rest, start: word.at[start] ?? 0, end: (word.at[end - 1] ?? 0) + 1 });
      }
    }
    if (program === '' && !word.text.includes('=') && !wrappers.has(word.text))
      program = word.text.slice(word.text.lastIndexOf('/') + 1);
    before = word;
  }
  return credentials;
}

interface Given {
  readonly name: string;
  /** Of the word's text: where the value begins. */
  readonly from: number;
  /** What the name says, where it is no telling one. */
  readonly says?: string;
}

const assignment = /^(?:-D|-{1,2})?([A-Za-z_][\w.-]{0,127})=/;

/** `PGPASSWORD=…`, `--db-password=…`, `--from-literal=password=…`. */
function assignedIn({ text }: ShellWord): Given | undefined {
  const [whole, name = ''] = assignment.exec(text) ?? [];
  if (whole === undefined) return undefined;
  if (isTellingName(name)) return { name, from: whole.length };
  const [inner, nested = ''] = assignment.exec(text.slice(whole.length)) ?? [];
  return inner !== undefined && isTellingName(nested) ? { name: nested, from: whole.length + inner.length } : undefined;
}

interface Option {
  readonly programs: RegExp;
  readonly option: RegExp;
  /** Whether the value follows in the same word, as in `-pvalue`. */
  readonly isAttached: boolean;
  /** Whether a user and a colon stand before it. */
  readonly hasUser: boolean;
  /** One of the programs. */
  readonly example: string;
}

/** Options that take a password and do not say so. Sources: the manuals of the programs. */
const options: readonly Option[] = [
  { programs: /^curl$/, option: /^(?:-u|--user|-U|--proxy-user)$/, isAttached: false, hasUser: true, example: 'curl' },
  { programs: /^curl$/, option: /^(?:-u|-U)/, isAttached: true, hasUser: true, example: 'curl' },
  {
    programs: /^redis-(?:server|cli)$/,
    option: /^(?:--requirepass|--masterauth|-a|--pass)$/,
    isAttached: false,
    hasUser: false,
    example: 'redis-cli',
  },
  {
    programs: /^(?:mysql|mariadb)(?:dump|admin|check|-admin|-dump)?$/,
    option: /^-p/,
    isAttached: true,
    hasUser: false,
    example: 'mysql',
  },
  { programs: /^sshpass$/, option: /^-p$/, isAttached: false, hasUser: false, example: 'sshpass' },
  { programs: /^sshpass$/, option: /^-p/, isAttached: true, hasUser: false, example: 'sshpass' },
  {
    programs: /^(?:mongo|mongosh|mongodump|docker|podman|helm)$/,
    option: /^-p$/,
    isAttached: false,
    hasUser: false,
    example: 'mongo',
  },
  {
    programs: /^ldap(?:search|modify|add|delete|passwd|whoami)$/,
    option: /^-w$/,
    isAttached: false,
    hasUser: false,
    example: 'ldapsearch',
  },
];

function optionOf(program: string, before: ShellWord | undefined, { text }: ShellWord): Given | undefined {
  const option = before?.text ?? '';
  const flag = /^-{1,2}([A-Za-z][\w.-]{0,127})$/.exec(option)?.[1];
  if (flag !== undefined && isTellingName(flag) && !text.startsWith('-')) return { name: flag, from: 0 };
  for (const { programs, option: pattern, isAttached, hasUser } of options) {
    if (!programs.test(program)) continue;
    const [whole] = pattern.exec(isAttached ? text : option) ?? [];
    if (whole === undefined || (isAttached && whole.length === text.length)) continue;
    const colon = text.indexOf(':');
    if (hasUser && colon === -1) continue;
    return { name: whole, from: hasUser ? colon + 1 : isAttached ? whole.length : 0, says: 'a password' };
  }
  return undefined;
}

const header = /^((?:proxy-)?authorization):\s{0,8}(bearer|basic|token)\s{1,8}(?=\S)/i;

/** `-H "Authorization: Bearer …"`. */
function headerIn({ text }: ShellWord): Given | undefined {
  const [whole, name = '', scheme = ''] = header.exec(text) ?? [];
  return whole === undefined ? undefined : { name, from: whole.length, says: ofScheme(scheme) };
}

function ofScheme(scheme: string): string {
  return /^basic$/i.test(scheme) ? 'a password' : 'a token';
}

function credentialOf({ name, from, says }: Given, word: ShellWord): CommandCredential | undefined {
  const value = word.text.slice(from);
  if (value === '' || word.isDynamic(from)) return undefined;
  const span = spanOf(word, from);
  const shape = credentialShape(value);
  // It goes on over words and lines: it is told of the whole text.
  if (shape?.says === privateKey) return undefined;
  if (shape !== undefined) return { found: shape, name, ...span, byShape: true };
  const found = markedUnderName(value) ?? named(value, says ?? credentialWord(name));
  return found === undefined ? undefined : { found, name, ...span, byShape: false };
}

/** Expressions are what programs have there, and no value of its own. */
function named(value: string, says: string): FoundCredential | undefined {
  return isLiteral(value) && !/^-|[(){}[\]\s*\\]/.test(value) ? { says, length: value.length } : undefined;
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly prefix: string;
}

/** The place of a value; of the whole word where quotes begin or end within the value, so that none is left open. */
function spanOf({ text, at, start, end }: ShellWord, from: number): Span {
  const [first = 0, last = 0] = [at[from], at[text.length - 1]];
  if (last - first === text.length - 1 - from) return { start: first, end: last + 1, prefix: '' };
  return { start, end, prefix: text.slice(0, from).replace(/[^\w.:=@+/-]/g, '') };
}

/** A command in which the same is found as a credential of that name, and that shows nothing of it. */
export function standIn({ name, found }: CommandCredential): string {
  const marker = markerOf(found);
  if (isTellingName(name)) return `${name}=${marker}`;
  if (!name.startsWith('-')) return `curl -H "${name}: bearer ${marker}"`;
  const option = options.find(({ option: pattern, isAttached }) => !isAttached && pattern.test(name));
  return `${option?.example ?? ''} ${name} ${option?.hasUser === true ? ':' : ''}${marker}`;
}

/** The credential of a header that a probe sends: `Authorization: Bearer …`, `X-Api-Key: …`. */
export function credentialInHeader(name: string, value: string): FoundCredential | undefined {
  const isAuthorization = /^(?:proxy-)?authorization$/i.test(name);
  if (!isAuthorization && !isTellingName(name)) return undefined;
  const marked = markedUnderName(value) ?? credentialShape(value);
  if (marked !== undefined) return marked;
  const [whole = '', scheme = ''] = isAuthorization ? (/^(bearer|basic|token)\s{1,8}/i.exec(value) ?? []) : [];
  if (isAuthorization && whole === '') return undefined;
  const says = isAuthorization ? ofScheme(scheme) : credentialWord(name);
  return named(value.slice(whole.length), says);
}
