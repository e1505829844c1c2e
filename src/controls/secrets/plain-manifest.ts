import { own } from '../../model/json.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { secret } from './examples.ts';
import { type StoredValue, storedValues } from './stored-values.ts';

/** Classes of values that open something, the gravest first. */
const credentials: readonly (readonly [cls: string, says: string])[] = [
  ['private-key', 'a private key'],
  ['kubeconfig', 'a kubeconfig'],
  ['docker-config', 'credentials for a registry'],
  ['token', 'a token'],
  ['password', 'a credential'],
];

/** What the name of a key calls an opaque value; the first that fits. */
const named: readonly (readonly [name: RegExp, says: string])[] = [
  [/pass(?:word|wd|phrase)|pwd/i, 'a password'],
  [/token/i, 'a token'],
  [/key$/i, 'a key'],
];

export default control({
  id: 'secrets/plain-manifest',
  title: 'Manifests hold no Secrets in the clear',
  severity: 'medium',
  subject: 'object',
  kinds: ['Secret'],
  why: 'Base64 hides nothing: whoever reads the file, its history or a copy of the repository has the credential, for as long as it is good.',
  remedy:
    'Keep the values in a store outside (External Secrets Operator, Secrets Store CSI driver), or encrypt them in the file (SealedSecrets, SOPS); then change them.',
  coveredBy: ['secrets/default-password'],
  check: ({ object }, facts) => {
    if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return notApplicable('it is no Secret');
    if (facts.snapshot.cluster !== undefined || isOfServer(object)) return notApplicable('a cluster holds it, no file');
    if (own(object.value, 'sops') !== undefined) return pass;
    const values = storedValues(object);
    for (const [cls, says] of credentials) {
      const found = values.find((value) => value.class === cls);
      if (found === undefined) continue;
      const what = cls === 'password' ? (named.find(([name]) => name.test(found.key))?.[1] ?? says) : says;
      return fail(messageOf(object, found, what), [found.field, found.key]);
    }
    return pass;
  },
  examples: {
    fail: [
      secret('password: correct-horse-battery'),
      'apiVersion: v1\nkind: Secret\nmetadata: {name: api, namespace: shop}\ndata: {api-token: Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5}\n',
    ],
    pass: [
      secret('password: ""'),
      secret('host: db.shop, user: shop'),
      'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db}\nspec: {encryptedData: {password: AgBy3i4OJSWK}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: db}\n',
    ],
  },
});

/** What kubectl has read of a cluster into a file has what the API server gives to objects. */
function isOfServer({ source, value }: KubeObject): boolean {
  if (source.positions === undefined) return true;
  const metadata = own(value, 'metadata');
  return typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) && 'uid' in metadata;
}

function messageOf({ name }: KubeObject, { key, bytes }: StoredValue, says: string): string {
  return `key ${key} of Secret ${name} is ${says} of ${bytes} bytes, in the clear`;
}
