import type { FileEvidence } from '../../model/node.ts';
import type { AccessLists } from './node-source.ts';

/** Arguments of getfacl(1): numeric ids, no removal of leading slashes, links themselves left alone. */
export const getfaclArguments: readonly string[] = ['--numeric', '--absolute-names', '--physical'];

/** Whether a file's access list is worth asking for: it holds a key, a kubeconfig or configuration. */
export function hasList(file: FileEvidence): boolean {
  return file.type === 'file' && (file.secret !== undefined || (file.text !== undefined && file.text !== ''));
}

const base = /^(?:user::|other::)/;
const entry = /^(?:default:)?(?:user|group|mask|other):[^:\s]*:[rwx-]{3}/;

/**
 * What getfacl(1) printed, by the path that it names (escapes undone): the entries beyond the mode, none where there
 * are none. With a mask, the mode's group bits are the mask, so that the group's own entry is one of them.
 */
export function readGetfacl(output: string): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, readonly string[]>();
  let path: string | undefined;
  let entries: string[] = [];
  const close = (): void => {
    const hasMask = entries.some((each) => each.startsWith('mask:'));
    if (path !== undefined) lists.set(path, hasMask ? entries : entries.filter((each) => !each.startsWith('group::')));
    path = undefined;
    entries = [];
  };
  for (const line of output.split('\n')) {
    if (line.startsWith('# file: ')) {
      close();
      path = unescape(line.slice('# file: '.length));
    }
    const [text] = entry.exec(line) ?? [];
    if (text !== undefined && !base.test(text)) entries.push(text);
  }
  close();
  return lists;
}

/** getfacl(1) writes bytes that would break its lines as `\012`. */
function unescape(name: string): string {
  if (!name.includes('\\')) return name;
  return Buffer.from(
    Buffer.from(name, 'utf8')
      .toString('latin1')
      .replace(/\\([0-7]{3})|\\\\/g, (_, digits) => (digits ? String.fromCharCode(Number.parseInt(digits, 8)) : '\\')),
    'latin1',
  ).toString('utf8');
}

/** The files with their access lists, where those are known. */
export function withLists(
  files: readonly FileEvidence[],
  lists: AccessLists,
  key: (file: FileEvidence) => string,
): FileEvidence[] {
  return files.map((file) => {
    const acl = lists.get(key(file));
    return acl === undefined || !hasList(file) ? file : { ...file, acl };
  });
}
