import { isObject, type Json, own } from '../../model/json.ts';
import type { KubeObject } from '../../model/snapshot.ts';

/** One value of a Secret, as it is kept: its class and length, never the value. */
export interface StoredValue {
  readonly key: string;
  readonly field: 'data' | 'stringData';
  readonly class: string;
  readonly bytes: number;
  readonly isKnownDefault: boolean;
}

/** Keys that name a user, whatever else they are called: `node.session.auth.username_in`. */
const userKey = /user(?:[-_.]?name|[-_.]?id)?(?:_in)?$/i;

/** The values of a Secret that are not empty, without names of users. */
export function storedValues({ value }: KubeObject): readonly StoredValue[] {
  const found: StoredValue[] = [];
  for (const field of ['data', 'stringData'] as const) {
    const values = own(value, field);
    if (!isObject(values)) continue;
    for (const [key, stored] of Object.entries(values)) {
      const read = userKey.test(key) ? undefined : readValue(stored);
      if (read !== undefined && read.class !== 'empty' && read.class !== 'malformed')
        found.push({ key, field, ...read });
    }
  }
  return found;
}

function readValue(stored: Json): Omit<StoredValue, 'key' | 'field'> | undefined {
  if (!isObject(stored)) return undefined;
  const [cls, bytes] = [own(stored, 'redacted'), own(stored, 'bytes')];
  if (typeof cls !== 'string') return undefined;
  return {
    class: cls,
    bytes: typeof bytes === 'number' ? bytes : 0,
    isKnownDefault: own(stored, 'knownDefault') === true,
  };
}
