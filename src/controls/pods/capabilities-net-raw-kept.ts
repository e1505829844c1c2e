import type { Container } from '../../model/container.ts';
import { type Edit, edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';
import { dropsCapability, plainCapability, unique } from './capability-class.ts';

const drop = ['securityContext', 'capabilities', 'drop'] as const;
const add = ['securityContext', 'capabilities', 'add'] as const;

export default control({
  id: 'pods/capabilities-net-raw-kept',
  title: 'Containers give up NET_RAW',
  severity: 'medium',
  subject: 'container',
  why: 'Most runtimes give every container NET_RAW, with which it forges packets and takes the traffic of its neighbours.',
  remedy: 'Drop NET_RAW, or better ALL.',
  coveredBy: [
    'pods/privileged',
    'pods/capabilities-drop-all',
    'pods/capabilities-net-raw-added',
    'pods/capabilities-dangerous',
  ],
  check: ({ pod, container }) => {
    if (pod.os === 'windows') return notOnWindows;
    if (!dropsCapability(container, 'NET_RAW')) {
      return fail(`container ${container.name} does not drop NET_RAW`, container.at(...drop));
    }
    if (container.securityContext.capabilities.add.length === 0) return pass;
    const [added] = returners(container);
    if (added === undefined) return pass;
    return fail(`container ${container.name} drops NET_RAW, but adds ${added}`, container.at(...add));
  },
  fix: {
    safety: 'may-break',
    edits: ({ container }) => {
      const edits: Edit[] = [];
      if (!dropsCapability(container, 'NET_RAW')) edits.push(edit.append(container.at(...drop), 'NET_RAW'));
      const added = returners(container);
      if (added.length > 0) edits.push(edit.removeItems(container.at(...add), added));
      return edits;
    },
  },
  examples: {
    fail: [
      inPod(''),
      inContainer('securityContext: { capabilities: { drop: [CHOWN] } }'),
      inContainer('securityContext: { capabilities: { drop: [CAP_NET_RAW] } }'),
      inContainer('securityContext: { capabilities: { drop: [ALL], add: [NET_RAW] } }'),
    ],
    pass: [
      inContainer('securityContext: { capabilities: { drop: [NET_RAW] } }'),
      inContainer('securityContext: { capabilities: { drop: [all], add: [CHOWN] } }'),
      inPod('os: { name: windows }'),
    ],
  },
});

/** Added names that give NET_RAW back: the runtime adds after it drops. */
function returners(container: Container): readonly string[] {
  return unique(
    container.securityContext.capabilities.add.filter((name) => {
      const plain = plainCapability(name);
      return plain === 'NET_RAW' || plain === 'ALL';
    }),
  );
}
