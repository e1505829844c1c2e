import type { FileEvidence, NodeEvidence } from '../src/model/node.ts';

const header =
  /^# file: (\/\S*)(?: mode (0?[0-7]{3,4}))?(?: owner (\d+):(\d+))?(?: holds (\S+))?(?: acl (\S+))?(?: to (\S+))?(?: size (\d+))?(?: modified (\S+))?( directory| socket)?$/;

/** A last line that says what files do not: accounts, processes, the host. */
const rest = /^# node: (\{.*\})$/m;

/** The node that an example describes (see `controls/node-examples.ts`); undefined for manifests. */
export function nodeExample(text: string): NodeEvidence | undefined {
  const first = text.split('\n')[0] ?? '';
  if (!header.test(first) && !rest.test(first)) return undefined;
  const files = new Map<string, FileEvidence>();
  const said: Partial<NodeEvidence> = JSON.parse(rest.exec(text)?.[1] ?? '{}');
  for (const part of text.replace(rest, '').split(/^(?=# file: \/)/m)) {
    if (part.trim() === '') continue;
    const end = part.indexOf('\n');
    const match = header.exec(end === -1 ? part : part.slice(0, end));
    if (match === null) throw new Error(`no header of a file: ${part.slice(0, 80)}`);
    const [, path = '', mode, uid = '0', gid = '0', secret, acl, target, size, modified, type] = match;
    const content = end === -1 ? '' : part.slice(end + 1);
    files.set(path, {
      path,
      type:
        target !== undefined ? 'symlink' : type === undefined ? 'file' : type === ' socket' ? 'socket' : 'directory',
      mode: Number.parseInt(mode ?? (target !== undefined ? '777' : type === ' directory' ? '755' : '600'), 8),
      uid: Number(uid),
      gid: Number(gid),
      size: size === undefined ? content.length : Number(size),
      modified: modified ?? '2026-11-01T00:00:00.000Z',
      ...(acl !== undefined && { acl: acl.split(',') }),
      ...(target !== undefined && { target }),
      ...(secret !== undefined && { secret: secret as NonNullable<FileEvidence['secret']> }),
      ...(type === undefined && target === undefined && { text: content }),
    });
  }
  for (const path of [...files.keys()]) {
    const steps = path.split('/');
    for (let count = 1; count < steps.length; count += 1) {
      const folder = steps.slice(0, count).join('/') || '/';
      if (files.has(folder)) continue;
      const modified = '2026-11-01T00:00:00.000Z';
      files.set(folder, { path: folder, type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0, modified });
    }
  }
  const root = { id: 0, name: 'root' };
  return {
    name: 'node-1',
    from: 'bundle',
    at: 'example',
    processes: [],
    files: [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    users: [root],
    groups: [root],
    ...said,
  };
}
