import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { checkAdded, removeAdded } from './added-capabilities.ts';
import { plainCapability } from './capability-class.ts';

export default control({
  id: 'pods/capabilities-dangerous',
  title: 'Containers add no capability that reaches the node or other pods',
  severity: 'high',
  subject: 'container',
  why: 'Each of these ends where the container does not: reading any file (DAC_READ_SEARCH), tracing processes, raw devices, kernel programs, the network of the node. ALL is all of them.',
  remedy:
    'Take the capabilities out of capabilities.add. Where one is really needed, keep that workload in a namespace of its own, on nodes of its own.',
  // A privileged container has every capability, whatever it lists.
  coveredBy: ['pods/privileged'],
  check: ({ container }) => checkAdded(container, 'dangerous', severityOf),
  fix: { safety: 'may-break', edits: ({ container }) => removeAdded(container, 'dangerous') },
  examples: {
    fail: [
      inContainer('securityContext: { capabilities: { add: [DAC_READ_SEARCH, BPF] } }'),
      inContainer('securityContext: { capabilities: { add: [CAP_SYS_PTRACE] } }'),
      inContainer('securityContext: { capabilities: { add: [ALL] } }'),
      inPod('initContainers: [{ name: setup, securityContext: { capabilities: { add: [NET_ADMIN] } } }]'),
    ],
    pass: [
      inContainer('securityContext: { capabilities: { add: [CHOWN, SYS_ADMIN] } }'),
      inContainer('securityContext: { capabilities: { drop: [ALL] } }'),
      inPod(''),
    ],
  },
});

/** ALL has SYS_ADMIN in it. */
function severityOf(names: readonly string[]) {
  return names.some((name) => plainCapability(name) === 'ALL') ? 'critical' : undefined;
}
