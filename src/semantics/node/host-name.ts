import type { FileEvidence } from '../../model/node.ts';

/** What the host of a node calls itself, by /etc/hostname (hostname(5)): the first line that is no comment. */
export function hostName(files: readonly FileEvidence[]): string | undefined {
  const file = files.find(({ path, process }) => path === '/etc/hostname' && process === undefined);
  return file?.text
    ?.split('\n')
    .find((line) => line.trim() !== '' && !line.startsWith('#'))
    ?.trim();
}
