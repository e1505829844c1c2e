import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { checkAdded, removeAdded } from './added-capabilities.ts';

export default control({
  id: 'pods/capabilities-sys-admin',
  title: 'Containers do not add SYS_ADMIN',
  severity: 'critical',
  subject: 'container',
  why: 'SYS_ADMIN is most of what root can do: mounting, namespaces and devices. A container with it is one known step from its node.',
  remedy:
    'Take SYS_ADMIN out of capabilities.add: it is close to being root on the node. Find the one thing that needs it.',
  // A privileged container has every capability, whatever it lists.
  coveredBy: ['pods/privileged'],
  check: ({ container }) => checkAdded(container, 'sys-admin'),
  fix: { safety: 'may-break', edits: ({ container }) => removeAdded(container, 'sys-admin') },
  examples: {
    fail: [
      inContainer('securityContext: { capabilities: { add: [SYS_ADMIN] } }'),
      inContainer('securityContext: { capabilities: { add: [CAP_SYS_ADMIN] } }'),
      inContainer('securityContext: { capabilities: { add: [CHOWN, sys_admin], drop: [ALL] } }'),
      inPod('ephemeralContainers: [{ name: debug, securityContext: { capabilities: { add: [SYS_ADMIN] } } }]'),
    ],
    pass: [
      inContainer('securityContext: { capabilities: { add: [SYS_TIME] } }'),
      inContainer('securityContext: { capabilities: { drop: [SYS_ADMIN] } }'),
      inPod(''),
    ],
  },
});
