import { type Json, own } from '../../model/json.ts';
import { stringsIn } from '../../model/json-list.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';

/** Those that OpenShift ships, with the users that it ships them for. */
const shipped: ReadonlySet<string> = new Set([
  'privileged',
  'node-exporter',
  'hostmount-anyuid',
  'hostmount-anyuid-v2',
]);

/** Groups that hold every account. */
const everyone: ReadonlySet<string> = new Set([
  'system:authenticated',
  'system:serviceaccounts',
  'system:unauthenticated',
]);

export default control({
  id: 'admission/security-context-constraints',
  title: 'No security context constraints of your own allow privileged containers',
  severity: 'high',
  subject: 'object',
  kinds: ['SecurityContextConstraints'],
  why: 'Whoever may use them has the node, and with it every Secret that its pods hold.',
  remedy: 'Set allowPrivilegedContainer: false, and allow the one capability or volume that is needed instead.',
  check: ({ object }) => {
    if (groupKind(object) !== 'security.openshift.io/SecurityContextConstraints') {
      return notApplicable('it is no SecurityContextConstraints');
    }
    const { name, value } = object;
    if (own(value, 'allowPrivilegedContainer') !== true) return pass;
    const groups = stringsIn(own(value, 'groups'));
    const wide = groups.find((group) => everyone.has(group));
    if (wide !== undefined) {
      return fail(`${name} lets ${wide} run privileged containers`, ['groups'], { severity: 'critical' });
    }
    return shipped.has(name) && isAsShipped(value) ? pass : ofTheirOwn(object);
  },
  examples: {
    fail: [
      constraints('build', 'users: ["system:serviceaccount:ci:build"]'),
      constraints('privileged', 'groups: ["system:authenticated"]'),
    ],
    pass: [
      constraints('privileged', 'groups: ["system:cluster-admins", "system:nodes", "system:masters"]'),
      constraints('build', '').replace('Container: true', 'Container: false'),
    ],
  },
});

function isAsShipped(value: KubeObject['value']): boolean {
  const isSystem = (name: string): boolean =>
    /^system:(?:admin|masters|nodes|cluster-admins|serviceaccount:openshift-)/.test(name);
  const names = (list: Json | undefined): readonly string[] => stringsIn(list);
  return [...names(own(value, 'users')), ...names(own(value, 'groups'))].every(isSystem);
}

function ofTheirOwn({ name, value }: KubeObject) {
  const who = [...stringsIn(own(value, 'users')), ...stringsIn(own(value, 'groups'))];
  const whom = who.length === 0 ? 'whoever is allowed to use it' : who.slice(0, 3).join(', ');
  return fail(`${name} lets ${whom} run privileged containers`, ['allowPrivilegedContainer']);
}

function constraints(name: string, fields: string): string {
  return `apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: ${name}}
allowPrivilegedContainer: true
${fields}
`;
}
