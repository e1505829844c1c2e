import type { NodeEvidence } from '../../src/model/node.ts';
import { nodeExample } from '../node-example.ts';
import type { NodeRoot } from './node-root.ts';

export interface ExampleFile {
  /** Absent: a folder. */
  readonly text?: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly holds?: 'kubeconfig-credential' | 'private-key';
}

/** The files of a made-up node by path. */
export type ExampleNode = ReadonlyMap<string, ExampleFile>;

/** The node as an independent reader sees it. */
export function rootOf(node: ExampleNode): NodeRoot {
  return {
    read: (path) => node.get(path)?.text,
    stat: (path) => {
      const file = node.get(path);
      return file && { path, mode: file.mode, uid: file.uid, gid: file.gid };
    },
    list: (folder) =>
      [...node.keys()]
        .filter((path) => path.slice(0, path.lastIndexOf('/')) === folder)
        .sort((a, b) => (a < b ? -1 : 1)),
  };
}

/** The same node as Bulwark's collector would hand it on. */
export function evidenceOf(node: ExampleNode): NodeEvidence {
  const files = [...node].map(([path, { text, mode, uid, gid, holds }]) => {
    const type = text === undefined ? ' directory' : '';
    const secret = holds === undefined ? '' : ` holds ${holds}`;
    return `# file: ${path} mode ${mode.toString(8).padStart(4, '0')} owner ${uid}:${gid}${secret}${type}\n${text ?? ''}`;
  });
  const accounts = (path: string): object[] =>
    (node.get(path)?.text ?? 'root:x:0')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [{ id: Number(line.split(':')[2]), name: line.split(':')[0] }]));
  const said = { users: accounts('/etc/passwd'), groups: accounts('/etc/group') };
  const evidence = nodeExample(
    `${files.map((text) => (text.endsWith('\n') ? text : `${text}\n`)).join('')}# node: ${JSON.stringify(said)}`,
  );
  if (evidence === undefined) throw new Error('no node');
  return evidence;
}
