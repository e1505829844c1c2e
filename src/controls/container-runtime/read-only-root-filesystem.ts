import { edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';

export default control({
  id: 'container-runtime/read-only-root-filesystem',
  title: 'Containers cannot change their own root filesystem',
  severity: 'medium',
  subject: 'container',
  why: 'With a writable root filesystem an intruder can bring tools, replace the program and leave something behind that the next start runs.',
  remedy:
    'Set readOnlyRootFilesystem: true, and mount an emptyDir with a sizeLimit where the program has to write, such as /tmp.',
  check: ({ pod, container }) => {
    const { readOnlyRootFilesystem } = container.securityContext;
    if (readOnlyRootFilesystem === true) return pass;
    if (pod.os === 'windows') return notOnWindows;
    const said =
      readOnlyRootFilesystem === false ? 'readOnlyRootFilesystem is false' : 'readOnlyRootFilesystem is not set';
    const at = container.at('securityContext', 'readOnlyRootFilesystem');
    return fail(`container ${container.name} can write to its root filesystem: ${said}`, at);
  },
  fix: {
    safety: 'may-break',
    edits: ({ container }) => [edit.set(container.at('securityContext', 'readOnlyRootFilesystem'), true)],
  },
  examples: {
    fail: [
      inContainer('securityContext: { readOnlyRootFilesystem: no }'),
      inContainer('securityContext: {}'),
      inPod('securityContext: { readOnlyRootFilesystem: true }'),
    ],
    pass: [inContainer('securityContext: { readOnlyRootFilesystem: yes }'), inPod('os: { name: windows }')],
  },
});
