import { knownObjects } from '../../facts/known-objects.ts';
import { storageClassOf } from '../../facts/storage.ts';
import { isTemplated, secretsOf } from '../../facts/storage-secrets.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { encryptionOf } from '../../semantics/storage/encryption.ts';
import { control } from '../control.ts';
import { storageClass } from './examples.ts';

/** Drivers that cannot make an encrypted volume without the Secret of its key. Source: Longhorn, volume-encryption.md. */
const needed: ReadonlyMap<string, readonly string[]> = new Map([
  ['driver.longhorn.io', ['provisioner', 'node-stage', 'node-publish']],
  ['csi.scaleway.com', ['node-stage']],
]);

export default control({
  id: 'storage/key-secret',
  title: 'Keys of encrypted volumes are in Secrets that are there and set apart',
  severity: 'medium',
  subject: 'object',
  kinds: ['StorageClass'],
  why: 'The key in a namespace that everybody works in decrypts every volume of the class for whoever reads Secrets there; a key that is missing leaves claims pending.',
  remedy:
    'Keep the Secret in the namespace of the driver, to which nobody else has rights, or name one for each claim by its namespace and name.',
  check: ({ object }, facts) => {
    const here = facts.get(storageClassOf)(object);
    if (here === undefined) return notApplicable('it is no StorageClass');
    const secrets = secretsOf(here);
    const failures: Failure[] = [];
    const { isWhole, has } = facts.get(knownObjects);
    const told = new Set<string>();
    for (const { name, namespace, at } of secrets) {
      const key = `${namespace ?? ''}/${name}`;
      if (namespace === undefined || isTemplated(key) || told.has(key)) continue;
      told.add(key);
      if (namespace === 'default' || namespace === 'kube-public') {
        const message = `StorageClass ${object.name} takes Secret ${name} from namespace ${namespace}, which is nobody's own`;
        failures.push(fail(message, at, { key: `place ${key}` }));
      }
      if (isWhole('Secret', namespace) && !has('Secret', namespace, name)) {
        const message = `StorageClass ${object.name} names Secret ${key}, which is not there: its claims stay pending`;
        failures.push(fail(message, at, { key: `missing ${key}`, severity: 'low' }));
      }
    }
    const isEncrypted = here.request !== undefined && encryptionOf(here.request, 'atRest').state === 'encrypted';
    const missing = isEncrypted
      ? (needed.get(here.provisioner) ?? []).filter((use) => !secrets.some((secret) => secret.use === use))
      : [];
    if (missing.length > 0) {
      const message = `StorageClass ${object.name} is encrypted and names no Secret for ${missing.join(', ')}: its volumes cannot be made`;
      failures.push(fail(message, ['parameters'], { key: 'needed' }));
    }
    return secrets.length === 0 && failures.length === 0 ? notApplicable('it names no Secret') : failures;
  },
  examples: {
    fail: [
      storageClass('driver.longhorn.io', 'parameters: {encrypted: "true"}'),
      storageClass('csi.hetzner.cloud', `parameters: {${secret('node-publish', 'default')}}`),
    ],
    pass: [
      storageClass('csi.hetzner.cloud', `parameters: {${secret('node-publish', 'kube-system')}}`),
      storageClass(
        'csi.scaleway.com',
        `parameters: {encrypted: "true", ${secret('node-stage', '"${pvc.namespace}"')}}`,
      ),
    ],
  },
});

function secret(use: string, namespace: string): string {
  const key = `csi.storage.k8s.io/${use}-secret`;
  return `${key}-name: volume-key, ${key}-namespace: ${namespace}`;
}
