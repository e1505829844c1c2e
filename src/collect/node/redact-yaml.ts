import { isList, isObject, type Json, own } from '../../model/json.ts';
import type { FileEvidence } from '../../model/node.ts';
import { loadTracked } from '../../yaml/node-tracker.ts';
import { maxNodes } from '../../yaml/parse.ts';
import type { PositionNode } from '../../yaml/positions.ts';
import { type DocumentText, splitDocuments } from '../../yaml/split.ts';
import { isSecretName, redactArgv, redacted, redactInline, takesSecret } from './redact-words.ts';

export type Secret = NonNullable<FileEvidence['secret']>;

export interface RedactedText {
  /** Absent: what the file holds cannot be told from its secrets. */
  readonly text?: string;
  readonly secret?: Secret;
  /** Why there is no text. */
  readonly problem?: string;
}

/**
 * A YAML or JSON file with its secrets replaced where they stand, line for line. Where a secret was, comments go too:
 * that is where old ones are kept. A file that cannot be read as such comes back without its text.
 */
export function redactYaml(text: string): RedactedText {
  let parts: Replaced[] = [];
  let secret: Secret | undefined;
  try {
    for (const document of splitDocuments(text)) {
      if (document.afterEnd) {
        const { start, end } = document;
        parts.push({ start, end, text: lineBreaks(text.slice(start, end)) });
        continue;
      }
      const found = new DocumentRedaction(text, document).run();
      parts = parts.concat(found.parts);
      secret ??= found.secret;
    }
  } catch (error) {
    // What a parser says may quote the file.
    if (!(error instanceof NotKept)) return { problem: 'not readable as YAML or JSON: its text is not kept' };
    return { problem: error.message };
  }
  const comments = commentsOutside(text, parts);
  const removed =
    secret === undefined ? comments.filter((each) => mentionsSecret(text.slice(each.start, each.end))) : comments;
  parts = parts.concat(removed);
  return { text: splice(text, parts), ...(secret !== undefined && { secret }) };
}

class NotKept extends Error {}

function mentionsSecret(comment: string): boolean {
  return /(?:token|passw|secret|key-data|credential)[\w"' -]*[:=]/i.test(comment);
}

/** A range of the file: what replaces it, or undefined where it stays and is known to be no comment. */
interface Replaced {
  readonly start: number;
  readonly end: number;
  readonly text?: string | undefined;
}

/** Where everything below a field is secret, whatever its name. */
type Sort = 'kubeconfig' | 'encryption' | 'secret' | 'plain';

const secretOf: Readonly<Record<Sort, Secret>> = {
  kubeconfig: 'kubeconfig-credential',
  encryption: 'encryption-key',
  secret: 'password',
  plain: 'token',
};

/** Fields of a kubeconfig user that hold no credential. Any other is redacted: a misspelt token is one too. */
const publicUserFields: ReadonlySet<string> = new Set([
  'client-certificate',
  'client-certificate-data',
  'client-key',
  'tokenFile',
  'username',
  'as',
  'as-uid',
  'as-groups',
  'as-user-extra',
  'exec',
  'auth-provider',
]);

/** Anchors and merges give a value a second place, where it has another name. */
const anchor = /(?:^|[\s,[{:])&[^\s&]/m;
const merge = /(?:^|[\s,[{])["']?<<["']?\s*:/m;

class DocumentRedaction {
  private readonly source: string;
  private readonly body: string;
  private readonly offset: number;
  private readonly sort: Sort;
  private readonly root: PositionNode;
  private readonly quote: '"' | '';
  private readonly parts: Replaced[] = [];
  private readonly seen = new Set<object>();
  private secret: Secret | undefined;

  constructor(source: string, document: DocumentText) {
    this.source = source;
    this.offset = document.start;
    this.body = source.slice(document.start, document.end);
    if ((anchor.test(this.body) || merge.test(this.body)) && /token|passw|secret|key-data|auth/i.test(this.body)) {
      throw new NotKept('anchors beside credentials: its text is not kept');
    }
    // JSON is YAML, save for what a configuration file never has.
    const { value, root } = loadTracked(this.body.replace(/^\ufeff/, ' '), { json: true, maxNodes });
    const json = (value ?? null) as Json;
    if (json !== null && !isObject(json)) throw new NotKept('not a mapping, as a configuration file is');
    // Lines of a file such as shadow(5), which end in a colon, are keys to YAML.
    if (json !== null && !Object.keys(json).every((name) => /^[A-Za-z_][\w./+-]*$/.test(name))) {
      throw new NotKept('its fields are none of a configuration file');
    }
    this.root = root;
    this.sort = sortOf(json);
    this.quote = /^\s*[{[]/.test(this.body) ? '"' : '';
  }

  run(): { readonly parts: readonly Replaced[]; readonly secret: Secret | undefined } {
    this.visit(this.root, { key: '', all: this.sort === 'secret', depth: 0 });
    return { parts: this.parts, secret: this.secret };
  }

  private visit(node: PositionNode, where: { key: string; all: boolean; depth: number }): void {
    const content = node.entries ?? node.items;
    if (content === undefined) {
      this.scalar(node, where.key, where.all);
      return;
    }
    // Aliases share what they stand for.
    if (this.seen.has(content)) {
      this.keep(node.start, node.end);
      return;
    }
    this.seen.add(content);
    let isFlagValue = false;
    for (const item of node.items ?? []) {
      this.visit(item, isFlagValue ? { ...where, all: true } : where);
      isFlagValue = item.entries === undefined && item.items === undefined && takesSecret(this.read(item));
    }
    const entries = [...(node.entries ?? [])].map(([name, entry]) => ({ name, entry }));
    for (const { name, entry } of [...entries, ...(node.hidden ?? [])]) {
      this.keep(entry.keyStart, entry.keyEnd);
      const all = this.isSecretField(name, where);
      this.visit(entry.value, { key: name, all, depth: where.depth + 1 });
    }
    const named = isVariable(entries, (value) => this.read(value));
    if (named !== undefined) this.scalar(named, 'token', true);
  }

  private isSecretField(name: string, { key, all, depth }: { key: string; all: boolean; depth: number }): boolean {
    if (this.sort === 'secret') return depth === 0 ? !['apiVersion', 'kind', 'type', 'immutable'].includes(name) : all;
    // Any header may be a credential.
    if (all || name === 'staticPodURLHeader') return true;
    if (this.sort === 'kubeconfig') {
      if (key === 'user') return !publicUserFields.has(name);
      return (key === 'exec' && name === 'env') || (key === 'auth-provider' && name === 'config');
    }
    return this.sort === 'encryption' && key === 'keys' && name !== 'name';
  }

  private scalar(node: PositionNode, key: string, all: boolean): void {
    const start = this.offset + node.start;
    const end = this.offset + node.end;
    const raw = this.source.slice(start, end);
    const isEmpty = /^(?:|""|''|null|~|true|false)$/.test(raw);
    const isSecret = all || isSecretName(key);
    if (isSecret && !isEmpty) {
      this.secret ??= this.sort === 'plain' && /passw/i.test(key) ? 'password' : secretOf[this.sort];
      this.parts.push({ start, end, text: this.quote + redacted + this.quote + lineBreaks(raw) });
      return;
    }
    const changed = redactScalar(raw);
    if (changed === raw) this.keep(node.start, node.end);
    else {
      this.secret ??= 'password';
      this.parts.push({ start, end, text: changed });
    }
  }

  private read(node: PositionNode): string {
    return this.body.slice(node.start, node.end).replace(/^(["'])([\s\S]*)\1$/, '$2');
  }

  private keep(start: number, end: number): void {
    this.parts.push({ start: this.offset + start, end: this.offset + end });
  }
}

/** `{name: DB_PASSWORD, value: …}`, an environment variable or a header: the value, where the name says it is secret. */
function isVariable(
  entries: readonly { readonly name: string; readonly entry: { readonly value: PositionNode } }[],
  read: (node: PositionNode) => string,
): PositionNode | undefined {
  const name = entries.find((candidate) => candidate.name === 'name')?.entry.value;
  const value = entries.find((candidate) => candidate.name === 'value')?.entry.value;
  if (name === undefined || value === undefined || value.entries !== undefined || value.items !== undefined)
    return undefined;
  return isSecretName(read(name)) ? value : undefined;
}

/** A flag of a command line that carries a secret, or a URL that does. */
function redactScalar(raw: string): string {
  const [, quote = '', flag = ''] = /^(["']?)(-[\s\S]*)\1$/.exec(raw) ?? [];
  if (flag === '' || flag.includes('\n')) return redactInline(raw);
  const [after = flag] = redactArgv([flag]);
  return quote + after + quote;
}

function sortOf(value: Json): Sort {
  if (!isObject(value)) return 'plain';
  const kind = own(value, 'kind');
  if (kind === 'Secret' || kind === 'SecretList') return 'secret';
  if (kind === 'EncryptionConfiguration' || kind === 'EncryptionConfig') return 'encryption';
  const resources = own(value, 'resources');
  if (isList(resources) && resources.some((item) => isObject(item) && isList(own(item, 'providers'))))
    return 'encryption';
  if (kind === 'Config' || isList(own(value, 'users')) || isList(own(value, 'clusters'))) return 'kubeconfig';
  return 'plain';
}

function lineBreaks(raw: string): string {
  return '\n'.repeat(raw.split('\n').length - 1);
}

/** Comments between what is known to be none. */
function commentsOutside(text: string, parts: readonly Replaced[]): Replaced[] {
  const comments: Replaced[] = [];
  let at = 0;
  const look = (from: number, to: number): void => {
    for (const match of text.slice(from, to).matchAll(/#[^\r\n]*/g)) {
      const start = from + match.index;
      if (start > 0 && !/\s/.test(text[start - 1] ?? '')) continue;
      comments.push({ start, end: start + match[0].length, text: `# ${redacted}` });
    }
  };
  for (const { start, end } of [...parts].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (start > at) look(at, start);
    at = Math.max(at, end);
  }
  look(at, text.length);
  return comments;
}

function splice(text: string, parts: readonly Replaced[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const part of parts
    .filter((each) => each.text !== undefined)
    .sort((a, b) => a.start - b.start || b.end - a.end)) {
    // A variable's value may be listed twice: as a field, and as its value.
    if (part.start < at) continue;
    pieces.push(text.slice(at, part.start), part.text ?? '');
    at = part.end;
  }
  pieces.push(text.slice(at));
  return pieces.join('');
}
