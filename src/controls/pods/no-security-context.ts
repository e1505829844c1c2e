import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'pods/no-security-context',
  title: 'Containers have a security context, their own or that of their pod',
  severity: 'medium',
  subject: 'container',
  why: 'Without one, everything that confines the container is left to the image and to defaults, which confine little.',
  remedy: 'Set securityContext, as each of the more specific controls says.',
  // An umbrella: it speaks only where none of these does.
  coveredBy: [
    'pods/allow-privilege-escalation',
    'pods/capabilities-drop-all',
    'pods/capabilities-drop-any',
    'pods/capabilities-net-raw-kept',
    'pods/windows-admin-user',
    'container-runtime/read-only-root-filesystem',
    'container-runtime/run-as-non-root',
    'container-runtime/seccomp-profile',
  ],
  check: ({ pod, container }) => {
    if (container.securityContext.isSet || pod.securityContext.isSet) return pass;
    const message = `container ${container.name} has no securityContext, and neither has its pod`;
    return fail(message, container.at('securityContext'));
  },
  examples: {
    fail: [inPod(''), inPod('securityContext: {}'), inContainer('securityContext:')],
    pass: [
      inContainer('securityContext: { readOnlyRootFilesystem: true }'),
      inPod('securityContext: { runAsNonRoot: true }'),
    ],
  },
});
