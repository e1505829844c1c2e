import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { RootReader } from '../../collect/node/root-reader.ts';
import { applyEdits } from '../../yaml/splice.ts';
import { FileRefusal, refusalOf } from '../file-refusal.ts';
import { replaceFile } from '../write-file.ts';
import type { MendedFile } from './mend-node.ts';

export interface WrittenFile {
  readonly file: MendedFile;
  /** Why it was left alone; it is then as it was. */
  readonly refused?: string | undefined;
}

/**
 * Writes what was mended to the node whose root is at `root`. The evidence has no credentials, so the edits are made
 * again in the real text, byte for byte around them. Links are followed below the root and never out of it. Each file
 * is replaced at once or left alone.
 */
export async function writeNode(root: string, files: readonly MendedFile[]): Promise<readonly WrittenFile[]> {
  const reader = new RootReader(root, root === '/' ? 'stay' : 'refuse');
  try {
    const written: WrittenFile[] = [];
    for (const file of files) {
      try {
        const { end, problem } = reader.walk(file.path);
        if (end === undefined) throw new FileRefusal(problem?.reason ?? 'it is no longer there');
        await writeFile(root.replace(/\/+$/, '') + end.path, file);
        written.push({ file });
      } catch (error) {
        const refusal = refusalOf(error);
        if (!(refusal instanceof FileRefusal)) throw error;
        written.push({ file, refused: refusal.message });
      }
    }
    return written;
  } finally {
    reader.close();
  }
}

async function writeFile(path: string, { rounds, mode, owner }: MendedFile): Promise<void> {
  if (rounds.length > 0) {
    const expected = await readFile(path);
    let content = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(expected);
    for (const edits of rounds) {
      const spliced = applyEdits(content, edits);
      const [refused] = spliced.refused;
      if (refused !== undefined) throw new FileRefusal(refused.reason);
      content = spliced.text;
    }
    await replaceFile({ path, expected, content });
  }
  if (mode === undefined && owner === undefined) return;
  // The file that was looked at and no other: a link that took its place meanwhile is not followed.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    // After the owner, whose change takes the set-id bits away.
    if (mode !== undefined) await handle.chmod(mode);
  } finally {
    await handle.close();
  }
}
