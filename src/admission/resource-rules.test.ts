import { expect, it } from 'vitest';
import type { ResourceRule } from '../semantics/admission-policy/index.ts';
import { mergedRules, rulesWithout } from './resource-rules.ts';

const rule = (scope: ResourceRule['scope'], ...resources: string[]): ResourceRule => ({
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources,
  scope,
});

it('rules become one where only their resources differ, and patterns stand alone', () => {
  const rules = [rule('*', 'secrets', 'pods/*'), rule('*', 'pods/log'), rule('*', '*'), rule('Namespaced', 'pods')];
  expect(mergedRules(rules)).toEqual([
    rule('*', '*'),
    rule('*', 'pods/*'),
    rule('*', 'pods/log', 'secrets'),
    rule('Namespaced', 'pods'),
  ]);
});

it('what is covered is not sent twice, and what only seems so is', () => {
  const rules = [rule('*', 'pods', 'secrets')];
  expect(rulesWithout(rules, [rule('*', 'pods')])).toEqual([rule('*', 'secrets')]);
  expect(rulesWithout(rules, [rule('Namespaced', 'pods')])).toEqual(rules);
});
