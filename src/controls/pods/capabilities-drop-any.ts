import { edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';

const list = ['securityContext', 'capabilities', 'drop'] as const;

export default control({
  id: 'pods/capabilities-drop-any',
  title: 'Containers drop at least some capabilities',
  severity: 'low',
  subject: 'container',
  why: 'A container that drops nothing shows that nobody has asked which capabilities of root it needs.',
  remedy: 'Set capabilities.drop to ["ALL"].',
  coveredBy: ['pods/privileged', 'pods/capabilities-drop-all'],
  check: ({ pod, container }) => {
    if (pod.os === 'windows') return notOnWindows;
    if (container.securityContext.capabilities.drop.length > 0) return pass;
    return fail(`container ${container.name} drops no capabilities`, container.at(...list));
  },
  fix: { safety: 'may-break', edits: ({ container }) => [edit.append(container.at(...list), 'ALL')] },
  examples: {
    fail: [inContainer('securityContext: { capabilities: { drop: [] } }'), inPod('')],
    pass: [inContainer('securityContext: { capabilities: { drop: [NET_RAW] } }'), inPod('os: { name: windows }')],
  },
});
