import { serverVersion } from '../../facts/cluster-version.ts';
import { defineFact } from '../../facts/facts.ts';
import { hasAggregation, rbac } from '../../facts/rbac.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { missingRights } from '../../semantics/rbac/covers.ts';
import { addedSubjects, isDefaultRole, isMadeByKubernetes, subjectName } from '../../semantics/rbac/default-objects.ts';
import { type RoleRule, readRules } from '../../semantics/rbac/rule.ts';
import { fallbackMinor, shippedDefaults } from '../../semantics/rbac/shipped-defaults.ts';
import { control } from '../control.ts';
import { clusterBinding, group, user } from './example-grants.ts';
import { grantingOf, grantKinds, isBindingKind } from './grant-judging.ts';
import { isStored, ofServer } from './stored.ts';

const notShipped = notApplicable('Kubernetes does not ship it');

/** The rules that the version of the server ships a role with; `unknown` where there is no data for the version. */
const shippedRules = defineFact('shipped-rules', (facts): ReadonlyMap<string, readonly RoleRule[]> | 'unknown' => {
  const shipped = shippedDefaults(facts.get(serverVersion)?.minor ?? 0);
  if (shipped === undefined) return 'unknown';
  return new Map(shipped.objects.map((object) => [keyOf(object), readRules(object.value)]));
});

function keyOf({ kind, namespace = '', name }: KubeObject): string {
  return `${kind}\n${namespace}\n${name}`;
}

const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate';

export default control({
  id: 'rbac/default-drift',
  title: 'Roles and bindings of Kubernetes are as they are shipped',
  severity: 'high',
  subject: 'object',
  kinds: grantKinds,
  why: 'The API server puts back what is missing of them and leaves what is more: a right that hides there has a trusted name and outlives upgrades.',
  remedy: 'Take out what was added, and give it by a role or binding of your own if it is needed.',
  coveredBy: [
    'rbac/cluster-admin',
    'rbac/default-roles',
    'rbac/anonymous',
    'rbac/everyone',
    'rbac/control-plane-grants',
  ],
  check: ({ object }, facts) => {
    if (isBindingKind(object.kind)) {
      const bound = facts.get(rbac).bindingOf(object);
      if (bound === undefined) return notShipped;
      if (!isMadeByKubernetes(bound)) return notShipped;
      const added = addedSubjects(bound);
      if (added.length === 0) return switchedOff(object);
      return added.map((subject) =>
        fail(`${subjectName(subject)} was added to it, and has ${bound.role.kind} ${bound.role.name}`, subject.path, {
          key: subjectName(subject),
        }),
      );
    }
    if (!isDefaultRole(object)) return notShipped;
    const off = switchedOff(object);
    if (off.length > 0) return off;
    if (!isStored(object)) return notApplicable('it is no role of a server');
    if (hasAggregation(object)) return notApplicable('the roles that it puts together are judged');
    const shipped = facts.get(shippedRules);
    if (shipped === 'unknown') {
      // What is a power over others and that no version is known to ship.
      const granting = grantingOf(object, facts);
      const [rule] = granting.kind === 'role' ? granting.rules : [];
      if (rule !== undefined) {
        const more = missingRights([], [rule]);
        return fail(`it was given the right to ${more}`, ['rules', rule.index], { severity: 'critical' });
      }
      // Said once, of the role that every server has.
      if (object.name !== 'cluster-admin') return notApplicable('told of ClusterRole cluster-admin');
      return unknown(`what this version ships its roles with is not known; it is of v1.${fallbackMinor}`);
    }
    const own = shipped.get(keyOf(object));
    if (own === undefined) return notShipped;
    for (const rule of facts.get(rbac).ownRules(object)) {
      const more = missingRights(own, [rule]);
      if (more === undefined) continue;
      // Where the right is one over others.
      const isGrave = grantingOf(object, facts).kind === 'role';
      return fail(`it was given the right to ${more}`, ['rules', rule.index], isGrave ? { severity: 'critical' } : {});
    }
    return pass;
  },
  examples: {
    fail: [
      clusterBinding('system:discovery', group('system:authenticated'), user('eve')).replace(
        'given',
        'system:discovery',
      ),
      ofServer(`apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: system:basic-user, labels: {kubernetes.io/bootstrapping: rbac-defaults}, annotations: {${autoupdate}: "false"}}
rules: []
`),
    ],
    pass: [clusterBinding('system:discovery', group('system:authenticated')).replace('given', 'system:discovery')],
  },
});

/** An object that the API server no longer keeps up to date. */
function switchedOff({ value }: KubeObject): readonly Failure[] {
  if (valueAt(value, ['metadata', 'annotations', autoupdate]) !== 'false') return [];
  const message = `${autoupdate} is false: the API server does not put back what is taken out of it`;
  return [fail(message, ['metadata', 'annotations', autoupdate], { key: 'autoupdate', severity: 'medium' })];
}
