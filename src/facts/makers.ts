import type { KubeObject } from '../model/snapshot.ts';
import { defineFact } from './facts.ts';
import { rootOwner } from './owners.ts';
import { isWorkload } from './workloads.ts';

/**
 * The workload that people change to change a pod: the one at the top of its owners, so that a message says the same of
 * all its pods and of those that take their place. The object itself where no workload that was read made it, such as
 * the mirror of a static pod, which a Node owns.
 */
export const makerOf = defineFact('maker-of', (facts): ((object: KubeObject) => KubeObject) => {
  const rootOf = facts.get(rootOwner);
  const isTemplate = facts.get(isWorkload);
  return (object) => {
    const root = rootOf(object);
    return root !== object && isTemplate(root) ? root : object;
  };
});

/** What a message calls the workload of a pod: `Deployment web`. */
export const makerName = defineFact('maker-name', (facts): ((object: KubeObject) => string) => {
  const of = facts.get(makerOf);
  return (object) => {
    const { kind, name } = of(object);
    return `${kind} ${name}`;
  };
});
