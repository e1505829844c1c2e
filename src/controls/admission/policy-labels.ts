import { valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { binding, policy } from './examples.ts';
import { labelChoice } from './label-choice.ts';

const group = 'admissionregistration.k8s.io';

/** Where a policy and its binding say what they are about. */
const matching: ReadonlyMap<string, string> = new Map([
  [`${group}/ValidatingAdmissionPolicy`, 'matchConstraints'],
  [`${group}/ValidatingAdmissionPolicyBinding`, 'matchResources'],
]);

export default control({
  id: 'admission/policy-labels',
  title: 'Nobody labels an object past the policy that guards it',
  severity: 'medium',
  subject: 'object',
  kinds: ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
  why: 'Whoever writes an object chooses its labels: a selector on them lets people decide for themselves whether they are checked.',
  remedy: 'Take objectSelector out, and leave out namespaces by kubernetes.io/metadata.name, which nobody can set.',
  check: ({ object }) => {
    const field = matching.get(groupKind(object));
    if (field === undefined) return notApplicable('it is no admission policy');
    const failures: Failure[] = [];
    for (const selector of ['objectSelector', 'namespaceSelector']) {
      const at = ['spec', field, selector];
      const choice = labelChoice(valueAt(object.value, at));
      const isObjects = selector === 'objectSelector';
      if (choice === undefined || (!isObjects && !choice.isOut)) continue;
      const what = isObjects ? 'objects' : 'namespaces';
      const message = `${object.name} leaves out ${what} ${choice.says}, which whoever writes them decides`;
      failures.push(fail(message, at, { key: selector, ...(!isObjects && { severity: 'low' as const }) }));
    }
    return failures;
  },
  examples: {
    fail: [
      binding('validationActions: [Deny], matchResources: {objectSelector: {matchLabels: {guarded: "yes"}}}'),
      binding(
        'validationActions: [Deny], matchResources: {namespaceSelector: {matchExpressions: [{key: skip, operator: DoesNotExist}]}}',
      ),
    ],
    pass: [
      `${policy('')}---\n${binding('validationActions: [Deny]')}`,
      binding(
        'validationActions: [Deny], matchResources: {namespaceSelector: {matchLabels: {pod-security.kubernetes.io/enforce: restricted}}}',
      ),
    ],
  },
});
