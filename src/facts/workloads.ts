import type { KubeObject } from '../model/snapshot.ts';
import type { ContainerSubject, PodSubject } from '../model/subject.ts';
import { readWorkload, type Workload } from '../model/workload.ts';
import { crdWorkloads } from './crd-workloads.ts';
import { defineFact } from './facts.ts';

/** Every object that carries a pod template, in snapshot order. */
export const workloads = defineFact('workloads', (facts): readonly Workload[] => {
  const found: Workload[] = [];
  const discovered = facts.get(crdWorkloads);
  for (const object of facts.snapshot.objects) {
    const workload = readWorkload(object, discovered.get(`${object.apiVersion}/${object.kind}`));
    if (workload !== undefined) found.push(workload);
  }
  return found;
});

export const workloadByObject = defineFact(
  'workload-by-object',
  (facts): ReadonlyMap<KubeObject, Workload> =>
    new Map(facts.get(workloads).map((workload) => [workload.object, workload])),
);

export const podSubjects = defineFact('pod-subjects', (facts): readonly PodSubject[] =>
  facts.get(workloads).flatMap((workload) =>
    workload.templates.map((template) => ({
      object: workload.object,
      workload,
      pod: template.pod,
      template: template.name,
      path: template.pod.path,
    })),
  ),
);

export const containerSubjects = defineFact('container-subjects', (facts): readonly ContainerSubject[] =>
  facts
    .get(podSubjects)
    .flatMap((subject) => subject.pod.containers.map((container) => ({ ...subject, container, path: container.path }))),
);
