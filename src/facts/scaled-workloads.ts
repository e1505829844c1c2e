import { isObject, type JsonObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { defineFact } from './facts.ts';

const kinds: ReadonlySet<string> = new Set(['apps/Deployment', 'apps/StatefulSet']);

/** A Deployment or StatefulSet, as the controls on availability ask about it. */
export interface ScaledWorkload {
  readonly object: KubeObject;
  readonly spec: JsonObject;
  /** What the manifest asks for, 1 where it says nothing; the least where something scales it. */
  readonly replicas: number;
  readonly isScaled: boolean;
  readonly labels: JsonObject;
  readonly podSpec: JsonObject;
}

/** HorizontalPodAutoscalers and ScaledObjects of KEDA by what they scale: `namespace/kind/name`. */
const autoscalers = defineFact('autoscalers', ({ snapshot }): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  for (const object of snapshot.objects) {
    const kind = groupKind(object);
    const isKeda = kind === 'keda.sh/ScaledObject';
    if (kind !== 'autoscaling/HorizontalPodAutoscaler' && !isKeda) continue;
    const target = valueAt(object.value, ['spec', 'scaleTargetRef']);
    if (!isObject(target)) continue;
    const [targetKind, name] = [own(target, 'kind') ?? 'Deployment', own(target, 'name')];
    if (typeof targetKind !== 'string' || typeof name !== 'string') continue;
    const least = valueAt(object.value, ['spec', isKeda ? 'minReplicaCount' : 'minReplicas']);
    found.set(`${object.namespace ?? ''}/${targetKind}/${name}`, typeof least === 'number' ? least : isKeda ? 0 : 1);
  }
  return found;
});

/** Reads a Deployment or StatefulSet; undefined for other objects. */
export const scaledWorkloadOf = defineFact(
  'scaled-workload-of',
  (facts): ((object: KubeObject) => ScaledWorkload | undefined) => {
    const scalers = facts.get(autoscalers);
    return (object) => {
      if (!kinds.has(groupKind(object))) return undefined;
      const given = valueAt(object.value, ['spec', 'replicas']);
      const least = scalers.get(`${object.namespace ?? ''}/${object.kind}/${object.name}`);
      const asked = typeof given === 'number' ? given : 1;
      return {
        object,
        spec: objectOr(own(object.value, 'spec')),
        replicas: least ?? asked,
        isScaled: least !== undefined,
        labels: objectOr(valueAt(object.value, ['spec', 'template', 'metadata', 'labels'])),
        podSpec: objectOr(valueAt(object.value, ['spec', 'template', 'spec'])),
      };
    };
  },
);

function objectOr(value: Parameters<typeof isObject>[0]): JsonObject {
  return isObject(value) ? value : {};
}
