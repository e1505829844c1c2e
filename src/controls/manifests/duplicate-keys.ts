import { formatPath } from '../../model/path.ts';
import { fail, notApplicable } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'manifests/duplicate-keys',
  title: 'Manifests give each key once',
  severity: 'medium',
  subject: 'object',
  why: 'Of a repeated key only the last counts, so a reviewer who stops at the first one approves what is not applied.',
  remedy: 'Remove the occurrence that is not meant. `kubectl apply --validate=strict` refuses such a manifest.',
  check: ({ object }) => {
    // No pass: it would count an object of a kind that nothing else judges as evaluated.
    if (object.duplicateKeys === undefined) return notApplicable('no key is repeated');
    return object.duplicateKeys.map(({ path }) => {
      const where = formatPath(path);
      return fail(`${where} is given more than once, and only the last one counts`, path, { key: where });
    });
  },
  examples: {
    fail: [
      inContainer('securityContext: { privileged: false }\nsecurityContext: { privileged: true }'),
      inPod('hostPID: false\nhostPID: true'),
    ],
    pass: [inContainer('securityContext: { privileged: false }'), inPod('hostPID: false\nhostIPC: false')],
  },
});
