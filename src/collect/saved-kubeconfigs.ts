import { type Json, type JsonObject, own } from '../model/json.ts';
import type { KubeconfigEvidence } from '../model/kubeconfig.ts';
import { SavedJson } from './saved-json.ts';
import { SavedNodes } from './saved-nodes.ts';

/** Narrows the user's own kubeconfigs of a saved snapshot. */
export class SavedKubeconfigs extends SavedJson {
  private readonly toError: (reason: string) => Error;

  constructor(toError: (reason: string) => Error) {
    super();
    this.toError = toError;
  }

  protected invalid(reason: string): Error {
    return this.toError(reason);
  }

  evidence(value: Json): KubeconfigEvidence {
    const at = 'kubeconfigs';
    const evidence = this.object(value, at);
    const home = this.string(evidence, 'home', at);
    if (own(evidence, 'uid') !== undefined) this.number(evidence, 'uid', at);
    for (const list of ['merged', 'unignored']) this.strings(evidence, list, at);
    // Files are what a node's are.
    const nobody = { name: '', from: 'host', at: home, processes: [], users: [], groups: [] };
    new SavedNodes(this.toError).node({ ...nobody, files: own(evidence, 'files') ?? null }, at);
    for (const [index, item] of this.list(evidence, 'tokens', at).entries()) this.token(item, `${at}.tokens[${index}]`);
    for (const [index, item] of this.list(evidence, 'variables', at).entries()) {
      const where = `${at}.variables[${index}]`;
      for (const field of ['file', 'user', 'name']) this.string(this.object(item, where), field, where);
    }
    // The fields were checked above.
    return evidence as unknown as KubeconfigEvidence;
  }

  private token(item: Json, at: string): void {
    const token = this.object(item, at);
    for (const field of ['file', 'user']) this.string(token, field, at);
    if (own(token, 'claims') === 'opaque') return;
    const where = `${at}.claims`;
    const claims = this.object(own(token, 'claims') ?? null, where);
    for (const field of ['subject', 'issuer', 'name'])
      if (own(claims, field) !== undefined) this.string(claims, field, where);
    for (const field of ['expires', 'issued']) if (own(claims, field) !== undefined) this.number(claims, field, where);
    for (const field of ['audience', 'groups'])
      if (own(claims, field) !== undefined) this.strings(claims, field, where);
  }

  private strings(object: JsonObject, key: string, at: string): void {
    for (const [index, item] of this.list(object, key, at).entries()) {
      if (typeof item !== 'string') throw this.wrong(`${at}.${key}[${index}]`, 'a string', item);
    }
  }
}
