import type { KubeObject } from '../model/snapshot.ts';
import type { ContainerSubject, PodSubject } from '../model/subject.ts';
import { groupKind, isKnownWorkload, readWorkload, type Workload } from '../model/workload.ts';
import { crdWorkloads } from './crd-workloads.ts';
import { defineFact, type Facts } from './facts.ts';

/**
 * Reads the workload that an object is; undefined for any other object. It is read anew each time: a large cluster's
 * pods, all read at once, take more memory than the objects themselves.
 */
export const workloadOf = defineFact('workload-of', (facts): ((object: KubeObject) => Workload | undefined) => {
  const discovered = facts.get(crdWorkloads);
  return (object) => readWorkload(object, discovered.get(`${object.apiVersion}/${object.kind}`));
});

/** Whether an object carries a pod template, told by its kind alone. */
export const isWorkload = defineFact('is-workload', (facts): ((object: KubeObject) => boolean) => {
  const discovered = facts.get(crdWorkloads);
  return (object) => isKnownWorkload(groupKind(object)) || discovered.has(`${object.apiVersion}/${object.kind}`);
});

/** Every pod and pod template, in snapshot order, each read when it is drawn and kept by nobody. */
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
