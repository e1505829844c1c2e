import { isObject, own } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import type { StorageClass } from './storage.ts';

/** A Secret that a class hands to its driver: a passphrase, or the account of the storage. */
export interface StorageSecret {
  /** `node-stage`, as in `csi.storage.k8s.io/node-stage-secret-name`. */
  readonly use: string;
  readonly name: string;
  /** May hold `${pvc.namespace}`; undefined where the class leaves it out, which drivers refuse. */
  readonly namespace: string | undefined;
  readonly at: Path;
}

const uses = [
  ...['provisioner', 'node-stage', 'node-publish', 'node-expand'],
  ...['controller-publish', 'controller-expand'],
];

/** Source: kubernetes-csi.github.io, "StorageClass Secrets". */
export function secretsOf({ object: { value } }: StorageClass): readonly StorageSecret[] {
  const parameters = own(value, 'parameters');
  if (!isObject(parameters)) return [];
  const secrets: StorageSecret[] = [];
  for (const use of uses) {
    const key = `csi.storage.k8s.io/${use}-secret-name`;
    const name = own(parameters, key);
    if (typeof name !== 'string' || name === '') continue;
    const namespace = own(parameters, `csi.storage.k8s.io/${use}-secret-namespace`);
    secrets.push({
      use,
      name,
      namespace: typeof namespace === 'string' && namespace !== '' ? namespace : undefined,
      at: ['parameters', key],
    });
  }
  return secrets;
}

/** Whether a name is filled in for each claim: `${pvc.namespace}`. */
export function isTemplated(text: string): boolean {
  return text.includes('${');
}
