import type { Facts } from '../../facts/facts.ts';
import { rbac } from '../../facts/rbac.ts';
import type { Severity } from '../../model/severity.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import type { BindingSubject } from '../../semantics/rbac/binding.ts';
import { addedSubjects, madeSubjects, subjectName } from '../../semantics/rbac/default-objects.ts';
import type { RoleRule } from '../../semantics/rbac/rule.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';
import { binding, clusterBinding, clusterRole, group, user } from './example-grants.ts';
import { lowered } from './grades.ts';
import { bindingKinds, isBindingKind, noGrant } from './grant-judging.ts';
import { type Strength, strengthOf } from './strength.ts';

interface WideRow extends Omit<ControlDefinition<'object'>, 'id' | 'subject' | 'check' | 'kinds'> {
  readonly name: string;
  /** What a subject stands for, where the row is about it. */
  readonly means: (subject: BindingSubject) => string | undefined;
  /** Of what the role gives. */
  readonly grades: Readonly<Record<Strength, Severity>>;
}

const slight = clusterRole('{nonResourceURLs: [/metrics], verbs: [get]}');
const pods = clusterRole('{apiGroups: [""], resources: [pods], verbs: [get, list]}');

/** Bindings to groups that nobody has to join, beyond those that Kubernetes itself makes. */
export default wideControls([
  {
    name: 'anonymous',
    title: 'Requests without credentials have no rights beyond the defaults',
    severity: 'critical',
    why: 'Whoever reaches the port of the API server has these rights, without an account.',
    remedy: 'Take the subject out of the binding.',
    means: ({ kind, name }) =>
      (kind === 'User' && name === 'system:anonymous') || (kind === 'Group' && name === 'system:unauthenticated')
        ? 'anyone without credentials'
        : undefined,
    grades: { strong: 'critical', some: 'critical', slight: 'low' },
    examples: {
      fail: [
        clusterBinding('cluster-admin', user('system:anonymous')),
        `${pods}---\n${clusterBinding('example', group('ops'), group('system:unauthenticated'))}`,
        clusterBinding('system:discovery', group('system:authenticated'), group('system:unauthenticated')).replace(
          'given',
          'system:discovery',
        ),
      ],
      pass: [
        clusterBinding(
          'system:public-info-viewer',
          group('system:authenticated'),
          group('system:unauthenticated'),
        ).replace('given', 'system:public-info-viewer'),
        binding('{kind: Role, name: "kubeadm:bootstrap-signer-clusterinfo"}', 'kube-public')
          .replace('given', 'kubeadm:bootstrap-signer-clusterinfo')
          .replace(/ {2}- .*/, `  - ${user('system:anonymous')}`),
      ],
    },
  },
  {
    name: 'everyone',
    title: 'Groups that hold every account have no rights beyond the defaults',
    severity: 'critical',
    why: 'Every user, or every pod that has a token, has these rights, and so has whoever breaks into one of them.',
    remedy: 'Name the group or the service accounts that need it.',
    coveredBy: ['rbac/anonymous'],
    means: ({ kind, name }) => {
      if (kind !== 'Group') return undefined;
      if (name === 'system:authenticated') return 'every user and service account';
      if (name === 'system:serviceaccounts') return 'every service account';
      const own = 'system:serviceaccounts:';
      return name.startsWith(own) ? `every service account of namespace ${name.slice(own.length)}` : undefined;
    },
    grades: { strong: 'critical', some: 'high', slight: 'info' },
    examples: {
      fail: [
        clusterBinding('cluster-admin', group('system:serviceaccounts')),
        clusterBinding('edit', group('system:authenticated')),
        `${pods}---\n${clusterBinding('example', group('system:serviceaccounts:shop'))}`,
        `${slight}---\n${clusterBinding('example', group('system:authenticated'))}`,
      ],
      pass: [
        clusterBinding('system:basic-user', group('system:authenticated')).replace('given', 'system:basic-user'),
        clusterBinding('edit', group('system:bootstrappers')),
      ],
    },
  },
]);

function wideControls(rows: readonly WideRow[]): readonly Control<'object'>[] {
  return rows.map(({ name, means, grades, ...rest }) =>
    control({
      ...rest,
      id: `rbac/${name}`,
      subject: 'object',
      kinds: bindingKinds,
      check: ({ object }, facts) => judgeWide(object, facts, { means, grades }),
    }),
  );
}

function judgeWide(
  object: KubeObject,
  facts: Facts,
  { means, grades }: Pick<WideRow, 'means' | 'grades'>,
): Verdict | readonly Failure[] {
  if (!isBindingKind(object.kind)) return noGrant;
  const known = facts.get(rbac);
  const bound = known.bindingOf(object);
  if (bound === undefined) return notApplicable('it names no role');
  const failures: Failure[] = [];
  const tell = (subject: BindingSubject, rules: readonly RoleRule[] | undefined, more: string): void => {
    const who = means(subject);
    if (who === undefined) return;
    const { strength, does } = strengthOf(rules, bound);
    const where = bound.scope === 'cluster' ? 'the whole cluster' : `namespace ${object.namespace ?? 'of the binding'}`;
    const role = `${bound.role.kind} ${bound.role.name}`;
    const says =
      does === undefined
        ? `${subjectName(subject)}, which is ${who}, has ${more === '' ? role : `rights in ${role}`} in ${where}`
        : `${who} can ${does} in ${where}, since ${role} is given to ${subjectName(subject)}`;
    failures.push(
      fail(`${says}${more}`, [...subject.path], {
        severity: ofOneNamespace(subject) ? lowered(grades[strength]) : grades[strength],
        key: subjectName(subject),
      }),
    );
  };
  for (const subject of addedSubjects(bound)) tell(subject, known.rulesOf(bound), '');
  // Of what Kubernetes gives them, only what was added to its role: reviews of oneself are none of that.
  const role = known.roleOf(bound);
  const excess = role === undefined ? [] : known.excessOf(role).filter((rule) => !isOfOneself(rule));
  if (excess.length === 0) return failures.length === 0 ? pass : failures;
  for (const subject of madeSubjects(bound)) tell(subject, excess, ', by rules that Kubernetes does not ship');
  return failures.length === 0 ? pass : failures;
}

function ofOneNamespace({ kind, name }: BindingSubject): boolean {
  return kind === 'Group' && name.startsWith('system:serviceaccounts:');
}

/** Versions add such to the role that every account has. */
function isOfOneself({ resources, nonResourceURLs }: RoleRule): boolean {
  return nonResourceURLs.length === 0 && resources.every((resource) => resource.startsWith('self'));
}
