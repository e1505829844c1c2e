import { isSecretName, redacted, redactInline } from './redact-words.ts';
import type { RedactedText } from './redact-yaml.ts';

const assignment = /(?<![\w.-])(--?)?([A-Za-z_][\w.-]*)(=|(?:[ \t]|\\\r?\n)+)/g;

/** What systemd.syntax(7) and shell-like variable files are made of; other lines are no part of one. */
const unitLine = /^\s*(?:$|[#;[]|(?:export\s+)?[A-Za-z_][\w.-]*\s*=)/;

/**
 * A systemd unit or a file of variables with secret values replaced. A line that belongs to neither is emptied, so
 * that a file that merely is named as one is not copied.
 */
export function redactUnit(text: string): RedactedText {
  const plain = onlyUnitLines(text);
  const after = redactInline(redactAssignments(plain));
  return { text: after, ...(after !== plain && { secret: 'token' as const }) };
}

/** Values of flags and of assignments anywhere in the text. */
function redactAssignments(plain: string): string {
  const parts: string[] = [];
  let at = 0;
  for (const { index, 0: whole, 1: dashes, 2: name = '', 3: between } of plain.matchAll(assignment)) {
    const start = index + whole.length;
    if (index < at || (dashes === undefined && between !== '=') || !isSecretName(name)) continue;
    const end = valueEnd(plain, { name: index, start });
    const value = plain.slice(start, end);
    if (/^(?:|""|''|true|false|-.*)$/.test(value)) continue;
    parts.push(
      plain.slice(at, start),
      redacted,
      value.replace(/[^\n]+/g, (part) => (part.endsWith('\\') ? '\\' : '')),
    );
    at = end;
  }
  parts.push(plain.slice(at));
  return parts.join('');
}

function onlyUnitLines(text: string): string {
  let continues = false;
  const lines = text.split('\n').map((line) => {
    const isPart = continues || unitLine.test(line);
    continues = isPart && /\\\r?$/.test(line);
    return isPart ? line : '';
  });
  return lines.join('\n');
}

/** Where a value ends: at its quote, at the quote that its name is in, at the end of its line, or at a space. */
function valueEnd(text: string, at: { readonly name: number; readonly start: number }): number {
  const before = text[at.name - 1] ?? '';
  const first = text[at.start] ?? '';
  if (before === '"' || before === "'") return quoteEnd(text, at.start, before);
  if (first === '"' || first === "'") return Math.min(quoteEnd(text, at.start + 1, first) + 1, text.length);
  // A line may be as long as the file: what stands before a name at its beginning is short.
  const line = text.slice(Math.max(0, at.name - 100), at.name);
  const begins = at.name <= 100 ? /(?:^|\n)\s*(?:export\s+)?[#;]?\s*$/ : /\n\s*(?:export\s+)?[#;]?\s*$/;
  const rest = begins.test(line) ? /(?:\\\r?\n|[^\n])*/y : /[^\s"']*/y;
  rest.lastIndex = at.start;
  rest.test(text);
  return rest.lastIndex;
}

function quoteEnd(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1;
  return Math.min(at, text.length);
}

/** A command line over several lines, as microk8s keeps them. Lines that are neither flags nor comments are emptied. */
export function redactArguments(text: string): RedactedText {
  const after = text.split('\n').map((line) => {
    if (!/^\s*(?:-|#|$)/.test(line)) return '';
    const [, name = '', value] = /^\s*--?([A-Za-z][\w.-]*)=(.*)$/.exec(line) ?? [];
    if (value !== undefined && isSecretName(name)) {
      const blank = /^\s*(?:""|''|true|false)?\s*$/.test(value);
      return blank ? line : line.slice(0, line.length - value.length) + redacted;
    }
    return redactAssignments(line);
  });
  const plain = redactInline(after.join('\n'));
  return { text: plain, ...(plain.includes(redacted) && { secret: 'token' as const }) };
}

const tomlSecret =
  /((?:^|[\s,{.])["']?(?:[\w-]*(?:passw(?:or)?d|token|secret)|auth|Authorization|authorization)["']?\s*=\s*)("""[\s\S]*?(?:"""|(?![\s\S]))|'''[\s\S]*?(?:'''|(?![\s\S]))|\[[^\]]*\]?|"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?)/gim;

/** TOML, as containerd and CRI-O are configured in, with registry passwords replaced. */
export function redactToml(text: string): RedactedText {
  let found = false;
  const plain = text.replace(tomlSecret, (whole, key: string, value: string) => {
    if (/^(?:""|''|\[\s*\])$/.test(value)) return whole;
    found = true;
    return `${key}"${redacted}"${'\n'.repeat(value.split('\n').length - 1)}`;
  });
  const after = redactInline(redactHeaders(plain));
  return { text: after, ...((found || after !== plain) && { secret: 'password' as const }) };
}

const tomlTable = /^\s*\[\[?(?:[^\]"'\n]|"[^"\n]*"|'[^'\n]*')*\]\]?\s*(?:#.*)?\r?$/;
const headerTable = /(?:^|[.[\s])["']?header["']?\s*\]/;
const headerField = /(?:^|[\s,{.])["']?header["']?\s*[.=]/;

/** The values of HTTP headers, of which any may be a credential: in tables named `header`, and in fields of them. */
function redactHeaders(text: string): string {
  if (!/header/.test(text)) return text;
  let isHeader = false;
  let isOpen = false;
  const lines = text.split('\n').map((line) => {
    if (isOpen) {
      isOpen = !line.includes(']');
      return '';
    }
    if (tomlTable.test(line)) {
      isHeader = headerTable.test(line);
      return line;
    }
    if (!isHeader && !headerField.test(line)) return line;
    const equals = line.indexOf('=');
    if (equals === -1) return '';
    const value = line.slice(equals + 1);
    isOpen = value.includes('[') && !value.includes(']');
    return `${line.slice(0, equals)}= "${redacted}"`;
  });
  return lines.join('\n');
}

/** An ABAC policy: a JSON object a line (`--authorization-policy-file`). Lines that are none are emptied. */
export function redactJsonLines(text: string): RedactedText {
  const lines = text.split('\n').map((line) => {
    if (/^\s*#/.test(line)) return line;
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === 'object' && value !== null ? line : '';
    } catch {
      return '';
    }
  });
  return { text: lines.join('\n') };
}

/** A host name (hostname(5)); nothing where the file holds anything else. */
export function redactHostName(text: string): RedactedText {
  const isName = /^(?:\s*#.*\n)*\s*[A-Za-z0-9.-]{1,253}\s*$/.test(text.slice(0, 4096)) && text.length <= 4096;
  return isName ? { text } : { problem: 'not a host name' };
}
