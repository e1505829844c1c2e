import type { EtcdDataEvidence } from '../model/etcd-data.ts';
import { type Json, type JsonObject, own } from '../model/json.ts';
import { SavedJson } from './saved-json.ts';

/** Narrows what a saved snapshot says of etcd's data: the fields that are always there, and the types of those that may be. */
export class SavedEtcd extends SavedJson {
  private readonly toError: (reason: string) => Error;

  constructor(toError: (reason: string) => Error) {
    super();
    this.toError = toError;
  }

  protected invalid(reason: string): Error {
    return this.toError(reason);
  }

  data(value: Json, at: string): EtcdDataEvidence {
    const data = this.object(value, at);
    this.oneOf(data, 'from', at, ['file', 'live']);
    this.string(data, 'at', at);
    for (const field of ['version', 'prefix']) if (own(data, field) !== undefined) this.string(data, field, at);
    const node = own(data, 'node');
    if (node !== undefined) {
      const fields = this.object(node, `${at}.node`);
      for (const field of ['name', 'at']) this.string(fields, field, `${at}.node`);
    }
    const file = own(data, 'file');
    if (file !== undefined) this.file(this.object(file, `${at}.file`), `${at}.file`);
    const size = this.object(own(data, 'size') ?? null, `${at}.size`);
    for (const field of ['total', 'inUse']) this.number(size, field, `${at}.size`);
    for (const field of ['revision', 'otherKeys']) this.number(data, field, at);
    if (own(data, 'compacted') !== undefined) this.number(data, 'compacted', at);
    const complete = own(data, 'complete');
    if (typeof complete !== 'boolean') throw this.wrong(`${at}.complete`, 'true or false', complete);
    this.strings(data, 'problems', at);
    for (const [index, item] of this.list(data, 'resources', at).entries()) {
      const where = `${at}.resources[${index}]`;
      const resource = this.object(item, where);
      this.string(resource, 'resource', where);
      for (const [number, stored] of this.list(resource, 'stored', where).entries()) {
        this.stored(this.object(stored, `${where}.stored[${number}]`), `${where}.stored[${number}]`);
      }
    }
    // The fields were checked above.
    return data as unknown as EtcdDataEvidence;
  }

  private file(file: JsonObject, at: string): void {
    this.oneOf(file, 'kind', at, ['snapshot', 'database']);
    this.string(file, 'modified', at);
    for (const field of ['mode', 'uid', 'gid']) this.number(file, field, at);
    if (own(file, 'way') !== undefined) this.number(file, 'way', at);
    const where = `${at}.integrity`;
    const integrity = this.object(own(file, 'integrity') ?? null, where);
    this.oneOf(integrity, 'state', where, ['ok', 'mismatch', 'no-hash']);
    const state = own(integrity, 'state');
    this.number(integrity, state === 'no-hash' ? 'size' : 'hashed', where);
    if (state === 'mismatch') for (const field of ['expected', 'found']) this.string(integrity, field, where);
  }

  private stored(stored: JsonObject, at: string): void {
    const as = this.object(own(stored, 'as') ?? null, `${at}.as`);
    this.oneOf(as, 'form', `${at}.as`, ['plaintext', 'encrypted', 'unknown']);
    const form = own(as, 'form');
    if (form === 'plaintext') this.oneOf(as, 'encoding', `${at}.as`, ['protobuf', 'json', 'cbor']);
    if (form === 'encrypted') for (const field of ['provider', 'version', 'key']) this.string(as, field, `${at}.as`);
    if (own(as, 'keyId') !== undefined) this.string(as, 'keyId', `${at}.as`);
    for (const field of ['live', 'old']) {
      const where = `${at}.${field}`;
      const count = this.object(own(stored, field) ?? null, where);
      this.number(count, 'count', where);
      this.strings(count, 'examples', where);
    }
    this.number(stored, 'freed', at);
  }

  private strings(object: JsonObject, key: string, at: string): void {
    for (const [index, item] of this.list(object, key, at).entries()) {
      if (typeof item !== 'string') throw this.wrong(`${at}.${key}[${index}]`, 'a string', item);
    }
  }
}
