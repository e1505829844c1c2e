import { open } from 'node:fs/promises';
import type { Gap } from '../../model/snapshot.ts';
import { reasonOf } from './find-files.ts';

export const defaultMaxFileBytes = 64 * 1024 * 1024;

export type ReadText = { readonly text: string } | { readonly gap: Gap };

/** A file's text, or the gap that it leaves. `name` is how to call it. Pipes and devices are read up to the limit. */
export async function readTextFile(path: string, name: string, maxBytes: number): Promise<ReadText> {
  try {
    const handle = await open(path);
    try {
      const { size } = await handle.stat();
      if (size > maxBytes) return { gap: tooLarge(name, maxBytes) };
      const chunks: Buffer[] = [];
      let length = 0;
      while (true) {
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.max(size - length + 1, 65_536)));
        if (bytesRead === 0) break;
        length += bytesRead;
        if (length > maxBytes) return { gap: tooLarge(name, maxBytes) };
        chunks.push(buffer.subarray(0, bytesRead));
      }
      return decodeText(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks), name);
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { gap: unreadable(name, reasonOf(error as NodeJS.ErrnoException)) };
  }
}

/** UTF-8, or UTF-16 where a byte order mark says so, as some editors write. */
export function decodeText(bytes: Buffer, name: string): ReadText {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  if (encoding === 'utf-8' && bytes.includes(0)) return { gap: unreadable(name, 'a binary file: it has NUL bytes') };
  try {
    return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes) };
  } catch {
    return { gap: unreadable(name, encoding === 'utf-8' ? 'not UTF-8 text' : 'broken UTF-16 text') };
  }
}

export function tooLarge(name: string, maxBytes: number): Gap {
  const limit = `${Math.floor(maxBytes / 1024 / 1024)} MiB`;
  return {
    code: 'too-large',
    what: name,
    reason: `larger than ${maxBytes < 1024 * 1024 ? `${maxBytes} bytes` : limit}`,
    hint: 'split it, or leave it out with .bulwarkignore',
  };
}

function unreadable(name: string, reason: string): Gap {
  return { code: 'unreadable', what: name, reason };
}
