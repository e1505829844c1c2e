import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer } from '../examples.ts';
import { forcesEscalation } from './privilege-escalation.ts';

export default control({
  id: 'pods/escalation-contradiction',
  title: 'Containers that forbid privilege escalation are not given privileges that imply it',
  severity: 'medium',
  subject: 'container',
  why: 'The API server refuses such a pod, so the workload cannot start, and whoever mends it in a hurry tends to drop the safer of the two settings.',
  remedy: 'Keep allowPrivilegeEscalation: false, and remove the privilege that contradicts it.',
  check: ({ container }) => {
    if (container.securityContext.allowPrivilegeEscalation !== false) return pass;
    const privilege = forcesEscalation(container);
    if (privilege === undefined) return pass;
    return fail(
      `container ${container.name} sets allowPrivilegeEscalation: false, which ${privilege} contradicts`,
      container.at('securityContext', 'allowPrivilegeEscalation'),
    );
  },
  examples: {
    fail: [
      inContainer('securityContext: { allowPrivilegeEscalation: false, privileged: true }'),
      inContainer('securityContext: { allowPrivilegeEscalation: false, capabilities: { add: [CAP_SYS_ADMIN] } }'),
    ],
    pass: [
      inContainer('securityContext: { privileged: true }'),
      inContainer('securityContext: { allowPrivilegeEscalation: false }'),
      // The API server knows this contradiction by the other spelling alone.
      inContainer('securityContext: { allowPrivilegeEscalation: false, capabilities: { add: [SYS_ADMIN] } }'),
    ],
  },
});
