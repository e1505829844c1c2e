import { edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

const field = ['securityContext', 'procMount'] as const;

export default control({
  id: 'pods/proc-mount',
  title: 'The runtime masks /proc in containers',
  severity: 'high',
  subject: 'container',
  why: 'The masked parts of /proc are settings and memory of the kernel that all share: unmasked, a root process in the container reads and writes them.',
  remedy: 'Remove procMount, so that the runtime masks what it should of /proc.',
  coveredBy: ['pods/privileged'],
  check: ({ pod, container }) => {
    const { procMount } = container.securityContext;
    if (procMount === undefined || procMount === 'Default') return pass;
    // Root in a user namespace has no power over the node's kernel; baseline allows it since 1.35.
    if (pod.hostUsers === false) return pass;
    return fail(`container ${container.name} sets procMount: ${procMount}`, container.at(...field));
  },
  fix: { safety: 'may-break', edits: ({ container }) => [edit.remove(container.at(...field))] },
  examples: {
    fail: [
      inContainer('securityContext: { procMount: Unmasked }'),
      inPod('hostUsers: true\ninitContainers: [{ name: setup, securityContext: { procMount: Unmasked } }]'),
    ],
    pass: [
      inContainer('securityContext: { procMount: Default }'),
      inPod('hostUsers: false\ninitContainers: [{ name: setup, securityContext: { procMount: Unmasked } }]'),
    ],
  },
});
