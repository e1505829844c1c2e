import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { isSystemNamespace } from '../namespaces/whole-cluster.ts';
import { deployment } from './examples.ts';

/** Source: Kubernetes documentation, guaranteed scheduling for critical add-on pods. */
export default control({
  id: 'reliability/priority-class',
  title: 'Priorities of the system are for the system',
  severity: 'info',
  profile: 'reliability',
  subject: 'pod',
  why: 'A pod with a system priority evicts everybody else, and is evicted by nobody: what the cluster needs to run included.',
  remedy: 'Make a PriorityClass of your own.',
  check: ({ pod, object }) => {
    const name = pod.priorityClassName;
    if (name === undefined || name === '') return notApplicable('the pod names no priority');
    if (name !== 'system-cluster-critical' && name !== 'system-node-critical') return pass;
    if (isSystemNamespace(object.namespace)) return pass;
    return fail(`the pod takes priority ${name}, which is for what the cluster runs on`, pod.at('priorityClassName'));
  },
  examples: {
    fail: [deployment('', 'priorityClassName: system-node-critical')],
    pass: [
      deployment('', 'priorityClassName: shop'),
      deployment('', 'priorityClassName: system-node-critical').replace('namespace: shop', 'namespace: kube-system'),
    ],
  },
});
