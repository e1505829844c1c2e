import type { StoredAs } from '../../model/etcd-data.ts';
import { Fields } from './protobuf.ts';

const encryptedMark = ascii('k8s:enc:');
const protobufMark = ascii('k8s\0');
const cborMark = [0xd9, 0xd9, 0xf7];
const brace = 0x7b;
const colon = 0x3a;

/** Longer than any that the API server takes; further on there is only ciphertext. */
const maxHeader = 512;
const maxKeyId = 1024;
/** A file that names more keys than this is made up; further ones are counted under a nameless key. */
const maxClasses = 2000;

const plaintext: Readonly<Record<'protobuf' | 'json' | 'cbor', StoredAs>> = {
  protobuf: { form: 'plaintext', encoding: 'protobuf' },
  json: { form: 'plaintext', encoding: 'json' },
  cbor: { form: 'plaintext', encoding: 'cbor' },
};
const unknown: StoredAs = { form: 'unknown' };

/**
 * Tells how values are stored, by what they begin with, and gives each way a small number. The API server decides the
 * same way when it reads (apiserver pkg/storage/value: `identity` refuses what begins with `k8s:enc:`, and each
 * provider takes its own `k8s:enc:PROVIDER:VERSION:NAME:`).
 */
export class StoredClasses {
  private readonly classes: StoredAs[] = [];
  private readonly numbers = new Map<string, number>();
  /** Of the few classes that are one object each. */
  private readonly plainNumbers = new Map<StoredAs, number>();
  /** Most values begin with what the one before began with. */
  private lastHeader = new Uint8Array();
  private lastNumber = 0;

  at(number: number): StoredAs {
    return this.classes[number] ?? unknown;
  }

  /** The class of the value between `start` and `end`. */
  of(bytes: Uint8Array, start: number, end: number): number {
    if (!begins(bytes, start, end, encryptedMark)) return this.plainNumberOf(plainClass(bytes, start, end));
    const header = this.lastHeader;
    if (header.length > 0 && begins(bytes, start, end, header)) return this.lastNumber;
    const headerEnd = endOfHeader(bytes, start, end);
    if (headerEnd === undefined) return this.numberOf(unknown);
    const [provider = '', version = '', key = ''] = text(bytes, start + encryptedMark.length, headerEnd - 1).split(':');
    if (provider === 'kms' && version === 'v2') {
      const keyId = keyIdOf(bytes, headerEnd, end);
      return this.numberOf({ form: 'encrypted', provider, version, key, ...(keyId !== undefined && { keyId }) });
    }
    const number = this.numberOf({ form: 'encrypted', provider, version, key });
    this.lastHeader = new Uint8Array(bytes.subarray(start, headerEnd));
    this.lastNumber = number;
    return number;
  }

  private plainNumberOf(as: StoredAs): number {
    const known = this.plainNumbers.get(as);
    if (known !== undefined) return known;
    const number = this.numberOf(as);
    this.plainNumbers.set(as, number);
    return number;
  }

  private numberOf(as: StoredAs): number {
    const name = nameOf(as);
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    if (this.classes.length >= maxClasses) {
      if (as.form === 'encrypted' && (as.provider !== '' || as.key !== '')) {
        return this.numberOf({ form: 'encrypted', provider: '', version: '', key: '' });
      }
    }
    this.numbers.set(name, this.classes.length);
    this.classes.push(as);
    return this.classes.length - 1;
  }
}

/** What tells two ways of storing apart; also their order in the evidence. */
export function nameOf(as: StoredAs): string {
  if (as.form === 'plaintext') return `plaintext ${as.encoding}`;
  if (as.form === 'unknown') return 'unknown';
  return JSON.stringify([as.provider, as.version, as.key, as.keyId ?? null]);
}

function plainClass(bytes: Uint8Array, start: number, end: number): StoredAs {
  if (begins(bytes, start, end, protobufMark)) return plaintext.protobuf;
  if (start < end && bytes[start] === brace) return plaintext.json;
  if (begins(bytes, start, end, cborMark)) return plaintext.cbor;
  return unknown;
}

/** After the third colon that follows the mark; undefined where there are not three. */
function endOfHeader(bytes: Uint8Array, start: number, end: number): number | undefined {
  const limit = Math.min(end, start + maxHeader);
  let colons = 0;
  for (let at = start + encryptedMark.length; at < limit; at += 1) {
    if (bytes[at] !== colon) continue;
    colons += 1;
    if (colons === 3) return at + 1;
  }
  return undefined;
}

/** `keyID` of `EncryptedObject` (apiserver kmsv2/v2/api.proto): 2, beside the data and its encrypted key. */
function keyIdOf(bytes: Uint8Array, start: number, end: number): string | undefined {
  const fields = new Fields(bytes, start, end);
  for (let count = 0; count < 8; count += 1) {
    const field = fields.next();
    if (field === -1) return undefined;
    if (field !== 2) continue;
    const length = fields.end - fields.start;
    return length > 0 && length <= maxKeyId ? text(bytes, fields.start, fields.end) : undefined;
  }
  return undefined;
}

function begins(bytes: Uint8Array, start: number, end: number, mark: ArrayLike<number>): boolean {
  if (end - start < mark.length) return false;
  for (let index = 0; index < mark.length; index += 1) {
    if (bytes[start + index] !== mark[index]) return false;
  }
  return true;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

function ascii(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}
