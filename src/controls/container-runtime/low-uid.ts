import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';

export default control({
  id: 'container-runtime/low-uid',
  title: 'Containers run as a user that the node does not have',
  severity: 'low',
  subject: 'container',
  coveredBy: ['container-runtime/root-user', 'container-runtime/run-as-non-root'],
  why: 'Users below 10000 are likely to exist on the node. After an escape, or on a shared volume, the process has what that user has there.',
  remedy: 'Set runAsUser to 10000 or above, and see that the image lets that user read what it needs.',
  check: ({ pod, container }) => {
    const { runAsUser } = container.effective;
    if (runAsUser !== undefined && runAsUser >= firstUnusedId) return pass;
    if (pod.hostUsers === false) return inUserNamespace;
    if (pod.os === 'windows') return notOnWindows;
    if (runAsUser === undefined) return ofImage;
    if (runAsUser === 0) return root;
    const set = container.securityContext.runAsUser !== undefined;
    const at = set ? container.at('securityContext', 'runAsUser') : pod.at('securityContext', 'runAsUser');
    return fail(`container ${container.name} runs as user ${runAsUser}, below ${firstUnusedId}`, at);
  },
  examples: {
    fail: [
      inContainer('securityContext: { runAsUser: 1000 }'),
      inContainer('securityContext: { runAsUser: 9999, runAsNonRoot: true }'),
      inPod('securityContext: { runAsUser: 101 }\ninitContainers: [{ name: a, image: b, restartPolicy: Always }]'),
    ],
    pass: [
      inContainer('securityContext: { runAsUser: 10000 }'),
      inPod('securityContext: { runAsUser: 65532 }'),
      inPod('hostUsers: false\nsecurityContext: { runAsUser: 1000 }'),
      inContainer('securityContext: { runAsNonRoot: true }'),
    ],
  },
});

const firstUnusedId = 10_000;
const inUserNamespace = notApplicable("the pod's users are its own: hostUsers is false");
const ofImage = unknown('the user is left to the image, and images are not read');
const root = notApplicable('root is reported by container-runtime/root-user');
