import { rbac } from '../../facts/rbac.ts';
import { fail, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import type { Binding, BindingSubject } from '../../semantics/rbac/binding.ts';
import { addedSubjects } from '../../semantics/rbac/default-objects.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';
import { binding, clusterBinding, group, user } from './example-grants.ts';
import { bindingKinds, isBindingKind, noGrant } from './grant-judging.ts';

interface SubjectRow extends Omit<ControlDefinition<'object'>, 'id' | 'subject' | 'check' | 'kinds'> {
  readonly name: string;
  /** What is wrong with a subject, or with all of them; undefined where nothing is. */
  readonly says: (subject: BindingSubject, binding: Binding) => string | undefined;
}

const view = '{kind: ClusterRole, name: view}';
const mostSubjects = 20;

/** How bindings name those to whom they give. */
export default subjectControls([
  {
    name: 'personal-bindings',
    title: 'Bindings name groups rather than single people',
    severity: 'low',
    why: 'A person who leaves or changes teams keeps what is bound to their name: nobody looks there, while groups are kept up to date where people are.',
    remedy: 'Bind a group of your identity provider.',
    coveredBy: ['rbac/cluster-admin', 'rbac/default-roles', 'rbac/anonymous', 'rbac/control-plane-grants'],
    says: ({ kind, name }, { role }) =>
      kind === 'User' && !name.startsWith('system:') ? `User ${name} has ${role.kind} ${role.name} by name` : undefined,
    examples: {
      fail: [clusterBinding('view', user('anne')), clusterBinding('view', group('ops'), user('anne@example.com'))],
      pass: [clusterBinding('view', group('ops')), clusterBinding('view', user('system:kube-proxy')), binding(view)],
    },
  },
  {
    name: 'cross-namespace-subjects',
    title: 'Service accounts have rights in their own namespace alone',
    severity: 'info',
    why: 'Who runs pods in the other namespace has these rights here: whoever looks after this one does not see them.',
    remedy: 'Give the right to a service account of this namespace, unless the program is meant to serve several.',
    coveredBy: ['rbac/dangling-subject'],
    says: ({ kind, name, namespace }, { scope, object, role }) => {
      if (kind !== 'ServiceAccount' || scope === 'cluster' || namespace === undefined) return undefined;
      if (object.namespace === undefined || object.namespace === namespace || namespace === 'kube-system')
        return undefined;
      return `ServiceAccount ${namespace}/${name} has ${role.kind} ${role.name} in namespace ${object.namespace}`;
    },
    examples: { fail: [binding(view, 'team')], pass: [binding(view), clusterBinding('view', group('ops'))] },
  },
  {
    name: 'many-subjects',
    title: 'Bindings name few subjects',
    severity: 'info',
    why: 'Nobody checks a list of many names for the one that should have gone.',
    remedy: 'Bind a group instead.',
    says: (subject, { subjects }) =>
      subjects.length > mostSubjects && subject === subjects[0] ? `it names ${subjects.length} subjects` : undefined,
    examples: {
      fail: [clusterBinding('view', ...Array.from({ length: 21 }, (_, index) => group(`team-${index}`)))],
      pass: [clusterBinding('view', ...Array.from({ length: 20 }, (_, index) => group(`team-${index}`)))],
    },
  },
]);

function subjectControls(rows: readonly SubjectRow[]): readonly Control<'object'>[] {
  return rows.map(({ name, says, ...rest }) =>
    control({
      ...rest,
      id: `rbac/${name}`,
      subject: 'object',
      kinds: bindingKinds,
      check: ({ object }, facts): Verdict => {
        if (!isBindingKind(object.kind)) return noGrant;
        const bound = facts.get(rbac).bindingOf(object);
        if (bound === undefined) return notApplicable('it names no role');
        // One finding a binding, however many it names.
        let first: { readonly message: string; readonly subject: BindingSubject } | undefined;
        let count = 0;
        for (const subject of addedSubjects(bound)) {
          const message = says(subject, bound);
          if (message === undefined) continue;
          first ??= { message, subject };
          count += 1;
        }
        if (first === undefined) return pass;
        const more = count > 1 ? `, and so have ${count - 1} more` : '';
        return fail(`${first.message}${more}`, [...first.subject.path]);
      },
    }),
  );
}
