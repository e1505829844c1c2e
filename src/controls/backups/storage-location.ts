import { isObject, type JsonObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';

/** Sources: velero.io, docs.kasten.io, docs.portworx.com (Stork) and longhorn.io, the pages on where backups are kept. */
export default control({
  id: 'backups/storage-location',
  title: 'Backups are kept where they are safe',
  severity: 'medium',
  subject: 'object',
  kinds: ['BackupStorageLocation', 'Profile', 'BackupLocation', 'BackupTarget'],
  why: 'Backups hold everything that the cluster holds, Secrets too: a store that is reached without TLS, or whose keys stand in the object, is the easiest way to all of it.',
  remedy:
    'Reach the store by https with its certificate checked, keep its keys in a Secret, and encrypt what is stored.',
  check: ({ object }) => readers.get(groupKind(object))?.(object) ?? notApplicable('it is no place for backups'),
  examples: {
    fail: [
      velero('config: {s3Url: "http://minio.example:9000", kmsKeyId: a}'),
      velero('config: {insecureSkipTLSVerify: "true", kmsKeyId: a}'),
      kasten('skipSSLVerify: true'),
      stork('s3Config: {accessKeyID: AKIAEXAMPLE, secretAccessKey: not-a-key}, encryptionV2Key: a'),
      longhorn('nfs://backup.example:/data'),
    ],
    pass: [
      velero('config: {s3Url: "https://s3.example", serverSideEncryption: AES256}'),
      kasten('endpoint: "https://s3.example"'),
      stork('secretConfig: s3, encryptionV2Key: a'),
      longhorn('s3://backups@eu-west-1/'),
    ],
  },
});

type Read = (object: KubeObject) => readonly Failure[];

const readers: ReadonlyMap<string, Read> = new Map([
  ['velero.io/BackupStorageLocation', readVelero],
  ['config.kio.kasten.io/Profile', readKasten],
  ['stork.libopenstorage.org/BackupLocation', readStork],
  ['longhorn.io/BackupTarget', readLonghorn],
]);

function readVelero(object: KubeObject): readonly Failure[] {
  const failures: Failure[] = [];
  const config = objectAt(object, ['spec', 'config']);
  const add = failuresOf(object, failures);
  if (own(config, 'insecureSkipTLSVerify') === 'true') {
    add('tls', 'does not check the certificate of the store', ['spec', 'config', 'insecureSkipTLSVerify']);
  }
  for (const key of ['s3Url', 'publicUrl']) {
    if (isPlain(own(config, key))) add(key, `reaches the store by plain HTTP (${key})`, ['spec', 'config', key]);
  }
  const provider = valueAt(object.value, ['spec', 'provider']);
  const keys = [
    'serverSideEncryption',
    'kmsKeyId',
    'kmsKeyName',
    'customerKeyEncryptionFile',
    'customerKeyEncryptionSecret',
  ];
  const isOfS3 = typeof provider === 'string' && /(?:^|\/)aws$/.test(provider);
  // Amazon encrypts by itself; other stores that speak its language may not.
  if (isOfS3 && own(config, 's3Url') !== undefined && keys.every((key) => own(config, key) === undefined)) {
    add('encryption', 'asks for no encryption of what is stored', ['spec', 'config'], 'info');
  }
  if (valueAt(object.value, ['status', 'phase']) === 'Unavailable') {
    add('phase', 'is not available, so nothing is backed up to it', ['spec']);
  }
  return failures;
}

function readKasten(object: KubeObject): readonly Failure[] {
  const failures: Failure[] = [];
  const at = ['spec', 'locationSpec', 'objectStore'];
  const store = objectAt(object, at);
  const add = failuresOf(object, failures);
  if (own(store, 'skipSSLVerify') === true)
    add('tls', 'does not check the certificate of the store', [...at, 'skipSSLVerify']);
  if (isPlain(own(store, 'endpoint'))) add('http', 'reaches the store by plain HTTP', [...at, 'endpoint']);
  return failures;
}

function readStork(object: KubeObject): readonly Failure[] {
  const failures: Failure[] = [];
  const location = objectAt(object, ['location']);
  const add = failuresOf(object, failures);
  const s3 = own(location, 's3Config');
  const at = ['location', 's3Config'];
  if (isObject(s3)) {
    const isInline = typeof own(s3, 'secretAccessKey') === 'string' && own(s3, 'secretAccessKey') !== '';
    if (isInline) add('keys', 'holds the keys of the store itself', [...at, 'secretAccessKey'], 'high');
    if (own(s3, 'disableSSL') === true) add('tls', 'reaches the store without TLS', [...at, 'disableSSL']);
  }
  const isEncrypted = ['encryptionV2Key', 'encryptionKey'].some((key) => (own(location, key) ?? '') !== '');
  if (!isEncrypted && !(isObject(s3) && (own(s3, 'sse') ?? '') !== '')) {
    add('encryption', 'asks for no encryption of what is stored', ['location'], 'low');
  }
  return failures;
}

function readLonghorn(object: KubeObject): readonly Failure[] {
  const failures: Failure[] = [];
  const add = failuresOf(object, failures);
  const at = ['spec', 'backupTargetURL'];
  const url = valueAt(object.value, at);
  if (typeof url !== 'string' || url === '') add('url', 'names no store, so jobs of backups keep nothing', at);
  else if (/^(?:nfs|http):\/\//i.test(url)) add('plain', 'reaches the store in plain text', at);
  else if (valueAt(object.value, ['status', 'available']) === false) {
    add('available', 'is not available, so nothing is backed up to it', at);
  }
  return failures;
}

function failuresOf({ kind, name }: KubeObject, failures: Failure[]) {
  return (key: string, says: string, at: Failure['at'], severity?: Failure['severity']): void => {
    failures.push(fail(`${kind} ${name} ${says}`, at, { key, ...(severity !== undefined && { severity }) }));
  };
}

function isPlain(url: unknown): boolean {
  return typeof url === 'string' && /^http:/i.test(url);
}

function objectAt({ value }: KubeObject, path: readonly string[]): JsonObject {
  const found = valueAt(value, path);
  return isObject(found) ? found : {};
}

function velero(spec: string): string {
  return `apiVersion: velero.io/v1
kind: BackupStorageLocation
metadata: {name: default, namespace: velero}
spec: {provider: aws, objectStorage: {bucket: backups}, ${spec}}
`;
}

function kasten(store: string): string {
  return `apiVersion: config.kio.kasten.io/v1alpha1
kind: Profile
metadata: {name: store, namespace: kasten-io}
spec: {type: Location, locationSpec: {type: ObjectStore, objectStore: {name: backups, ${store}}}}
`;
}

function stork(location: string): string {
  return `apiVersion: stork.libopenstorage.org/v1alpha1
kind: BackupLocation
metadata: {name: store, namespace: shop}
location: {type: s3, path: backups, ${location}}
`;
}

function longhorn(url: string): string {
  return `apiVersion: longhorn.io/v1beta2
kind: BackupTarget
metadata: {name: default, namespace: longhorn-system}
spec: {backupTargetURL: "${url}"}
`;
}
