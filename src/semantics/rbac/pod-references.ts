import { type Json, type JsonObject, own } from '../../model/json.ts';
import { objectsIn, stringsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';

/** A Secret that a pod or volume names. */
export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The Secrets that a pod uses: to pull images, in the environment, and in volumes.
 * Source: pkg/api/v1/pod/util.go (VisitPodSecretNames).
 */
export function secretNames(spec: JsonObject, namespace: string): readonly SecretName[] {
  const names: (Json | undefined)[] = objectsIn(own(spec, 'imagePullSecrets')).map((each) => own(each, 'name'));
  for (const container of containersOf(spec)) {
    for (const from of objectsIn(own(container, 'envFrom'))) names.push(valueAt(from, ['secretRef', 'name']));
    for (const env of objectsIn(own(container, 'env'))) names.push(valueAt(env, ['valueFrom', 'secretKeyRef', 'name']));
  }
  for (const volume of objectsIn(own(spec, 'volumes'))) {
    names.push(...volumeSecrets(volume, namespace).map(({ name }) => name));
    names.push(valueAt(volume, ['secret', 'secretName']));
    names.push(...projected(volume).map((source) => valueAt(source, ['secret', 'name'])));
  }
  return stringsIn(names.map((name) => name ?? null)).map((name) => ({ namespace, name }));
}

/** The ConfigMaps that a pod uses. Source: pkg/api/v1/pod/util.go (VisitPodConfigmapNames). */
export function configMapNames(spec: JsonObject): readonly string[] {
  const names: (Json | undefined)[] = [];
  for (const container of containersOf(spec)) {
    for (const from of objectsIn(own(container, 'envFrom'))) names.push(valueAt(from, ['configMapRef', 'name']));
    for (const env of objectsIn(own(container, 'env')))
      names.push(valueAt(env, ['valueFrom', 'configMapKeyRef', 'name']));
  }
  for (const volume of objectsIn(own(spec, 'volumes'))) {
    names.push(valueAt(volume, ['configMap', 'name']));
    names.push(...projected(volume).map((source) => valueAt(source, ['configMap', 'name'])));
  }
  return stringsIn(names.map((name) => name ?? null));
}

/** Drivers that name one Secret by `secretRef.name`. */
const drivers = ['cephfs', 'flexVolume', 'rbd', 'scaleIO', 'iscsi', 'storageos'];
const csiSecrets = [
  'nodePublishSecretRef',
  'nodeStageSecretRef',
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodeExpandSecretRef',
];

/**
 * The Secrets of the drivers of a volume of a pod, or of the spec of a PersistentVolume; without a namespace of their
 * own they are in `namespace`. Source: pkg/api/v1/persistentvolume/util.go (VisitPVSecretNames).
 */
export function volumeSecrets(source: JsonObject, namespace: string): readonly SecretName[] {
  const found: SecretName[] = [];
  const add = (name: Json | undefined, own: Json | undefined): void => {
    if (typeof name !== 'string' || name === '') return;
    found.push({ namespace: typeof own === 'string' && own !== '' ? own : namespace, name });
  };
  add(valueAt(source, ['azureFile', 'secretName']), valueAt(source, ['azureFile', 'secretNamespace']));
  for (const driver of drivers) {
    add(valueAt(source, [driver, 'secretRef', 'name']), valueAt(source, [driver, 'secretRef', 'namespace']));
  }
  for (const field of csiSecrets) {
    add(valueAt(source, ['csi', field, 'name']), valueAt(source, ['csi', field, 'namespace']));
  }
  return found;
}

function containersOf(spec: JsonObject): readonly JsonObject[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((key) => objectsIn(own(spec, key)));
}

function projected(volume: JsonObject): readonly JsonObject[] {
  return objectsIn(valueAt(volume, ['projected', 'sources']));
}
