import { defineFact } from '../../facts/facts.ts';
import { isList } from '../../model/json.ts';
import { stringsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { binding, policy } from './examples.ts';

const group = 'admissionregistration.k8s.io';
const kinds: ReadonlySet<string> = new Set([`${group}/ValidatingAdmissionPolicy`, `${group}/MutatingAdmissionPolicy`]);

/** The bindings of each policy, by `kind/name`. */
const bindings = defineFact('policy-bindings', ({ snapshot }): ReadonlyMap<string, readonly KubeObject[]> => {
  const found = new Map<string, KubeObject[]>();
  for (const object of snapshot.objects) {
    const kind = groupKind(object);
    if (!kind.endsWith('AdmissionPolicyBinding') || !kinds.has(kind.slice(0, -'Binding'.length))) continue;
    const name = valueAt(object.value, ['spec', 'policyName']);
    const key = `${object.kind.slice(0, -'Binding'.length)}/${typeof name === 'string' ? name : ''}`;
    const listed = found.get(key);
    if (listed === undefined) found.set(key, [object]);
    else listed.push(object);
  }
  return found;
});

export default control({
  id: 'admission/policy-enforced',
  title: 'Admission policies refuse what they find',
  severity: 'medium',
  subject: 'object',
  kinds: ['ValidatingAdmissionPolicy', 'MutatingAdmissionPolicy'],
  why: 'A policy without a binding is never asked, one whose bindings only warn or audit refuses nothing, and one that fails open lets in what it cannot judge: it looks as if something were guarded.',
  remedy: 'Bind it with validationActions: [Deny], and leave failurePolicy at Fail.',
  check: ({ object }, facts) => {
    if (!kinds.has(groupKind(object))) return notApplicable('it is no admission policy');
    const bound = facts.get(bindings).get(`${object.kind}/${object.name}`) ?? [];
    const isManifest = facts.snapshot.cluster === undefined;
    if (bound.length === 0) {
      // Manifests of policies are often kept apart from their bindings.
      const message = `no binding in what was read puts ${object.kind} ${object.name} into force`;
      return fail(message, ['metadata', 'name'], isManifest ? { severity: 'low' } : {});
    }
    if (object.kind === 'ValidatingAdmissionPolicy' && bound.every((each) => !denies(each))) {
      const names = bound.map(({ name }) => name).slice(0, 3);
      return fail(`${object.name} refuses nothing: ${names.join(', ')} only warns or audits`, ['metadata', 'name']);
    }
    if (valueAt(object.value, ['spec', 'failurePolicy']) !== 'Ignore') return pass;
    return fail(`${object.name} lets in what it cannot judge: failurePolicy is Ignore`, ['spec', 'failurePolicy'], {
      severity: 'low',
    });
  },
  examples: {
    fail: [
      policy(''),
      `${policy('')}---\n${binding('validationActions: [Warn, Audit]')}`,
      `${policy('failurePolicy: Ignore')}---\n${binding('validationActions: [Deny]')}`,
    ],
    pass: [`${policy('')}---\n${binding('validationActions: [Deny]')}`],
  },
});

/** `validationActions` is required; its absence is that of a manifest that the API server refuses. */
function denies({ value }: KubeObject): boolean {
  const actions = valueAt(value, ['spec', 'validationActions']);
  return !isList(actions) || stringsIn(actions).includes('Deny');
}
