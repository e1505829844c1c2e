import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

/** Windows ignores case, and the spaces around a name: kubelets before CVE-2021-25749 was mended did not. */
const administrators: ReadonlySet<string> = new Set([
  'containeradministrator',
  'user manager\\containeradministrator',
  'nt authority\\system',
]);

const linuxPod = notApplicable('only Windows pods have a Windows user');

export default control({
  id: 'pods/windows-admin-user',
  title: 'Windows containers do not run as an administrator',
  severity: 'medium',
  subject: 'container',
  why: 'ContainerAdministrator is the root of Windows containers: it changes everything in the container and is where breakouts begin. runAsNonRoot is not checked against it by every kubelet.',
  remedy: "Set windowsOptions.runAsUserName to ContainerUser, on the container or in the pod's securityContext.",
  coveredBy: ['pods/windows-host-process'],
  check: ({ pod, container }) => {
    // Kubernetes merges windowsOptions field by field, unlike the other options that a container inherits.
    const options = container.securityContext.windowsOptions;
    const user = options?.runAsUserName ?? pod.securityContext.windowsOptions?.runAsUserName;
    if (user === undefined) {
      if (pod.os !== 'windows') return linuxPod;
      const message = `container ${container.name} sets no runAsUserName, and many Windows images run as ContainerAdministrator`;
      return fail(message, container.at('securityContext', 'windowsOptions', 'runAsUserName'), { severity: 'low' });
    }
    if (!administrators.has(user.trim().toLowerCase())) return pass;
    const setter = options?.runAsUserName === undefined ? pod.securityContext.windowsOptions : options;
    return fail(`container ${container.name} runs as ${user.trim()}`, [...(setter?.path ?? []), 'runAsUserName']);
  },
  examples: {
    fail: [
      inContainer('securityContext: { windowsOptions: { runAsUserName: ContainerAdministrator } }'),
      inPod('os: { name: windows }\nsecurityContext: { windowsOptions: { runAsUserName: " containeradministrator" } }'),
      inPod('os: { name: windows }'),
    ],
    pass: [
      inPod('os: { name: windows }\nsecurityContext: { windowsOptions: { runAsUserName: ContainerUser } }'),
      inPod(''),
    ],
  },
});
