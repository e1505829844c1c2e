import { edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'pods/privileged',
  title: 'Containers do not run privileged',
  severity: 'critical',
  subject: 'container',
  why: 'A privileged container has every capability and every device of its node: whoever is in it owns the node.',
  remedy: 'Remove privileged, and give the container the one capability, device or mount that it needs instead.',
  check: ({ container }) => {
    if (container.securityContext.privileged !== true) return pass;
    return fail(`container ${container.name} sets privileged: true`, container.at('securityContext', 'privileged'));
  },
  fix: {
    safety: 'may-break',
    edits: ({ container }) => [edit.set(container.at('securityContext', 'privileged'), false)],
  },
  examples: {
    fail: [
      inContainer('securityContext: { privileged: true }'),
      inContainer('securityContext: { privileged: yes }'),
      inPod(
        'initContainers: [{ name: setup, image: registry.example/setup:1.0, securityContext: { privileged: true } }]',
      ),
      inPod('ephemeralContainers: [{ name: debug, image: busybox:1.37, securityContext: { privileged: true } }]'),
    ],
    pass: [
      inContainer('securityContext: { privileged: false }'),
      inContainer('securityContext: {}'),
      // The pod's securityContext has no such field.
      inPod('securityContext: { privileged: true }'),
    ],
  },
});
