import { defineFact } from '../../facts/facts.ts';
import { isKeptFree, isolatedNodes } from '../../facts/node-isolation.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { controlPlane, keptFree, node, together } from './examples.ts';

const hasWorkers = defineFact('has-workers', (facts): boolean =>
  [...facts.get(isolatedNodes).values()].some(({ isControlPlane }) => !isControlPlane),
);

/** A cluster all of whose nodes are control plane runs its workloads there: that is its choice. */
export default control({
  id: 'node-isolation/control-plane-taint',
  title: 'Nodes of the control plane keep workloads away',
  severity: 'medium',
  subject: 'object',
  kinds: ['Node'],
  why: 'A pod that breaks out of its container on such a node has the keys of the cluster: the certificates of the API server and etcd with every Secret.',
  remedy: 'kubectl taint nodes NODE node-role.kubernetes.io/control-plane:NoSchedule',
  check: ({ object }, facts) => {
    const nodes = facts.get(isolatedNodes);
    const here = nodes.get(object.name);
    if (here?.object !== object) return notApplicable('it is no Node');
    if (!here.isControlPlane) return notApplicable('it is no node of the control plane');
    if (!facts.get(hasWorkers)) return notApplicable('there are no other nodes');
    if (isKeptFree(here)) return pass;
    return fail(`Node ${object.name} is of the control plane, and no taint keeps workloads away from it`, [
      'spec',
      'taints',
    ]);
  },
  examples: {
    fail: [together(node('one', controlPlane), node('two'))],
    pass: [together(node('one', controlPlane, keptFree), node('two'))],
  },
});
