import type { Container } from '../../model/container.ts';
import { edit } from '../../model/edit.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'container-runtime/root-user',
  title: 'Nobody asks to run as root',
  severity: 'high',
  subject: 'pod',
  why: 'With runAsUser: 0 the processes are root, whatever user the image was built for, and root in a container is root of the node after one escape.',
  remedy: 'Leave runAsUser out and set runAsNonRoot: true, or name a user of 10000 or above.',
  check: ({ pod }) => {
    // From v1.35 Pod Security asks nothing of pods in a user namespace: their root is nobody on the node.
    if (pod.hostUsers === false) return pass;
    let failures: Failure[] | undefined;
    if (pod.securityContext.runAsUser === 0) {
      const reached = pod.containers.some(inherits);
      const message = reached
        ? 'the pod sets runAsUser: 0'
        : 'the pod sets runAsUser: 0; its containers override it, but those that are added later do not';
      failures = [fail(message, pod.at('securityContext', 'runAsUser'), reached ? {} : { severity: 'low' })];
    }
    for (const container of pod.containers) {
      if (container.securityContext.runAsUser !== 0) continue;
      const at = container.at('securityContext', 'runAsUser');
      failures ??= [];
      failures.push(fail(`container ${container.name} sets runAsUser: 0`, at, { key: container.name }));
    }
    return failures ?? pass;
  },
  fix: { safety: 'may-break', edits: (_, failure) => [edit.remove(failure.at)] },
  examples: {
    fail: [
      inContainer('securityContext: { runAsUser: 0 }'),
      inPod('securityContext: { runAsUser: 0 }'),
      inPod(
        'securityContext: { runAsUser: 1000 }\ninitContainers: [{ name: a, image: b, securityContext: { runAsUser: 0 } }]',
      ),
      inPod('ephemeralContainers: [{ name: debug, image: b, securityContext: { runAsUser: 0x0 } }]'),
    ],
    pass: [
      inContainer('securityContext: { runAsUser: 1000 }'),
      inContainer('securityContext: {}'),
      inPod('hostUsers: false\nsecurityContext: { runAsUser: 0 }'),
    ],
  },
});

function inherits(container: Container): boolean {
  return container.securityContext.runAsUser === undefined;
}
