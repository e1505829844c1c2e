import { edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer } from '../examples.ts';

export default control({
  id: 'pods/privileged',
  title: 'Containers do not run privileged',
  severity: 'critical',
  subject: 'container',
  why: 'A privileged container has every capability and every device of its node: whoever is in it owns the node.',
  check: ({ container }) => {
    if (container.securityContext.privileged !== true) return pass;
    return fail(`container ${container.name} sets privileged: true`, container.at('securityContext', 'privileged'));
  },
  fix: {
    safety: 'may-break',
    edits: ({ container }) => [edit.set(container.at('securityContext', 'privileged'), false)],
  },
  examples: {
    fail: [inContainer('securityContext: { privileged: true }'), inContainer('securityContext: { privileged: yes }')],
    pass: [inContainer('securityContext: { privileged: false }'), inContainer('securityContext: {}')],
  },
});
