import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';

/** Source: pkg/kubelet/kuberuntime/security_context.go (verifyRunAsNonRoot). */
export default control({
  id: 'reliability/non-root-conflict',
  title: 'Containers that must not be root are not told to be',
  severity: 'medium',
  profile: 'reliability',
  subject: 'container',
  why: 'The kubelet does not start a container that has runAsNonRoot: true and runAsUser: 0.',
  remedy: 'Set runAsUser to a number above 0.',
  check: ({ container, pod }) => {
    if (pod.os === 'windows') return notOnWindows;
    const { runAsNonRoot, runAsUser } = container.effective;
    if (runAsNonRoot !== true || runAsUser === undefined) return notApplicable('it does not set both');
    if (runAsUser !== 0) return pass;
    const own = container.securityContext.runAsUser === 0;
    const at = own ? container.at('securityContext', 'runAsUser') : pod.at('securityContext', 'runAsUser');
    return fail(`container ${container.name} has runAsNonRoot: true and runAsUser: 0, and never starts`, at);
  },
  examples: {
    fail: [
      inContainer('securityContext: { runAsNonRoot: true, runAsUser: 0 }'),
      inPod('securityContext: { runAsNonRoot: true, runAsUser: 0 }'),
    ],
    pass: [inContainer('securityContext: { runAsNonRoot: true, runAsUser: 10001 }')],
  },
});
