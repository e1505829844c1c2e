import type { AdministratorEvidence } from '../../model/node.ts';
import type { ConfigurationFiles } from './sudoers.ts';

export type SshdSettings = NonNullable<AdministratorEvidence['sshd']>;

/** As sshd(8) has it. */
const maxDepth = 16;
const maxSettings = 2000;

/**
 * The settings of sshd_config(5) that hold for everyone: of each keyword the first value, in files in the order in which
 * they are included. What stands in a `Match` block holds for some, and is left out, as are defaults. Of keywords that
 * may be repeated (`Port`, `AllowUsers`) it is the first line too. Undefined where there is no such file.
 */
export function readSshd(path: string, files: ConfigurationFiles): SshdSettings | undefined {
  const settings = new Map<string, SshdSettings[string]>();
  if (!gather(path, { files, settings, depth: 0 })) return undefined;
  return Object.fromEntries(settings);
}

interface Gathering {
  readonly files: ConfigurationFiles;
  readonly settings: Map<string, SshdSettings[string]>;
  readonly depth: number;
}

function gather(path: string, { files, settings, depth }: Gathering): boolean {
  const text = depth > maxDepth ? undefined : files.read(path);
  if (text === undefined) return false;
  for (const [index, raw] of text.split('\n').entries()) {
    const [, word = '', rest = ''] = /^\s*([A-Za-z][A-Za-z0-9]*)(?:\s*=\s*|\s+)(\S.*?)\s*$/.exec(raw) ?? [];
    const keyword = word.toLowerCase();
    if (keyword === '') continue;
    // A block ends with its file, or with another Match; `Match all` is everyone again, and sshd takes it as a block too.
    if (keyword === 'match') return true;
    const value = valueOf(rest);
    if (keyword === 'include') {
      for (const pattern of value.split(/\s+/)) {
        const place = pattern.startsWith('/') ? pattern : `/etc/ssh/${pattern}`;
        for (const each of files.expand(place)) gather(each, { files, settings, depth: depth + 1 });
      }
    } else if (!settings.has(keyword) && settings.size < maxSettings) {
      settings.set(keyword, { value, where: path, line: index + 1 });
    }
  }
  return true;
}

/** Without quotes, and without a comment that follows it. */
function valueOf(text: string): string {
  const words: string[] = [];
  for (const [word] of text.matchAll(/"[^"]*"?|\S+/g)) {
    if (word.startsWith('#')) break;
    words.push(word.replace(/^"([^"]*)"?$/, '$1'));
  }
  return words.join(' ');
}

/** The files of authorised keys of one account: `%h`, `%u`, `%U` and relative paths as sshd takes them. */
export function keyFilesOf(
  { name, home, id }: { readonly name: string; readonly home: string; readonly id: number },
  settings: SshdSettings | undefined,
): string[] {
  const patterns = settings?.authorizedkeysfile?.value ?? '.ssh/authorized_keys .ssh/authorized_keys2';
  if (/^none$/i.test(patterns)) return [];
  const tokens: Readonly<Record<string, string>> = { '%%': '%', '%h': home, '%u': name, '%U': String(id) };
  return patterns.split(/\s+/).map((pattern) => {
    const path = pattern.replace(/%[%huU]/g, (token) => tokens[token] ?? token);
    return path.startsWith('/') ? path : `${home}/${path}`;
  });
}

/** Keys of an authorized_keys file (sshd(8)): a line each, comments and empty lines left out. */
export function countKeys(text: string): number {
  let keys = 0;
  for (const line of text.split('\n')) if (/^\s*[^\s#]/.test(line)) keys += 1;
  return keys;
}
