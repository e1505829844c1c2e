import { isObject, type Json, type JsonObject, own } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import type { Pod, Volume } from '../model/pod.ts';
import { defineFact } from './facts.ts';
import { entriesOf } from './routes.ts';

export type ReferredKind = 'Secret' | 'ConfigMap' | 'PersistentVolumeClaim' | 'ServiceAccount';

/** An object of its namespace that a pod needs by name. */
export interface PodReference {
  readonly kind: ReferredKind;
  readonly name: string;
  readonly path: Path;
  /** Whether the pod starts without it. */
  readonly optional: boolean;
  readonly use: 'env' | 'volume' | 'image-pull' | 'account';
}

/** `referencesOf`, kept for the pod that was asked about last: several controls in turn ask about each. */
export const podReferences = defineFact('pod-references', (): ((pod: Pod) => readonly PodReference[]) => {
  let last: Pod | undefined;
  let references: readonly PodReference[] = [];
  return (pod) => {
    if (pod !== last) references = [...referencesOf(pod)];
    last = pod;
    return references;
  };
});

/** Everything that a pod names in its namespace: in variables, volumes, pull secrets, and its service account. */
export function* referencesOf(pod: Pod): Generator<PodReference> {
  yield {
    kind: 'ServiceAccount',
    name: pod.serviceAccountName,
    path: pod.at('serviceAccountName'),
    optional: false,
    use: 'account',
  };
  for (const [index, each] of entriesOf(own(pod.raw, 'imagePullSecrets'))) {
    const reference = { use: 'image-pull', kind: 'Secret', path: pod.at('imagePullSecrets', index, 'name') } as const;
    yield* named(own(each, 'name'), { ...reference, optional: true });
  }
  for (const { raw, at } of pod.containers) {
    for (const [index, each] of entriesOf(own(raw, 'env'))) {
      const from = own(each, 'valueFrom');
      if (isObject(from)) yield* keyed(from, [...at('env', index), 'valueFrom']);
    }
    for (const [index, each] of entriesOf(own(raw, 'envFrom'))) yield* keyed(each, at('envFrom', index));
  }
  for (const volume of pod.volumes) yield* ofVolume(volume);
}

const keyedFields = [
  ['secretKeyRef', 'Secret'],
  ['configMapKeyRef', 'ConfigMap'],
  ['secretRef', 'Secret'],
  ['configMapRef', 'ConfigMap'],
] as const;

function* keyed(source: JsonObject, path: Path): Generator<PodReference> {
  for (const [field, kind] of keyedFields) {
    const reference = own(source, field);
    if (!isObject(reference)) continue;
    const optional = own(reference, 'optional') === true;
    yield* named(own(reference, 'name'), { kind, path: [...path, field, 'name'], optional, use: 'env' });
  }
}

function* ofVolume({ type, raw, path }: Volume): Generator<PodReference> {
  const optional = own(raw, 'optional') === true;
  const at = [...path, type];
  switch (type) {
    case 'secret':
      yield* named(own(raw, 'secretName'), { kind: 'Secret', path: [...at, 'secretName'], optional, use: 'volume' });
      return;
    case 'configMap':
      yield* named(own(raw, 'name'), { kind: 'ConfigMap', path: [...at, 'name'], optional, use: 'volume' });
      return;
    case 'persistentVolumeClaim':
      yield* named(own(raw, 'claimName'), {
        kind: 'PersistentVolumeClaim',
        path: [...at, 'claimName'],
        optional: false,
        use: 'volume',
      });
      return;
    case 'projected':
      for (const [index, source] of entriesOf(own(raw, 'sources'))) {
        for (const [field, kind] of [
          ['secret', 'Secret'],
          ['configMap', 'ConfigMap'],
        ] as const) {
          const reference = own(source, field);
          if (!isObject(reference)) continue;
          yield* named(own(reference, 'name'), {
            kind,
            path: [...at, 'sources', index, field, 'name'],
            use: 'volume',
            optional: own(reference, 'optional') === true,
          });
        }
      }
      return;
    default: {
      // Drivers take credentials by `secretRef` or `nodePublishSecretRef`; azureFile by `secretName`.
      for (const field of ['secretRef', 'nodePublishSecretRef']) {
        const reference = own(raw, field);
        if (!isObject(reference)) continue;
        yield* named(own(reference, 'name'), { kind: 'Secret', path: [...at, field, 'name'], optional, use: 'volume' });
      }
      if (type !== 'azureFile') return;
      yield* named(own(raw, 'secretName'), { kind: 'Secret', path: [...at, 'secretName'], optional, use: 'volume' });
    }
  }
}

function* named(name: Json | undefined, reference: Omit<PodReference, 'name'>): Generator<PodReference> {
  if (typeof name === 'string' && name !== '') yield { name, ...reference };
}
