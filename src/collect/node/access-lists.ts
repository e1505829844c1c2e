import type { FileEvidence, NodeEvidence } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
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

/**
 * That lists were not read, once a node, where one could matter: with a list, the group's bits of the mode are its mask,
 * and give to whom it names what they seem to give the group. Without such bits a list gives nothing.
 */
export function unreadLists(
  files: readonly FileEvidence[],
  { name, from }: Pick<NodeEvidence, 'name' | 'from'>,
): Gap[] {
  const masked = files.filter((file) => hasList(file) && ((file.mode >> 3) & ~file.mode & 0o7) !== 0);
  const [first, ...others] = [...new Set(masked.map(({ path }) => path))].sort();
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const reason = `there is no getfacl to read them with: what the mode of ${first}${more} gives the group may be a user's`;
  const again = from === 'bundle' ? 'on the node, and collect it again' : 'and read the node again';
  return [{ code: 'unavailable', what: `access lists on ${name}`, reason, hint: `install the package acl ${again}` }];
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
