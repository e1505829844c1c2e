import { edit } from '../../model/edit.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'container-runtime/run-as-non-root',
  title: 'Containers are kept from running as root',
  severity: 'high',
  subject: 'container',
  why: 'Most images run as root unless told otherwise, and root in a container is root of the node after one escape. With runAsNonRoot the kubelet refuses to start such an image.',
  remedy:
    'Set runAsNonRoot: true for the pod or the container. An image without a numeric user also needs runAsUser. The restricted standard asks for runAsNonRoot itself, whatever runAsUser says.',
  check: ({ pod, container }) => {
    const { runAsNonRoot, runAsUser } = container.effective;
    // From v1.35 Pod Security asks nothing of pods in a user namespace: their root is nobody on the node.
    if (runAsNonRoot === true || pod.hostUsers === false) return pass;
    if (runAsUser === 0) return asksForRoot;
    const own = container.securityContext.runAsNonRoot !== undefined;
    const onContainer = own || runAsNonRoot === undefined;
    const at = onContainer
      ? container.at('securityContext', 'runAsNonRoot')
      : pod.at('securityContext', 'runAsNonRoot');
    if (runAsUser !== undefined) {
      const message = `container ${container.name} runs as user ${runAsUser}, but nothing sets runAsNonRoot: true`;
      return fail(message, at, { severity: 'low' });
    }
    const said = runAsNonRoot === false ? 'runAsNonRoot is false' : 'neither it nor its pod sets runAsNonRoot: true';
    return fail(`container ${container.name} may run as root: ${said}`, at);
  },
  fix: {
    safety: 'may-break',
    edits: ({ container }) => [edit.set(container.at('securityContext', 'runAsNonRoot'), true)],
  },
  examples: {
    fail: [
      inContainer('securityContext: {}'),
      inContainer('securityContext: { runAsUser: 1000 }'),
      inPod('securityContext: { runAsNonRoot: no }'),
      inPod(
        'securityContext: { runAsNonRoot: true }\ninitContainers: [{ name: a, image: b, securityContext: { runAsNonRoot: false } }]',
      ),
      inPod('hostUsers: true\nsecurityContext: { runAsGroup: 10001 }'),
    ],
    pass: [
      inContainer('securityContext: { runAsNonRoot: yes }'),
      inPod('securityContext: { runAsNonRoot: true }\nephemeralContainers: [{ name: debug, image: b }]'),
      inPod('hostUsers: false'),
      inContainer('securityContext: { runAsUser: 0 }'),
    ],
  },
});

const asksForRoot = notApplicable('it asks for runAsUser: 0, which container-runtime/root-user reports');
