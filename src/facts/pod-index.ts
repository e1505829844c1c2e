import { defineFact } from './facts.ts';
import { referencesOf } from './pod-references.ts';
import { eachPodSubject } from './workloads.ts';

/** The labels of pods and templates, whether they run now or not, by each label that they have: `key\nvalue`. */
export type LabelIndex = ReadonlyMap<string, readonly ReadonlyMap<string, string>[]>;

export interface PodIndex {
  readonly labels: ReadonlyMap<string | undefined, LabelIndex>;
  /** What pods need by name, whatever its kind: `namespace/name`. */
  readonly needed: ReadonlySet<string>;
}

/** What pods and templates are found by, and what they find. One fact, because reading them all is what takes time. */
export const podIndex = defineFact('pod-index', (facts): PodIndex => {
  const labels = new Map<string | undefined, Map<string, ReadonlyMap<string, string>[]>>();
  const needed = new Set<string>();
  const known = new Set<string>();
  for (const { object, pod } of eachPodSubject(facts)) {
    const namespace = object.namespace ?? '';
    for (const { name } of referencesOf(pod)) needed.add(`${namespace}/${name}`);
    let here = labels.get(object.namespace);
    if (here === undefined) labels.set(object.namespace, (here = new Map()));
    const all = JSON.stringify([namespace, ...pod.labels]);
    // Replicas have the same labels.
    if (known.has(all)) continue;
    known.add(all);
    for (const [key, value] of pod.labels) {
      const listed = here.get(`${key}\n${value}`);
      if (listed === undefined) here.set(`${key}\n${value}`, [pod.labels]);
      else listed.push(pod.labels);
    }
  }
  return { labels, needed };
});
