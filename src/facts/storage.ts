import { isObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { type StorageDriver, storageDriver } from '../semantics/storage/drivers.ts';
import { readMountOptions, readParameters, type VolumeRequest } from '../semantics/storage/encryption.ts';
import { defineFact, type Facts } from './facts.ts';
import { storageEvidence } from './storage-evidence.ts';

/** A StorageClass, understood. */
export interface StorageClass {
  readonly object: KubeObject;
  readonly provisioner: string;
  readonly isDefault: boolean;
  /** Undefined for a driver that nothing is known of. */
  readonly request: VolumeRequest | undefined;
}

/** A PersistentVolume, understood. */
export interface PersistentVolume {
  readonly object: KubeObject;
  /** The name of its driver: CSI, or built in, as provisioners are called. */
  readonly provisioner: string;
  readonly request: VolumeRequest | undefined;
  /** The class whose provisioner made it, where it is in the snapshot. */
  readonly madeBy: StorageClass | undefined;
  /** The class that it names, `''` for none. */
  readonly className: string;
  /** `namespace/name` of the claim that has it. */
  readonly claim: string | undefined;
}

export const storageClasses = defineFact('storage-classes', (facts): ReadonlyMap<string, StorageClass> => {
  const classes = new Map<string, StorageClass>();
  for (const object of facts.snapshot.objects) {
    if (object.kind === 'StorageClass' && isOfStorage(object)) classes.set(object.name, readClass(object, facts));
  }
  return classes;
});

export const storageClassOf = defineFact(
  'storage-class-of',
  (facts): ((object: KubeObject) => StorageClass | undefined) => {
    const classes = facts.get(storageClasses);
    return (object) => {
      if (object.kind !== 'StorageClass' || !isOfStorage(object)) return undefined;
      const known = classes.get(object.name);
      // Copies under one name are read one by one.
      return known?.object === object ? known : readClass(object, facts);
    };
  },
);

/** Reads a PersistentVolume; undefined for any other object, and for one without a source. */
export const persistentVolumeOf = defineFact(
  'persistent-volume-of',
  (facts): ((object: KubeObject) => PersistentVolume | undefined) =>
    (object) => {
      if (groupKind(object) !== '/PersistentVolume') return undefined;
      const spec = valueAt(object.value, ['spec']);
      if (!isObject(spec)) return undefined;
      const source = sourceIn(spec);
      if (source === undefined) return undefined;
      const driver = storageDriver(source.provisioner);
      const className = valueAt(spec, ['storageClassName']);
      const name = typeof className === 'string' ? className : '';
      const byClass = facts.get(storageClasses).get(name);
      const provisionedBy = valueAt(object.value, ['metadata', 'annotations', 'pv.kubernetes.io/provisioned-by']);
      const claim = valueAt(spec, ['claimRef', 'name']);
      const namespace = valueAt(spec, ['claimRef', 'namespace']);
      return {
        object,
        provisioner: source.provisioner,
        request: driver === undefined ? undefined : requestOf(driver, source.fields, [source.fields, spec], facts),
        madeBy: byClass !== undefined && provisionedBy === byClass.provisioner ? byClass : undefined,
        className: name,
        claim: typeof claim === 'string' && typeof namespace === 'string' ? `${namespace}/${claim}` : undefined,
      };
    },
);

function readClass(object: KubeObject, facts: Facts): StorageClass {
  const { value } = object;
  const name = own(value, 'provisioner');
  const provisioner = typeof name === 'string' ? name : '';
  const driver = storageDriver(provisioner);
  const annotations = valueAt(value, ['metadata', 'annotations']);
  const isDefault = defaultMarks.some((mark) => isObject(annotations) && own(annotations, mark) === 'true');
  const parameters = own(value, 'parameters');
  const request =
    driver === undefined ? undefined : requestOf(driver, isObject(parameters) ? parameters : {}, [value], facts);
  return { object, provisioner, isDefault, request };
}

const defaultMarks = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

type Fields = Readonly<KubeObject['value']>;

function requestOf(driver: StorageDriver, parameters: Fields, holders: readonly Fields[], facts: Facts): VolumeRequest {
  return {
    driver,
    parameters: readParameters(driver, own(parameters, 'volumeAttributes') ?? parameters),
    mountOptions: readMountOptions(
      ...holders.map((holder) => own(holder, 'mountOptions')),
      // The NFS driver takes them as a parameter, too.
      own(parameters, 'mountOptions'),
    ),
    evidence: facts.get(storageEvidence),
  };
}

function isOfStorage({ apiVersion }: KubeObject): boolean {
  return apiVersion.startsWith('storage.k8s.io/');
}

/** Sources of volumes that Kubernetes had code of its own for, and the provisioner of their classes. */
const builtIn: readonly (readonly [source: string, provisioner: string])[] = [
  ['awsElasticBlockStore', 'kubernetes.io/aws-ebs'],
  ['gcePersistentDisk', 'kubernetes.io/gce-pd'],
  ['azureDisk', 'kubernetes.io/azure-disk'],
  ['azureFile', 'kubernetes.io/azure-file'],
  ['cinder', 'kubernetes.io/cinder'],
  ['vsphereVolume', 'kubernetes.io/vsphere-volume'],
  ['portworxVolume', 'kubernetes.io/portworx-volume'],
  ['rbd', 'kubernetes.io/rbd'],
  ['cephfs', 'kubernetes.io/cephfs'],
  ['nfs', 'nfs'],
  ['local', 'kubernetes.io/no-provisioner'],
  ['hostPath', 'kubernetes.io/no-provisioner'],
];

function sourceIn(spec: Fields): { readonly provisioner: string; readonly fields: Fields } | undefined {
  const csi = own(spec, 'csi');
  if (isObject(csi)) {
    const driver = own(csi, 'driver');
    return typeof driver === 'string' ? { provisioner: driver, fields: csi } : undefined;
  }
  for (const [source, provisioner] of builtIn) {
    const fields = own(spec, source);
    if (isObject(fields)) return { provisioner, fields };
  }
  return undefined;
}
