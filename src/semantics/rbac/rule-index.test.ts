import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { type GrantedRule, RoleBook } from './role-book.ts';
import type { RbacRequest } from './rule.ts';
import { ruleAllows } from './rule.ts';
import { allowsForNames, RuleIndex } from './rule-index.ts';

const some = <T>(values: readonly T[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 });
const rule = fc.record({
  verbs: some(['get', 'list', '*']),
  apiGroups: some(['', 'apps', '*']),
  resources: some(['pods', 'pods/log', '*/log', '*', 'pods/*', '__proto__']),
  resourceNames: some(['a', '', 'b']),
  nonResourceURLs: some(['/metrics', '/a*', '*']),
});
const request: fc.Arbitrary<RbacRequest> = fc.oneof(
  fc.record({
    verb: fc.constantFrom('get', 'list', 'watch'),
    apiGroup: fc.constantFrom('', 'apps'),
    resource: fc.constantFrom('pods', 'nodes', '*', '__proto__'),
    subresource: fc.constantFrom('', 'log'),
    name: fc.constantFrom('', 'a', 'c'),
  }),
  fc.record({ verb: fc.constantFrom('get', 'post'), path: fc.constantFrom('/metrics', '/a/b', '/') }),
);

describe('the index of rules', () => {
  it('finds what a walk over all rules finds', () => {
    fc.assert(
      fc.property(fc.array(fc.array(rule, { maxLength: 4 }), { maxLength: 5 }), request, (roles, asked) => {
        const index = new RuleIndex<number>();
        const granted = roles.map((rules) => rulesOf(rules));
        for (const [role, rules] of granted.entries()) index.add(role, rules);
        const walked = granted.flatMap((rules, role) => {
          const whole = rules.find((each) => ruleAllows(each.rule, asked));
          const named = rules.find((each) => !ruleAllows(each.rule, asked) && allowsForNames(each.rule, asked));
          return whole === undefined && named === undefined ? [] : [[role, whole?.rule.index, named?.rule.index]];
        });
        const found = [...index.find(asked)].map(([role, { whole, named }]) => [
          ...[role, whole?.rule.index, named?.rule.index],
        ]);
        expect(found.sort(([a = 0], [b = 0]) => a - b)).toEqual(walked);
      }),
      { numRuns: 300 },
    );
  });
});

function rulesOf(rules: readonly object[]): readonly GrantedRule[] {
  const text = JSON.stringify({
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'x' }, rules },
  });
  const { objects } = decodeManifest(text, 'x.json');
  const role = objects[0];
  return role === undefined ? [] : new RoleBook(objects).rulesOf(role);
}
