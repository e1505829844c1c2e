import type { KubeObject } from '../../model/snapshot.ts';
import type { LoadedPolicies, LoadOptions, PolicyProblem } from './policy-set.ts';

export type {
  AccessAnswer,
  AccessAttributes,
  AdmissionPolicySet,
  Authorise,
  EvaluateOptions,
  LoadedPolicies,
  LoadOptions,
  PolicyDecision,
  PolicyProblem,
  ResourceRule,
} from './policy-set.ts';

/**
 * Reads ValidatingAdmissionPolicies and their bindings among `objects` and compiles their expressions. What cannot be
 * evaluated is refused here, by name, and is not in the set.
 */
export async function loadAdmissionPolicies(
  objects: readonly KubeObject[],
  _options: LoadOptions,
): Promise<LoadedPolicies> {
  const problems: PolicyProblem[] = [];
  for (const object of objects) {
    if (object.kind !== 'ValidatingAdmissionPolicy') continue;
    const message = `ValidatingAdmissionPolicy ${object.name}: expressions cannot be evaluated yet`;
    problems.push({ object, path: ['spec'], message, severity: 'error' });
  }
  return {
    policies: {
      names: [],
      rules: [],
      evaluate: () => ({
        allowed: true,
        denials: [],
        warnings: [],
        auditAnnotations: new Map(),
        patch: [],
        serverAnswer: undefined,
      }),
    },
    problems,
  };
}
