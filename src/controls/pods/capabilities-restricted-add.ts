import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';
import { checkAdded, removeAdded } from './added-capabilities.ts';

export default control({
  id: 'pods/capabilities-restricted-add',
  title: 'Containers add no capability but NET_BIND_SERVICE',
  severity: 'medium',
  subject: 'container',
  why: 'An application that runs as an ordinary user needs no capability, unless it listens on a port below 1024; Pod Security refuses any other at the restricted level.',
  remedy: 'Take the capability out of capabilities.add, and run the program as the user that it needs to be.',
  // A privileged container has every capability, whatever it lists.
  coveredBy: ['pods/privileged'],
  check: ({ pod, container }) => {
    if (pod.os === 'windows') return notOnWindows;
    return checkAdded(container, 'beyond-restricted');
  },
  fix: { safety: 'may-break', edits: ({ container }) => removeAdded(container, 'beyond-restricted') },
  examples: {
    fail: [
      inContainer('securityContext: { capabilities: { drop: [ALL], add: [CHOWN, SETUID] } }'),
      inPod('initContainers: [{ name: setup, securityContext: { capabilities: { add: [NET_BIND_SERVICE, KILL] } } }]'),
    ],
    pass: [
      inContainer('securityContext: { capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] } }'),
      inContainer('securityContext: { capabilities: { add: [SYS_ADMIN] } }'),
      inPod('os: { name: windows }'),
    ],
  },
});
