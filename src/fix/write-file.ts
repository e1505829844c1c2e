import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, lstat, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FileRefusal, refusalOf } from './file-refusal.ts';

export interface Replacement {
  /** The file itself: symbolic links have been followed. */
  readonly path: string;
  /** What it held when it was read. */
  readonly expected: Buffer;
  readonly content: string;
}

/**
 * Replaces a file's content at once: readers see the old text or the new one, never a part. The new text is on disk
 * before it takes the old one's name; mode and, as root, owner stay. Throws `FileRefusal` where the file is not what
 * was read, is no regular file, has other names (hard links), or may not be written; nothing has changed then.
 */
export async function replaceFile({ path, expected, content }: Replacement): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const stat = await lstat(path);
    if (!stat.isFile()) throw new FileRefusal('it is not a regular file');
    if (stat.nlink > 1) throw new FileRefusal('it has more than one name (hard links), which replacing it would part');
    // A read-only file in a folder that may be written could be replaced all the same, against its owner's wish.
    await access(path, constants.W_OK);
    try {
      const handle = await open(temporary, 'wx', 0o600);
      try {
        await handle.writeFile(content, 'utf8');
        await keepOwner(handle, stat);
        await handle.chmod(stat.mode & 0o7777);
        await handle.sync();
      } finally {
        await handle.close();
      }
      if (!(await readFile(path)).equals(expected)) throw new FileRefusal('it changed since it was read');
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    throw refusalOf(error);
  }
  await syncFolder(dirname(path));
}

/** Only root can give files away; for anyone else the file stays their own, with its group where they are in it. */
async function keepOwner(handle: FileHandle, old: { uid: number; gid: number }): Promise<void> {
  const now = await handle.stat();
  if (now.uid === old.uid && now.gid === old.gid) return;
  try {
    await handle.chown(now.uid === 0 ? old.uid : now.uid, old.gid);
  } catch (error) {
    if (now.uid === 0) throw error;
  }
}

/** The new name is durable once its folder is; where folders cannot be synced, the rename is still whole. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows cannot open a folder.
  }
}
