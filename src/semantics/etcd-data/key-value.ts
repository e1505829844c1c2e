import { Fields } from './protobuf.ts';

/** Which change of the store wrote a value: all changes of one transaction share `main`. */
export interface Revision {
  readonly main: number;
  readonly sub: number;
  /** The change deleted the key. */
  readonly tombstone: boolean;
}

const revisionSize = 17;
const separator = 0x5f;
const tombstone = 0x74;

/** A key of etcd's bucket `key` (mvcc/revision.go): two big-endian numbers with `_` between, and `t` for a deletion. */
export function readRevision(bytes: Uint8Array, start: number, end: number): Revision | undefined {
  const size = end - start;
  if (size !== revisionSize && size !== revisionSize + 1) return undefined;
  if (bytes[start + 8] !== separator) return undefined;
  if (size === revisionSize + 1 && bytes[end - 1] !== tombstone) return undefined;
  const main = bigEndian(bytes, start) * 2 ** 32 + bigEndian(bytes, start + 4);
  const sub = bigEndian(bytes, start + 9) * 2 ** 32 + bigEndian(bytes, start + 13);
  // Beyond these no cluster comes, and numbers would not be exact.
  if (!Number.isSafeInteger(main) || sub >= 2 ** 32) return undefined;
  return { main, sub, tombstone: size === revisionSize + 1 };
}

/** 32 bits, unsigned. Not through a DataView: one for each revision is too dear. */
function bigEndian(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return high * 2 ** 16 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
}

/** Where the key and value of a message are in the bytes that hold it. */
export interface KeyValueRange {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** `KeyValue` has six fields; a message with many more is not one, and reading on would serve only to waste time. */
const fieldLimit = 32;

/** `mvccpb.KeyValue` (api/mvccpb/kv.proto): 1 is the key, 5 the value. Undefined where it is not one. */
export function readKeyValue(bytes: Uint8Array, start: number, end: number): KeyValueRange | undefined {
  const fields = new Fields(bytes, start, end);
  let keyStart = 0;
  let keyEnd = 0;
  let valueStart = end;
  let valueEnd = end;
  for (let count = 0; count < fieldLimit; count += 1) {
    const field = fields.next();
    if (field === 1) {
      keyStart = fields.start;
      keyEnd = fields.end;
    } else if (field === 5) {
      valueStart = fields.start;
      valueEnd = fields.end;
    } else if (field === -1) {
      return fields.broken || keyEnd === keyStart ? undefined : { keyStart, keyEnd, valueStart, valueEnd };
    }
  }
  return undefined;
}
