import type { Container } from '../../model/container.ts';
import { fail, pass } from '../../model/verdict.ts';
import { appArmorAnnotationPrefix } from '../../semantics/pod-security/allowed.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';
import { nameContainers } from './name-containers.ts';

export default control({
  id: 'container-runtime/apparmor-profile',
  title: 'Every container names its AppArmor profile',
  severity: 'info',
  subject: 'pod',
  why: "Runtimes apply their own profile where the node has AppArmor. Naming it makes the kubelet refuse the pod where it cannot be applied, and a profile of the program's own allows less.",
  remedy:
    'Set appArmorProfile.type: RuntimeDefault, or Localhost with a profile of your own, if every node has AppArmor. Nodes without it would refuse the pod, which is why there is no fix here.',
  check: ({ pod }) => {
    if (!pod.containers.some(hasNoProfile)) return pass;
    if (pod.os === 'windows') return notOnWindows;
    const without = nameContainers(pod.containers.filter(hasNoProfile));
    return fail(
      `${without} with whatever AppArmor profile the runtime has`,
      pod.at('securityContext', 'appArmorProfile'),
    );
  },
  examples: {
    fail: [inContainer('securityContext: {}'), inPod('securityContext: { seLinuxOptions: { level: s0 } }')],
    pass: [
      inContainer('securityContext: { appArmorProfile: { type: RuntimeDefault } }'),
      inPod('securityContext: { appArmorProfile: { type: Localhost, localhostProfile: app } }'),
      inPod('os: { name: windows }'),
      inContainer('securityContext: {}').replace(
        'metadata:\n',
        `metadata:\n  annotations: { ${appArmorAnnotationPrefix}app: localhost/app }\n`,
      ),
    ],
  },
});

function hasNoProfile({ name, pod, effective }: Container): boolean {
  if (effective.appArmorProfile !== undefined) return false;
  return pod.annotations.size === 0 || !pod.annotations.get(appArmorAnnotationPrefix + name);
}
