import { baselineCapabilities } from '../../semantics/pod-security/allowed.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { checkAdded, removeAdded } from './added-capabilities.ts';
import { plainCapability } from './capability-class.ts';

export default control({
  id: 'pods/capabilities-baseline-add',
  title: 'Containers add only capabilities that the Pod Security baseline knows',
  severity: 'high',
  subject: 'container',
  why: 'What lies outside the default set of the runtimes is rarely needed by an application, and Pod Security refuses it at the baseline level.',
  remedy: 'Take the capability out of capabilities.add, or find what needs it and give it a narrower way.',
  // A privileged container has every capability, whatever it lists.
  coveredBy: ['pods/privileged'],
  check: ({ container }) => checkAdded(container, 'beyond-baseline', severityOf),
  fix: { safety: 'may-break', edits: ({ container }) => removeAdded(container, 'beyond-baseline') },
  examples: {
    fail: [
      inContainer('securityContext: { capabilities: { add: [SYS_NICE, IPC_LOCK] } }'),
      // Pod Security compares names exactly.
      inContainer('securityContext: { capabilities: { add: [chown] } }'),
      inPod('ephemeralContainers: [{ name: debug, securityContext: { capabilities: { add: [SYS_RESOURCE] } } }]'),
    ],
    pass: [
      inContainer('securityContext: { capabilities: { add: [CHOWN, NET_BIND_SERVICE] } }'),
      inContainer('securityContext: { capabilities: { drop: [SYS_NICE] } }'),
      inPod(''),
    ],
  },
});

/** A default capability by another spelling is refused all the same, but does no harm. */
function severityOf(names: readonly string[]) {
  return names.every((name) => baselineCapabilities.has(plainCapability(name))) ? 'medium' : undefined;
}
