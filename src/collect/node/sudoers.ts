import type { AdministratorEvidence } from '../../model/node.ts';

export type Sudoer = AdministratorEvidence['sudoers'][number];

export interface ConfigurationFiles {
  /** Text of a file; undefined where there is none. */
  readonly read: (path: string) => string | undefined;
  /** The paths that a pattern with `*` stands for, sorted. */
  readonly expand: (pattern: string) => readonly string[];
}

/** sudo gives up at 128; no one nests so deep. */
const maxDepth = 16;
const maxRules = 2000;

/**
 * Who may become root by /etc/sudoers and what it includes (sudoers(5)): rules that let someone run every command, a
 * shell, or `su` as root. Rules of other hosts count too: a file says nothing of the names that a node has. The account
 * `root` is left out.
 */
export function readSudoers(path: string, files: ConfigurationFiles): readonly Sudoer[] {
  const lines: Line[] = [];
  gather(path, { files, lines, depth: 0 });
  const aliases = readAliases(lines);
  const open = noPasswordDefaults(lines);
  const found = new Map<string, Sudoer>();
  for (const line of lines) {
    if (found.size >= maxRules) break;
    const rule = readRule(line, aliases);
    for (const who of rule?.users ?? []) {
      if (rule === undefined || who === 'root') continue;
      const withoutPassword = rule.withoutPassword || open.has('') || open.has(who);
      const key = `${who} ${withoutPassword} ${line.where}`;
      found.set(key, { who, withoutPassword, where: line.where });
    }
  }
  return [...found.values()];
}

interface Line {
  readonly text: string;
  readonly where: string;
}

interface Gathering {
  readonly files: ConfigurationFiles;
  readonly lines: Line[];
  readonly depth: number;
}

function gather(path: string, { files, lines, depth }: Gathering): void {
  const text = depth > maxDepth ? undefined : files.read(path);
  if (text === undefined) return;
  for (const line of logicalLines(text, path)) {
    const [, kind, name = ''] = /^[@#](include|includedir)\s+"?([^"]+?)"?\s*$/.exec(line.text) ?? [];
    if (kind === undefined) {
      lines.push(line);
      continue;
    }
    const place = name.startsWith('/') ? name : `${path.slice(0, path.lastIndexOf('/'))}/${name}`;
    const included = kind === 'include' ? [place] : files.expand(`${place.replace(/\/+$/, '')}/*`).filter(isDropIn);
    for (const each of included) gather(each, { files, lines, depth: depth + 1 });
  }
}

/** Files with a dot in their name, or a tilde at its end, are those of editors and packages. */
function isDropIn(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return !name.includes('.') && !name.endsWith('~');
}

/** Continued lines joined, comments left out; `#1000` is a user and `#include` an instruction. */
function logicalLines(text: string, path: string): Line[] {
  const lines: Line[] = [];
  let open: { text: string; line: number } | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '');
    const continues = line.endsWith('\\');
    const content = continues ? line.slice(0, -1) : line;
    if (open === undefined) open = { text: content, line: index + 1 };
    else open.text += content;
    if (continues) continue;
    const plain = open.text.trim();
    const isComment = plain.startsWith('#') && !/^#(?:include(?:dir)?\s|\d)/.test(plain);
    const kept = isComment ? '' : plain.replace(/(^|[\s,(])#(?!\d|include)[\s\S]*$/, '$1').trim();
    if (kept !== '') lines.push({ text: kept, where: `${path}:${open.line}` });
    open = undefined;
  }
  return lines;
}

type AliasKind = 'User_Alias' | 'Runas_Alias' | 'Cmnd_Alias';
type Aliases = Readonly<Record<AliasKind, ReadonlyMap<string, readonly string[]>>>;

function readAliases(lines: readonly Line[]): Aliases {
  const aliases = {
    User_Alias: new Map<string, string[]>(),
    Runas_Alias: new Map<string, string[]>(),
    Cmnd_Alias: new Map<string, string[]>(),
  };
  for (const { text } of lines) {
    const [, kind, rest = ''] = /^(User_Alias|Runas_Alias|Cmnd_Alias|Cmd_Alias)\s+(.*)$/.exec(text) ?? [];
    if (kind === undefined) continue;
    const known = aliases[kind === 'Cmd_Alias' ? 'Cmnd_Alias' : (kind as AliasKind)];
    for (const definition of rest.split(/:(?=\s*[A-Z][A-Z0-9_]*\s*=)/)) {
      const equals = definition.indexOf('=');
      if (equals > 0) known.set(definition.slice(0, equals).trim(), listOf(definition.slice(equals + 1)));
    }
  }
  return aliases;
}

/** Whom `Defaults !authenticate` asks for no password: everyone (``), or the users that it names. */
function noPasswordDefaults(lines: readonly Line[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { text } of lines) {
    const [, users, settings = ''] = /^Defaults(?::(\S+))?\s+(.*)$/.exec(text) ?? [];
    if (!listOf(settings).includes('!authenticate')) continue;
    for (const name of users === undefined ? [''] : listOf(users)) names.add(name);
  }
  return names;
}

interface Rule {
  readonly users: readonly string[];
  readonly withoutPassword: boolean;
}

/** `users hosts = (runas) TAG: command, command : hosts = …` */
function readRule({ text }: Line, aliases: Aliases): Rule | undefined {
  const equals = text.indexOf('=');
  if (equals === -1 || /^(?:Defaults|User_Alias|Runas_Alias|Host_Alias|Cmnd_Alias|Cmd_Alias)\b/.test(text)) {
    return undefined;
  }
  const [users = ''] = splitUsers(text.slice(0, equals));
  let isRoot = false;
  let withoutPassword = false;
  for (const part of text.slice(equals + 1).split(/:(?=[^=:()]*=(?!=))(?!\s*\/)/)) {
    // A list of another host begins with the name and `=`.
    const commands = part.replace(/^\s*[\w.,! -]+=\s*(?=[(A-Z/])/, '');
    let runas: readonly string[] = ['root'];
    let noPassword = false;
    for (const item of listOf(commands)) {
      let rest = item;
      const [whole, list] = /^\(([^)]*)\)\s*/.exec(rest) ?? [];
      if (whole !== undefined) {
        runas = listOf((list ?? '').split(':')[0] ?? '');
        rest = rest.slice(whole.length);
      }
      for (let tag = tagOf(rest); tag !== undefined; tag = tagOf(rest)) {
        if (tag.name === 'NOPASSWD') noPassword = true;
        else if (tag.name === 'PASSWD') noPassword = false;
        rest = rest.slice(tag.length);
      }
      if (!runsAsRoot(runas, aliases) || !givesRoot(rest, aliases)) continue;
      isRoot = true;
      withoutPassword ||= noPassword;
    }
  }
  if (!isRoot) return undefined;
  return { users: expandAlias(listOf(users), aliases.User_Alias), withoutPassword };
}

/** Users end where white space is that no comma stands beside. */
function splitUsers(text: string): string[] {
  return text
    .trim()
    .replace(/\s*,\s*/g, ',')
    .replaceAll('\\ ', '\0')
    .split(/\s+/)
    .map((word) => word.replaceAll('\0', ' '));
}

function tagOf(text: string): { readonly name: string; readonly length: number } | undefined {
  const [whole, name] = /^([A-Z]+):\s*/.exec(text) ?? [];
  if (whole !== undefined && name !== undefined) return { name, length: whole.length };
  // `ROLE=`, `CWD=`, `TIMEOUT=` and the like.
  const [option] = /^[A-Z]+=\S+\s+/.exec(text) ?? [];
  return option === undefined ? undefined : { name: '', length: option.length };
}

function runsAsRoot(runas: readonly string[], aliases: Aliases): boolean {
  const users = expandAlias(runas, aliases.Runas_Alias);
  if (users.includes('!root') || users.includes('!#0')) return false;
  return users.some((user) => user === 'ALL' || user === 'root' || user === '#0');
}

const shells: ReadonlySet<string> = new Set([
  'sh',
  'bash',
  'dash',
  'ash',
  'zsh',
  'ksh',
  'csh',
  'tcsh',
  'fish',
  'su',
  'sudo',
]);

/** Every command, or one that is a way to every command. What a rule takes out of `ALL` is easily had in another way. */
function givesRoot(command: string, aliases: Aliases): boolean {
  return expandAlias([command.trim()], aliases.Cmnd_Alias).some((each) => {
    if (each === 'ALL') return true;
    const [program = '', ...args] = each.split(/\s+/);
    const name = program.slice(program.lastIndexOf('/') + 1);
    return shells.has(name) && args.every((arg) => arg === '-' || arg === 'root' || arg === '*');
  });
}

function expandAlias(names: readonly string[], aliases: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>();
  const left = [...names];
  const seen = new Set<string>();
  while (left.length > 0) {
    const name = left.pop() as string;
    const members = aliases.get(name);
    if (members === undefined) found.add(name);
    else if (!seen.has(name)) {
      seen.add(name);
      left.push(...members);
    }
  }
  return [...found].sort();
}

/** Items between commas; those in parentheses and after a backslash are none. */
function listOf(text: string): string[] {
  const items: string[] = [];
  const lastClose = text.lastIndexOf(')');
  let start = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const character = text[at];
    if (character === '\\' && at + 1 < text.length) at += 1;
    else if (character === '(' && at < lastClose) at = text.indexOf(')', at);
    else if (character === ',' || at === text.length) {
      const plain = text
        .slice(start, at)
        .trim()
        .replace(/\\([,:=\\ ])/g, '$1');
      if (plain !== '') items.push(plain);
      start = at + 1;
    }
  }
  return items;
}
