import type { FileEvidence, NodeEvidence } from '../src/model/node.ts';

const header = /^# file: (\/\S*)(?: mode (0?[0-7]{3,4}))?(?: owner (\d+):(\d+))?( directory| socket)?$/;

/** The node that an example describes (see `controls/node-examples.ts`); undefined for manifests. */
export function nodeExample(text: string): NodeEvidence | undefined {
  if (!header.test(text.split('\n')[0] ?? '')) return undefined;
  const files = new Map<string, FileEvidence>();
  for (const part of text.split(/^(?=# file: \/)/m)) {
    const end = part.indexOf('\n');
    const match = header.exec(end === -1 ? part : part.slice(0, end));
    if (match === null) throw new Error(`no header of a file: ${part.slice(0, 80)}`);
    const [, path = '', mode, uid = '0', gid = '0', type] = match;
    const content = end === -1 ? '' : part.slice(end + 1);
    files.set(path, {
      path,
      type: type === undefined ? 'file' : type === ' socket' ? 'socket' : 'directory',
      mode: Number.parseInt(mode ?? (type === ' directory' ? '755' : '600'), 8),
      uid: Number(uid),
      gid: Number(gid),
      size: content.length,
      modified: '2026-11-01T00:00:00.000Z',
      ...(type === undefined && { text: content }),
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
  };
}
