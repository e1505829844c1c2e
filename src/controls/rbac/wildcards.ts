import type { Severity } from '../../model/severity.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import type { RoleRule } from '../../semantics/rbac/rule.ts';
import { control } from '../control.ts';
import { clusterRole, everywhere, inNamespace } from './example-grants.ts';
import { gradeOf } from './grades.ts';
import { grantingOf, listed, ofVendor, roleKinds } from './grant-judging.ts';
import { coveringControls } from './power-control.ts';
import { powerRows } from './power-rows.ts';

export default control({
  id: 'rbac/wildcards',
  title: 'Rules of roles use no wildcards',
  severity: 'medium',
  subject: 'object',
  kinds: roleKinds,
  why: 'A wildcard also stands for the verbs and resources that nobody thought of, and for those that the next version brings.',
  remedy: 'List the groups, resources, verbs and paths that are needed.',
  coveredBy: [
    ...coveringControls,
    'rbac/all-resources',
    'rbac/all-groups',
    ...[...powerRows.keys()].map((name) => `rbac/${name}`),
    'rbac/certificate-approval',
  ],
  check: ({ object }, facts) => {
    const granting = grantingOf(object, facts);
    if (granting.kind === 'binding') return pass;
    if (granting.kind !== 'role') return granting;
    const { rules, holders } = granting;
    return rules.flatMap((rule): readonly Failure[] => {
      const fields = wildcardsIn(rule);
      const [first] = fields;
      if (first === undefined) return [];
      const message = `a rule allows ${said(rule)}, by a wildcard in ${listed(fields)}`;
      const severity = gradeOf(weight(rule, fields), holders);
      const failure = fail(message, ['rules', rule.index, first], { severity, key: said(rule), items: [] });
      return [ofVendor(failure, granting)];
    });
  },
  examples: {
    fail: [
      everywhere('{apiGroups: [apps], resources: [deployments, "*"], verbs: [get]}'),
      everywhere('{apiGroups: [""], resources: [events], verbs: ["*"]}'),
      inNamespace('{apiGroups: ["*"], resources: [events], verbs: [get]}'),
      clusterRole('{nonResourceURLs: ["*"], verbs: [get]}'),
    ],
    pass: [
      everywhere('{apiGroups: [""], resources: [events], verbs: [get, list]}'),
      everywhere('{nonResourceURLs: [/metrics, /healthz/*], verbs: [get]}'),
      clusterRole(
        '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}',
        '{kubernetes.io/bootstrapping: rbac-defaults}',
      ).replace('name: example', 'name: cluster-admin'),
    ],
  },
});

const fields = ['verbs', 'apiGroups', 'resources', 'nonResourceURLs'] as const;

function wildcardsIn(rule: RoleRule): readonly (typeof fields)[number][] {
  return fields.filter((field) => rule[field].includes('*'));
}

/** A group of somebody's own holds less than one of Kubernetes; nothing beyond reading harms less than the rest. */
function weight(rule: RoleRule, wild: readonly string[]): Severity {
  const isOwn = rule.apiGroups.length > 0 && rule.apiGroups.every((group) => !isOfKubernetes(group));
  const reads = rule.verbs.every((verb) => verb === 'get' || verb === 'list' || verb === 'watch');
  return isOwn || reads || !(wild.includes('verbs') || wild.includes('resources')) ? 'low' : 'medium';
}

function isOfKubernetes(group: string): boolean {
  return group === '*' || !group.includes('.') || group.endsWith('.k8s.io');
}

function said({ verbs, apiGroups, resources, nonResourceURLs, resourceNames }: RoleRule): string {
  const what = nonResourceURLs.length > 0 ? nonResourceURLs : resources;
  const groups = apiGroups.filter((group) => group !== '').join(', ');
  const named = resourceNames.length > 0 ? ` named ${few(resourceNames)}` : '';
  return `${few(verbs)} on ${few(what)}${groups === '' ? '' : ` of ${groups}`}${named}`;
}

function few(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
