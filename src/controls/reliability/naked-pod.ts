import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';

export default control({
  id: 'reliability/naked-pod',
  title: 'Pods are made by a controller',
  severity: 'info',
  profile: 'reliability',
  subject: 'object',
  kinds: ['Pod'],
  why: 'Nothing makes a bare pod again when it is evicted or its node is gone.',
  remedy: 'Use a Deployment, or a Job for what ends.',
  check: ({ object }) => {
    if (groupKind(object) !== '/Pod') return notApplicable('it is no Pod');
    const isMirror = valueAt(object.value, ['metadata', 'annotations', 'kubernetes.io/config.mirror']) !== undefined;
    if (isMirror) return notApplicable('the kubelet makes static pods');
    const owners = objectsIn(valueAt(object.value, ['metadata', 'ownerReferences']));
    return owners.length > 0 ? pass : fail(`nothing makes Pod ${object.name} again`, ['metadata', 'name']);
  },
  examples: {
    fail: [inPod('')],
    pass: [
      inPod('').replace('namespace: shop', 'namespace: shop\n  ownerReferences: [{kind: ReplicaSet, name: a, uid: b}]'),
    ],
  },
});
