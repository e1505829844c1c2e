import { fail, pass } from '../../model/verdict.ts';
import { autoscaler, deployment, documents, workload } from './examples.ts';
import { scaledControl } from './scaled-control.ts';

export default scaledControl({
  id: 'reliability/replicas',
  title: 'Workloads run as more than one pod',
  why: 'With one pod, the drain of a node, a crash or an update is an outage.',
  remedy: 'Set replicas to 2 or more where the program can run so.',
  judge: ({ object, replicas, isScaled }) => {
    if (replicas !== 1) return pass;
    const by = isScaled ? ', as few as its autoscaler leaves' : '';
    return fail(`${object.kind} ${object.name} is one pod${by}`, ['spec', 'replicas']);
  },
  examples: {
    fail: [
      deployment('replicas: 1'),
      workload('StatefulSet', 'serviceName: web'),
      documents(deployment('replicas: 3'), autoscaler('minReplicas: 1, maxReplicas: 3')),
    ],
    pass: [
      deployment('replicas: 2'),
      deployment('replicas: 0'),
      documents(deployment(''), autoscaler('minReplicas: 2, maxReplicas: 3')),
    ],
  },
});
