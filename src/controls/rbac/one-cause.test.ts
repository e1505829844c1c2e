import { describe, expect, it } from 'vitest';
import { judgeText } from '../../../test/judge-example.ts';
import { controls } from '../registry.ts';
import { clusterBinding, clusterRole, group, user } from './example-grants.ts';

const rbac = controls.filter(({ id }) => id.startsWith('rbac/'));
const everything = '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}';

const told = (...subjects: readonly string[]): string[] =>
  judgeText(rbac, `${clusterRole(everything)}---\n${clusterBinding('example', ...subjects)}`)
    .findings.map(({ severity, control, message }) => `${severity} ${control.id}: ${message}`)
    .filter((text) => /anonymous|everyone|full-wildcard/.test(text))
    .sort();

describe('a role that allows everything, handed to all', () => {
  it('is grave where it is handed out, and not once more where it is written', () => {
    expect(told(group('system:unauthenticated'))).toEqual([
      'critical rbac/anonymous: anyone without credentials can do everything in the whole cluster, since ClusterRole example is given to Group system:unauthenticated',
      'low rbac/full-wildcard: Group system:unauthenticated can do everything in the whole cluster, as is told of the binding',
    ]);
    expect(told(group('system:authenticated'))[1]).toMatch(/^low rbac\/full-wildcard: .* as is told of the binding$/);
  });

  it('is grave in both places where somebody else has it, too', () => {
    expect(told(group('system:unauthenticated'), user('anne'))[1]).toMatch(/^critical rbac\/full-wildcard: /);
  });
});
