import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';

export default control({
  id: 'container-runtime/low-gid',
  title: 'Containers run with a group that the node does not have',
  severity: 'low',
  subject: 'container',
  // Whoever chooses a user for the container chooses its group with it: one finding, not two.
  coveredBy: [
    'container-runtime/root-user',
    'container-runtime/root-group',
    'container-runtime/run-as-non-root',
    'container-runtime/low-uid',
  ],
  why: 'Groups below 10000 are likely to exist on the node, some of them with rights to devices and logs that a process keeps after an escape.',
  remedy: 'Set runAsGroup to 10000 or above, and see that the image lets that group read what it needs.',
  check: ({ pod, container }) => {
    const { runAsGroup } = container.effective;
    if (runAsGroup !== undefined && runAsGroup >= firstUnusedId) return pass;
    if (pod.hostUsers === false) return inUserNamespace;
    if (pod.os === 'windows') return notOnWindows;
    if (runAsGroup === undefined) return ofImage;
    if (runAsGroup === 0) return root;
    const set = container.securityContext.runAsGroup !== undefined;
    const at = set ? container.at('securityContext', 'runAsGroup') : pod.at('securityContext', 'runAsGroup');
    return fail(`container ${container.name} runs with group ${runAsGroup}, below ${firstUnusedId}`, at);
  },
  examples: {
    fail: [
      inContainer('securityContext: { runAsGroup: 999 }'),
      inPod('securityContext: { runAsGroup: 3000 }\nephemeralContainers: [{ name: debug, image: b }]'),
    ],
    pass: [
      inContainer('securityContext: { runAsGroup: 10000 }'),
      inPod('securityContext: { runAsGroup: 65532 }'),
      inPod('hostUsers: false\nsecurityContext: { runAsGroup: 100 }'),
      inContainer('securityContext: { runAsUser: 10000 }'),
    ],
  },
});

const firstUnusedId = 10_000;
const inUserNamespace = notApplicable("the pod's groups are its own: hostUsers is false");
const ofImage = unknown('the group is left to the image, and images are not read');
const root = notApplicable('the root group is reported by container-runtime/root-group');
