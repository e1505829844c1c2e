import { LogFile } from './sources/log-file.ts';
import type { Position } from './sources/source.ts';

/** Lines that are longer are told as damaged when they are read from their middle. */
const searched = 1024 * 1024;
const newline = 0x0a;

/** Behind the last whole line of a file that grows; undefined where there is none yet, or it is compressed. */
export async function endOf(path: string): Promise<Position | undefined> {
  const file = await LogFile.open(path);
  if (file === undefined) return undefined;
  try {
    if (!file.isRegular || file.compression !== undefined) return undefined;
    const size = await file.size();
    const from = Math.max(0, size - searched);
    const { buffer, bytesRead } = await file.handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const last = buffer.subarray(0, bytesRead).lastIndexOf(newline);
    const offset = last === -1 ? size : from + last + 1;
    const fingerprint = await file.fingerprint(offset);
    return { source: path, file: file.identity, offset, ...(fingerprint !== undefined && { fingerprint }) };
  } finally {
    await file.handle.close();
  }
}
