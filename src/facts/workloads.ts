import type { KubeObject } from '../model/snapshot.ts';
import type { ContainerSubject, PodSubject } from '../model/subject.ts';
import { groupKind, isKnownWorkload, readWorkload, type Workload } from '../model/workload.ts';
import { crdWorkloads } from './crd-workloads.ts';
import { defineFact, type Facts } from './facts.ts';

/** The workloads of so many objects are kept once they are read: at most some 20 MB. */
const keptObjects = 2000;

/**
 * Reads the workload that an object is; undefined for any other object. Several facts and the judgement go over all of
 * them, so they are kept, but not those of a large cluster: its pods, all read at once, take more memory than the
 * objects themselves. None are kept there, either, because V8 then takes all pods for lasting, and its heap doubles.
 */
export const workloadOf = defineFact('workload-of', (facts): ((object: KubeObject) => Workload | undefined) => {
  const discovered = facts.get(crdWorkloads);
  const read = (object: KubeObject) => readWorkload(object, discovered.get(`${object.apiVersion}/${object.kind}`));
  if (facts.snapshot.objects.length > keptObjects) return read;
  const kept = new Map<KubeObject, Workload | undefined>();
  return (object) => {
    const known = kept.get(object);
    if (known !== undefined || kept.has(object)) return known;
    const workload = read(object);
    kept.set(object, workload);
    return workload;
  };
});

/** Whether an object carries a pod template, told by its kind alone. */
export const isWorkload = defineFact('is-workload', (facts): ((object: KubeObject) => boolean) => {
  const discovered = facts.get(crdWorkloads);
  return (object) => isKnownWorkload(groupKind(object)) || discovered.has(`${object.apiVersion}/${object.kind}`);
});

/** Every pod and pod template, in snapshot order, each read when it is drawn. */
export function* eachPodSubject(facts: Facts): Generator<PodSubject> {
  const read = facts.get(workloadOf);
  for (const object of facts.snapshot.objects) {
    const workload = read(object);
    if (workload === undefined) continue;
    for (const { name, pod } of workload.templates) yield { object, workload, pod, template: name, path: pod.path };
  }
}

/** All of them at once, for those who go over them more than once and have the memory: no control of a scan does. */
export const podSubjects = defineFact('pod-subjects', (facts): readonly PodSubject[] => [...eachPodSubject(facts)]);

export const containerSubjects = defineFact('container-subjects', (facts): readonly ContainerSubject[] =>
  facts
    .get(podSubjects)
    .flatMap((subject) => subject.pod.containers.map((container) => ({ ...subject, container, path: container.path }))),
);
