import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeExample, judgeText } from '../../../test/judge-example.ts';
import { formatPath } from '../../model/path.ts';
import type { AnyControl } from '../control.ts';
import aggregationCycle from './aggregation-cycle.ts';
import bindingSubjects from './binding-subjects.ts';
import certificateApproval from './certificate-approval.ts';
import clusterAdmin from './cluster-admin.ts';
import clusterPowers from './cluster-powers.ts';
import componentSecrets from './component-secrets.ts';
import controlPlaneGrants from './control-plane-grants.ts';
import danglingRole from './dangling-role.ts';
import danglingSubject from './dangling-subject.ts';
import defaultDrift from './default-drift.ts';
import defaultRoles from './default-roles.ts';
import duplicateBinding from './duplicate-binding.ts';
import { binding, clusterBinding, clusterRole, everywhere, group, inNamespace, user } from './example-grants.ts';
import fullWildcard from './full-wildcard.ts';
import impersonateMasters from './impersonate-masters.ts';
import manyRules from './many-rules.ts';
import mastersGroup from './masters-group.ts';
import namedTargets from './named-targets.ts';
import powerfulDaemonset from './powerful-daemonset.ts';
import powers from './powers.ts';
import resourcePowers from './resource-powers.ts';
import sharedServiceAccount from './shared-service-account.ts';
import unusedRole from './unused-role.ts';
import wellFormed from './well-formed.ts';
import wideGroups from './wide-groups.ts';
import wildcards from './wildcards.ts';
import workloadPowers from './workload-powers.ts';

const controls: readonly AnyControl[] = [
  ...powers,
  ...workloadPowers,
  ...clusterPowers,
  ...resourcePowers,
  ...bindingSubjects,
  aggregationCycle,
  wellFormed,
  namedTargets,
  manyRules,
  componentSecrets,
  controlPlaneGrants,
  danglingSubject,
  defaultDrift,
  duplicateBinding,
  powerfulDaemonset,
  sharedServiceAccount,
  unusedRole,
  ...wideGroups,
  certificateApproval,
  clusterAdmin,
  danglingRole,
  defaultRoles,
  fullWildcard,
  impersonateMasters,
  mastersGroup,
  wildcards,
];

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  it('fails and passes where its examples say', () => {
    for (const text of control.examples.fail) {
      expect(judgeExample(control, text).length, text).toBeGreaterThan(0);
    }
    for (const text of control.examples.pass) {
      const judgement = judgeText([control], text);
      expect(judgement.errors).toEqual([]);
      expect(
        judgement.findings.map(({ message }) => message),
        text,
      ).toEqual([]);
      expect(judgement.inputs.evaluated, text).toBeGreaterThan(0);
    }
  });
});

const account = '{kind: ServiceAccount, name: app, namespace: shop}';
const secrets = '{apiGroups: [""], resources: [secrets], verbs: [get]}';
const everything = '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}';

describe('grants together', () => {
  const findings = (text: string) =>
    judgeText(controls, text)
      .findings.map(({ control, severity, message, subject, failure }) =>
        [severity, control.id, `${subject.object.kind} ${subject.object.name}`, formatPath(failure.at), message].join(
          ' | ',
        ),
      )
      .sort();

  it.each<[string, string, readonly string[]]>([
    [
      'one finding for everything by wildcards',
      everywhere(everything),
      [
        'critical | rbac/full-wildcard | ClusterRole example | rules[0] | ServiceAccount shop/app can do everything in the whole cluster',
      ],
    ],
    [
      'one for a default role everywhere',
      clusterBinding('edit', account),
      [
        'critical | rbac/default-roles | ClusterRoleBinding given | roleRef | ServiceAccount shop/app can read Secrets, create pods, create workloads, act as service accounts and make tokens of service accounts in the whole cluster, by ClusterRole edit',
      ],
    ],
    ['none for a default role in a namespace', binding('{kind: ClusterRole, name: edit}'), []],
    [
      'one for cluster-admin in a namespace',
      binding('{kind: ClusterRole, name: cluster-admin}'),
      [
        'high | rbac/cluster-admin | RoleBinding given | roleRef | ServiceAccount shop/app can do everything in namespace shop',
      ],
    ],
    [
      'one for cluster-admin to nobody in particular',
      clusterBinding('cluster-admin', group('system:unauthenticated')),
      [
        'critical | rbac/anonymous | ClusterRoleBinding given | subjects[0] | anyone without credentials can do everything in the whole cluster, since ClusterRole cluster-admin is given to Group system:unauthenticated',
      ],
    ],
    [
      'the kind of role that a rule is in, not a binding each',
      `${everywhere(secrets)}---\n${clusterBinding('example', user('anne'), user('bob'), user('eve')).replace('name: given', 'name: more')}`,
      [
        'critical | rbac/secrets-read | ClusterRole example | rules[0] | ServiceAccount shop/app, User anne and 2 more can read Secrets in the whole cluster',
        'low | rbac/personal-bindings | ClusterRoleBinding more | subjects[0] | User anne has ClusterRole example by name, and so have 2 more',
      ],
    ],
    [
      'a ClusterRole by who has it in a namespace',
      `${clusterRole(secrets)}---\n${binding('{kind: ClusterRole, name: example}')}`,
      [
        'medium | rbac/secrets-read | ClusterRole example | rules[0] | ServiceAccount shop/app can read Secrets in namespace shop',
      ],
    ],
    [
      'bind without a binding to write as little',
      everywhere('{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}'),
      [
        'low | rbac/escalation-verbs | ClusterRole example | rules[0] | ServiceAccount shop/app can bind any role in the whole cluster',
      ],
    ],
    [
      'bind beside bindings by the right of another role',
      `${everywhere('{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}')}---\n${clusterRole('{apiGroups: [rbac.authorization.k8s.io], resources: [clusterrolebindings], verbs: [create]}').replace('name: example', 'name: other')}---\n${clusterBinding('other', account).replace('name: given', 'name: other')}`,
      [
        'critical | rbac/escalation-verbs | ClusterRole example | rules[0] | ServiceAccount shop/app can bind any role in the whole cluster',
        'low | rbac/bindings-write | ClusterRole other | rules[0] | ServiceAccount shop/app can give others the rights that they have in the whole cluster',
      ],
    ],
    [
      'groups to act as, without a user to be, as little',
      everywhere('{apiGroups: [""], resources: [groups], verbs: [impersonate], resourceNames: [ops]}'),
      [],
    ],
    [
      'all resources as one finding',
      everywhere('{apiGroups: ["*"], resources: ["*"], verbs: [get, list, patch]}'),
      [
        'critical | rbac/all-resources | ClusterRole example | rules[0] | ServiceAccount shop/app can read everything, Secrets included and change everything in the whole cluster',
      ],
    ],
    [
      'system namespaces as the whole',
      inNamespace(secrets, 'kube-system'),
      [
        'high | rbac/secrets-read | Role example | rules[0] | ServiceAccount shop/app can read Secrets in namespace kube-system',
        'info | rbac/cross-namespace-subjects | RoleBinding given | subjects[0] | ServiceAccount shop/app has Role example in namespace kube-system',
      ],
    ],
    [
      'a part of a default role with those who have that',
      `${clusterRole(secrets, '{rbac.authorization.k8s.io/aggregate-to-view: "true"}')}---\n${clusterBinding('view', group('staff'))}`,
      [
        'critical | rbac/secrets-read | ClusterRole example | rules[0] | Group staff can read Secrets in the whole cluster',
      ],
    ],
    [
      'somebody’s own role with the label of the defaults',
      clusterRole(secrets, '{kubernetes.io/bootstrapping: rbac-defaults}'),
      [
        'low | rbac/secrets-read | ClusterRole example | rules[0] | whoever is bound to it can read Secrets; nobody is in what was read',
      ],
    ],
    [
      'subjects that were added to a binding of Kubernetes',
      clusterBinding('cluster-admin', group('system:masters'), user('eve')).replace(
        'name: given',
        'name: cluster-admin',
      ),
      [
        'high | rbac/cluster-admin | ClusterRoleBinding cluster-admin | roleRef | User eve can do everything in the whole cluster',
      ],
    ],
    [
      'rights of members of system:masters as what they are',
      `${clusterRole(secrets)}---\n${clusterBinding('example', group('system:masters'))}`,
      [
        'low | rbac/masters-group | ClusterRoleBinding given | subjects[0].name | Group system:masters is bound to example, and may do anything as it is',
        'low | rbac/secrets-read | ClusterRole example | rules[0] | whoever is bound to it can read Secrets; nobody is in what was read',
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(findings(text)).toEqual(expected);
  });

  it('leave namespace administrators to people', () => {
    const { undecided } = judgeText(controls, binding('{kind: ClusterRole, name: admin}'));
    expect(undecided.map(({ control, kind }) => `${kind} ${control.id}`).sort()).toEqual([
      'manual rbac/escalation-verbs',
      'manual rbac/pods-create',
      'manual rbac/secrets-read',
      'manual rbac/token-requests',
    ]);
  });
});

describe('any JSON at all', () => {
  const word = fc.constantFrom(
    'rules',
    'verbs',
    'resources',
    'apiGroups',
    'resourceNames',
    'subjects',
    'roleRef',
    'kind',
    'name',
    'metadata',
    'labels',
    'aggregationRule',
    'clusterRoleSelectors',
    'matchLabels',
    'matchExpressions',
    '__proto__',
    'constructor',
  );
  const leaf = fc.constantFrom<unknown>(
    null,
    true,
    0,
    '',
    '*',
    'get',
    'secrets',
    'ClusterRole',
    'Group',
    'cluster-admin',
    'system:anonymous',
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(word, tie('tree'), { maxKeys: 6 }),
    ),
  }));

  it('makes none of them throw', () => {
    const kinds = fc.constantFrom('ClusterRole', 'Role', 'ClusterRoleBinding', 'RoleBinding');
    fc.assert(
      fc.property(fc.array(fc.tuple(kinds, fc.dictionary(word, tree, { maxKeys: 6 })), { maxLength: 4 }), (objects) => {
        const items = objects.map(([kind, value]) => ({ ...value, apiVersion: 'rbac.authorization.k8s.io/v1', kind }));
        const { errors } = judgeText(controls, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
        expect(errors.map(({ control, error }) => `${control.id}: ${String(error)}`)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
