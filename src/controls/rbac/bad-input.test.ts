import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { formatPath } from '../../model/path.ts';
import { controls } from '../registry.ts';
import { binding, clusterBinding, clusterRole, user } from './example-grants.ts';
import { ofServer } from './stored.ts';

const own = controls.filter(({ id }) => id.startsWith('rbac/'));
const pods = '{apiGroups: [""], resources: [pods], verbs: [get]}';

/** What a scan says, with the object and the place that it names. */
function told(text: string): readonly string[] {
  return judgeText(own, text)
    .findings.map(({ control, message, subject, failure }) =>
      [control.id, `${subject.object.kind} ${subject.object.name}`, formatPath(failure.at), message].join(' | '),
    )
    .sort();
}

const aggregated = (name: string, selectors: string): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ${name}, labels: {role: ${name}}}
aggregationRule: {clusterRoleSelectors: ${selectors}}
rules: []
`;

describe('input that is not as it should be is told by the object’s name', () => {
  it.each<[string, string, string]>([
    [
      'a role that does not exist',
      `${ofServer(binding('{kind: Role, name: gone}'))}---\n${ofServer(clusterRole(pods))}---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {uid: x, name: there, namespace: team}
rules: []
`,
      'rbac/dangling-role | RoleBinding given | roleRef.name | Role gone does not exist',
    ],
    [
      'a role that does not exist, and that others may create',
      `${ofServer(clusterBinding('gone', '{kind: Group, name: ops}'))}---
${ofServer(clusterRole('{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [create]}'))}---
${ofServer(clusterBinding('example', '{kind: Group, name: ops}')).replace('name: given', 'name: makers')}`,
      'rbac/dangling-role | ClusterRoleBinding given | roleRef.name | ClusterRole gone does not exist, and others than administrators may create it',
    ],
    [
      'an account that does not exist',
      `${ofServer(binding('{kind: ClusterRole, name: view}'))}---
apiVersion: v1
kind: ServiceAccount
metadata: {name: other, namespace: shop}
`,
      'rbac/dangling-subject | RoleBinding given | subjects[0].name | ServiceAccount shop/app does not exist, and would have ClusterRole view',
    ],
    [
      'an aggregation that comes back by way of others',
      ['one', 'two', 'three']
        .map((name, index, all) => aggregated(name, `[{matchLabels: {role: ${all[(index + 1) % 3]}}}]`))
        .join('---\n'),
      'rbac/aggregation-cycle | ClusterRole two | aggregationRule.clusterRoleSelectors | it selects ClusterRole three, which selects it back',
    ],
    [
      'a list that is none',
      clusterRole('{apiGroups: "", resources: [pods], verbs: [get]}'),
      'rbac/well-formed | ClusterRole example | rules[0] | rules[0] has apiGroups that are no list of strings',
    ],
    [
      'rules that are none',
      clusterRole(pods).replace(/rules:[^]*/, 'rules: all\n'),
      'rbac/well-formed | ClusterRole example | rules | rules is not a list',
    ],
    [
      'a reference that is none',
      binding('view'),
      'rbac/well-formed | RoleBinding given | roleRef | roleRef names no role',
    ],
    [
      'a subject whose name nobody sees whole',
      clusterBinding('view', user('anne\\u001b[31m')),
      'rbac/well-formed | ClusterRoleBinding given | subjects[0] | subjects[0] is a User whose name holds characters that nobody sees',
    ],
    [
      'a role whose name nobody sees whole',
      clusterRole(pods).replace('name: example', 'name: "view\\u202e"'),
      'rbac/well-formed | ClusterRole view\u202e | metadata.name | the name of the ClusterRole holds characters that nobody sees',
    ],
  ])('%s', (_, text, expected) => {
    expect(told(text)).toContain(expected);
  });

  it.each<[string, string]>([
    ['selectors that are no objects', aggregated('odd', '[x, 7, null, []]')],
    ['selectors that are no list', aggregated('odd', 'everything')],
    ['an aggregation that is none', aggregated('odd', '{}')],
  ])('%s give nobody anything', (_, text) => {
    const all = `${text}---\n${clusterBinding('odd', '{kind: Group, name: ops}')}---\n${clusterRole(pods)}`;
    const { errors, findings } = judgeText(own, all);
    expect(errors).toEqual([]);
    expect(findings.filter(({ message }) => message.includes('can '))).toEqual([]);
  });

  it('takes 10,000 rules in one role, and tells of the one that matters', () => {
    const rules = Array.from({ length: 10_000 }, (_, index) =>
      index === 9_000
        ? '  - {apiGroups: [""], resources: [secrets], verbs: [list]}\n'
        : `  - {apiGroups: [""], resources: [things-${index}], verbs: [get]}\n`,
    ).join('');
    const text = `${clusterRole(pods).replace(/rules:[^]*/, 'rules:\n')}${rules}---
${clusterBinding('example', '{kind: Group, name: ops}')}`;
    expect(told(text)).toEqual([
      'rbac/many-rules | ClusterRole example | rules | it has 10000 rules',
      'rbac/secrets-read | ClusterRole example | rules[9000] | Group ops can read Secrets in the whole cluster',
    ]);
  });

  it('takes a chain of 2,000 roles that are put together of each other', () => {
    const roles = Array.from({ length: 2_000 }, (_, index) =>
      aggregated(`r${index}`, `[{matchLabels: {role: r${index + 1}}}]`),
    );
    expect(told(roles.join('---\n'))).toEqual([]);
  });
});
