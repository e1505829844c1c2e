import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { checkAdded, removeAdded } from './added-capabilities.ts';

export default control({
  id: 'pods/capabilities-sys-module',
  title: 'Containers do not add SYS_MODULE',
  severity: 'high',
  subject: 'container',
  why: 'SYS_MODULE loads code into the kernel that the node and all its containers share.',
  remedy: 'Take SYS_MODULE out of capabilities.add, and load kernel modules when the node is set up.',
  // A privileged container has every capability, whatever it lists.
  coveredBy: ['pods/privileged'],
  check: ({ container }) => checkAdded(container, 'sys-module'),
  fix: { safety: 'may-break', edits: ({ container }) => removeAdded(container, 'sys-module') },
  examples: {
    fail: [
      inContainer('securityContext: { capabilities: { add: [SYS_MODULE] } }'),
      inContainer('securityContext: { capabilities: { add: [cap_sys_module] } }'),
      inPod('initContainers: [{ name: setup, securityContext: { capabilities: { add: [SYS_MODULE] } } }]'),
    ],
    pass: [
      inContainer('securityContext: { capabilities: { add: [SYS_ADMIN] } }'),
      inContainer('securityContext: { capabilities: { drop: [SYS_MODULE] } }'),
      inPod(''),
    ],
  },
});
