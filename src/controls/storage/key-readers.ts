import { rbac } from '../../facts/rbac.ts';
import { storageClassOf } from '../../facts/storage.ts';
import { isTemplated, secretsOf } from '../../facts/storage-secrets.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { isDefaultClusterRole } from '../../semantics/rbac/default-objects.ts';
import { type Holding, whoCan } from '../../semantics/rbac/who-can.ts';
import { encryptionOf } from '../../semantics/storage/encryption.ts';
import { control } from '../control.ts';
import { storageClass } from './examples.ts';

/** Who may read what decrypts volumes: those beside the driver, and the administrators of the whole cluster. */
export default control({
  id: 'storage/key-readers',
  title: 'Only the driver reads the keys of volumes',
  severity: 'low',
  subject: 'object',
  kinds: ['StorageClass'],
  why: 'Whoever reads the Secret with the key of a class decrypts every volume, snapshot and backup of it that they get hold of.',
  remedy:
    'Take the right to read the Secret from those who are named, or keep it in a namespace to which they have no rights.',
  check: ({ object }, facts) => {
    const here = facts.get(storageClassOf)(object);
    const isEncrypted = here?.request !== undefined && encryptionOf(here.request, 'atRest').state === 'encrypted';
    if (here === undefined || !isEncrypted) return notApplicable('it is not known to be encrypted');
    const failures: Failure[] = [];
    const told = new Set<string>();
    for (const { name, namespace, at } of secretsOf(here)) {
      const key = `${namespace ?? ''}/${name}`;
      if (namespace === undefined || isTemplated(key) || told.has(key)) continue;
      told.add(key);
      const request = { verb: 'get', apiGroup: '', resource: 'secrets', namespace, name };
      const readers = new Set(
        whoCan(facts.get(rbac).authorizer, request, { namespace })
          .filter((holding) => isOther(holding, namespace))
          .map(
            ({ subject }) =>
              `${subject.kind} ${subject.namespace === undefined ? '' : `${subject.namespace}/`}${subject.name}`,
          ),
      );
      if (readers.size === 0) continue;
      const [first, second, third, ...more] = [...readers].sort();
      const names = [first, second, third].filter((each) => each !== undefined).join(', ');
      const rest = more.length > 0 ? ` and ${more.length} more` : '';
      const message = `the key of all volumes of StorageClass ${object.name}, Secret ${key}, is readable to ${names}${rest}`;
      failures.push(fail(message, at, { key }));
    }
    return told.size === 0 ? notApplicable('it has no key that is in one Secret') : failures;
  },
  examples: {
    fail: [[encrypted(), role(), binding('User', 'jane')].join('---\n')],
    pass: [[encrypted(), role(), binding('ServiceAccount', 'csi-driver')].join('---\n')],
  },
});

/** Service accounts of the Secret's namespace are the driver's; roles of Kubernetes itself are told elsewhere. */
function isOther({ subject, binding }: Holding, namespace: string): boolean {
  if (subject.kind === 'ServiceAccount' && subject.namespace === namespace && subject.name !== 'default') return false;
  if (subject.name.startsWith('system:') && subject.kind === 'User') return false;
  return !(binding.role.kind === 'ClusterRole' && isDefaultClusterRole(binding.role.name));
}

function encrypted(): string {
  const key = 'csi.storage.k8s.io/node-publish-secret';
  return storageClass('csi.hetzner.cloud', `parameters: {${key}-name: volume-key, ${key}-namespace: csi}`);
}

function role(): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: keys, namespace: csi}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: [volume-key]}]
`;
}

function binding(kind: string, name: string): string {
  const more = kind === 'User' ? 'apiGroup: rbac.authorization.k8s.io' : 'namespace: csi';
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: keys, namespace: csi}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: keys}
subjects: [{kind: ${kind}, name: ${name}, ${more}}]
`;
}
