import { type Json, type JsonObject, own } from '../model/json.ts';
import type { NodeEvidence } from '../model/node.ts';
import { SavedJson } from './saved-json.ts';

/** Narrows the nodes of a saved snapshot: the fields that are always there, and the types of those that may be. */
export class SavedNodes extends SavedJson {
  private readonly toError: (reason: string) => Error;

  constructor(toError: (reason: string) => Error) {
    super();
    this.toError = toError;
  }

  protected invalid(reason: string): Error {
    return this.toError(reason);
  }

  node(value: Json, at: string): NodeEvidence {
    const node = this.object(value, at);
    for (const field of ['name', 'at']) this.string(node, field, at);
    this.oneOf(node, 'from', at, ['host', 'root', 'bundle']);
    this.each(node, 'files', at, (file, where) => {
      for (const field of ['path', 'modified']) this.string(file, field, where);
      for (const field of ['mode', 'uid', 'gid', 'size']) this.number(file, field, where);
      this.oneOf(file, 'type', where, ['file', 'directory', 'symlink', 'socket', 'other']);
      for (const field of ['text', 'target', 'secret']) this.optionalString(file, field, where);
      if (own(file, 'process') !== undefined) this.number(file, 'process', where);
      if (own(file, 'acl') !== undefined) this.strings(file, 'acl', where);
    });
    this.each(node, 'processes', at, (process, where) => {
      for (const field of ['pid', 'parent']) this.number(process, field, where);
      this.string(process, 'exe', where);
      this.strings(process, 'argv', where);
      this.stringMap(process, 'env', where);
      this.optionalString(process, 'container', where);
    });
    for (const list of ['users', 'groups']) {
      this.each(node, list, at, (account, where) => {
        this.number(account, 'id', where);
        this.string(account, 'name', where);
        if (own(account, 'members') !== undefined) this.strings(account, 'members', where);
      });
    }
    const host = own(node, 'host');
    this.eachOf(node, 'unread', at, (gap, where) => {
      for (const field of ['code', 'what', 'reason']) this.string(gap, field, where);
      this.optionalString(gap, 'hint', where);
    });
    if (host !== undefined) this.host(this.object(host, `${at}.host`), `${at}.host`);
    // The fields were checked above.
    return node as unknown as NodeEvidence;
  }

  private host(host: JsonObject, at: string): void {
    for (const field of ['os', 'sysctls']) if (own(host, field) !== undefined) this.stringMap(host, field, at);
    for (const field of ['kernel', 'selinux']) this.optionalString(host, field, at);
    for (const field of ['swaps', 'securityModules']) if (own(host, field) !== undefined) this.strings(host, field, at);
    this.eachOf(host, 'listeners', at, (listener, where) => {
      this.string(listener, 'address', where);
      this.number(listener, 'port', where);
      if (own(listener, 'pid') !== undefined) this.number(listener, 'pid', where);
    });
    this.eachOf(host, 'filesystems', at, (filesystem, where) => {
      this.string(filesystem, 'path', where);
      for (const field of ['total', 'available']) this.number(filesystem, field, where);
    });
    const administrators = own(host, 'administrators');
    if (administrators === undefined) return;
    const where = `${at}.administrators`;
    const found = this.object(administrators, where);
    this.strings(found, 'superusers', where);
    this.each(found, 'sudoers', where, (rule, place) => {
      for (const field of ['who', 'where']) this.string(rule, field, place);
    });
    this.each(found, 'authorizedKeys', where, (file, place) => {
      for (const field of ['user', 'path']) this.string(file, field, place);
      this.number(file, 'keys', place);
    });
    const sshd = own(found, 'sshd');
    if (sshd === undefined) return;
    for (const [keyword, setting] of Object.entries(this.object(sshd, `${where}.sshd`))) {
      const fields = this.object(setting, `${where}.sshd.${keyword}`);
      for (const field of ['value', 'where']) this.string(fields, field, `${where}.sshd.${keyword}`);
      this.number(fields, 'line', `${where}.sshd.${keyword}`);
    }
  }

  private each(object: JsonObject, key: string, at: string, check: (item: JsonObject, where: string) => void): void {
    for (const [index, item] of this.list(object, key, at).entries()) {
      const where = `${at}.${key}[${index}]`;
      check(this.object(item, where), where);
    }
  }

  private eachOf(object: JsonObject, key: string, at: string, check: (item: JsonObject, where: string) => void): void {
    if (own(object, key) !== undefined) this.each(object, key, at, check);
  }

  private strings(object: JsonObject, key: string, at: string): void {
    for (const [index, item] of this.list(object, key, at).entries()) {
      if (typeof item !== 'string') throw this.wrong(`${at}.${key}[${index}]`, 'a string', item);
    }
  }

  private stringMap(object: JsonObject, key: string, at: string): void {
    const map = this.object(own(object, key) ?? null, `${at}.${key}`);
    for (const name of Object.keys(map)) this.string(map, name, `${at}.${key}`);
  }

  private optionalString(object: JsonObject, key: string, at: string): void {
    if (own(object, key) !== undefined) this.string(object, key, at);
  }
}
