import { edit } from '../../model/edit.ts';
import { valueAt } from '../../model/path.ts';
import type { Pod } from '../../model/pod.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'container-runtime/root-group',
  title: 'Nobody asks for the root group',
  severity: 'low',
  subject: 'pod',
  why: 'Much of an image and of shared volumes is writable for group 0, and what is written there as group 0 is open to the root group of the node.',
  remedy:
    'Set runAsGroup and fsGroup to 10000 or above. Leaving runAsGroup out is no cure: without it the image decides.',
  check: ({ pod }) => {
    if (pod.hostUsers === false) return pass;
    const { runAsGroup, fsGroup, supplementalGroups } = pod.securityContext;
    const failures: Failure[] = [];
    if (runAsGroup === 0) failures.push(podFailure(pod, 'runAsGroup', 'the pod sets runAsGroup: 0'));
    if (fsGroup === 0) failures.push(podFailure(pod, 'fsGroup', 'the pod sets fsGroup: 0'));
    if (supplementalGroups.includes(0)) {
      failures.push(podFailure(pod, 'supplementalGroups', 'the pod has 0 among its supplementalGroups'));
    }
    for (const { name, at, securityContext } of pod.containers) {
      if (securityContext.runAsGroup !== 0) continue;
      const key = `runAsGroup of ${name}`;
      failures.push(fail(`container ${name} sets runAsGroup: 0`, at('securityContext', 'runAsGroup'), { key }));
    }
    return failures;
  },
  fix: {
    safety: 'may-break',
    edits: ({ object }, { at, key }) => {
      if (key === 'fsGroup') return [edit.remove(at)];
      if (key === 'supplementalGroups') return [edit.removeItems(at, [0])];
      // The group that goes with the user that is set beside it; without one, somebody has to choose.
      const user = valueAt(object.value, [...at.slice(0, -1), 'runAsUser']);
      return typeof user === 'number' && user > 0 ? [edit.set(at, user)] : [];
    },
  },
  examples: {
    fail: [
      inContainer('securityContext: { runAsUser: 10001, runAsGroup: 0 }'),
      inPod('securityContext: { runAsGroup: 0, runAsUser: 10001 }'),
      inPod('securityContext: { fsGroup: 0 }'),
      inPod('securityContext: { supplementalGroups: [4000, 0] }'),
    ],
    pass: [
      inContainer('securityContext: { runAsGroup: 10001 }'),
      inPod('securityContext: { fsGroup: 2000, supplementalGroups: [4000] }'),
      inPod('hostUsers: false\nsecurityContext: { runAsGroup: 0 }'),
    ],
  },
});

function podFailure(pod: Pod, field: string, message: string): Failure {
  return fail(message, pod.at('securityContext', field), { key: field });
}
