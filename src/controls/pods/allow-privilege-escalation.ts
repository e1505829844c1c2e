import { edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';
import { forcesEscalation } from './privilege-escalation.ts';

const field = ['securityContext', 'allowPrivilegeEscalation'] as const;

export default control({
  id: 'pods/allow-privilege-escalation',
  title: 'Processes in containers cannot gain privileges',
  severity: 'high',
  subject: 'container',
  why: 'Unless it is set to false, a process can become root through any setuid program in the image, even in a container that starts as another user.',
  remedy:
    'Set allowPrivilegeEscalation: false for the container. A program that changes its user through setuid or file capabilities stops working.',
  // The API server refuses false for a privileged container.
  // The API server takes allowPrivilegeEscalation: false with neither of the two.
  coveredBy: ['pods/privileged', 'pods/capabilities-sys-admin'],
  check: ({ pod, container }) => {
    if (pod.os === 'windows') return notOnWindows;
    const allowed = container.securityContext.allowPrivilegeEscalation;
    if (allowed === false) return pass;
    if (allowed) return fail(`container ${container.name} sets allowPrivilegeEscalation: true`, container.at(...field));
    const message = `container ${container.name} does not set allowPrivilegeEscalation, so it is true`;
    return fail(message, container.at(...field), { severity: 'medium' });
  },
  fix: {
    // A program that starts as another user through setuid, such as sudo or ping, stops working.
    safety: 'may-break',
    edits: ({ container }) =>
      forcesEscalation(container) === undefined ? [edit.set(container.at(...field), false)] : [],
  },
  examples: {
    fail: [
      inContainer('securityContext: { allowPrivilegeEscalation: true }'),
      inContainer('securityContext: { runAsNonRoot: true }'),
      inPod('securityContext: { allowPrivilegeEscalation: false }'),
      inPod('ephemeralContainers: [{ name: debug, securityContext: { allowPrivilegeEscalation: true } }]'),
    ],
    pass: [
      inContainer('securityContext: { allowPrivilegeEscalation: false }'),
      inContainer('securityContext: { allowPrivilegeEscalation: no }'),
      inPod('os: { name: windows }'),
    ],
  },
});
