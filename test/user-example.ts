import { readOwn } from '../src/collect/kubeconfig/read-own.ts';
import type { KubeconfigEvidence, TokenEvidence } from '../src/model/kubeconfig.ts';
import type { FileEvidence } from '../src/model/node.ts';

const header = /^# user file: (\/\S*)(?: mode (0?[0-7]{3,4}))?(?: owner (\d+):(\d+))?( merged| beside| tracked)*$/;

/** The user's own kubeconfigs that an example describes (see `controls/kubeconfig/example-kubeconfig.ts`); undefined for others. */
export function userExample(text: string): KubeconfigEvidence | undefined {
  if (!header.test(text.split('\n')[0] ?? '')) return undefined;
  const files: FileEvidence[] = [];
  const merged: string[] = [];
  const unignored: string[] = [];
  const tokens: TokenEvidence[] = [];
  const variables: KubeconfigEvidence['variables'][number][] = [];
  for (const part of text.split(/^(?=# user file: \/)/m)) {
    const end = part.indexOf('\n');
    const line = end === -1 ? part : part.slice(0, end);
    const match = header.exec(line);
    if (match === null) throw new Error(`no header of a file: ${part.slice(0, 80)}`);
    const [, path = '', mode = '600', uid = '1000', gid = '1000'] = match;
    const folder = path.slice(0, path.lastIndexOf('/'));
    const own = readOwn(path, Buffer.from(part.slice(end + 1)));
    const modified = '2026-11-01T00:00:00.000Z';
    const shared = { uid: Number(uid), gid: Number(gid), modified };
    if (!files.some((file) => file.path === folder)) {
      files.push({ path: folder, type: 'directory', mode: 0o700, size: 0, ...shared });
    }
    files.push({
      path,
      type: 'file',
      mode: Number.parseInt(mode, 8),
      size: part.length,
      ...shared,
      ...(own.text !== undefined && { text: own.text }),
      ...(own.secret !== undefined && { secret: own.secret }),
    });
    if (own.isKubeconfig && !line.includes(' beside')) merged.push(path);
    if (line.includes(' tracked')) unignored.push(path);
    tokens.push(...own.tokens);
    variables.push(...own.variables);
  }
  return { home: '/home/ann', uid: 1000, merged, files, tokens, variables, unignored };
}
