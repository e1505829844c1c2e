import { serverVersion } from '../../facts/cluster-version.ts';
import { fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';

/** Removed from the API in v1.25. */
const removed = 25;

export default control({
  id: 'admission/pod-security-policy',
  title: 'Pods are not guarded by PodSecurityPolicy any more',
  severity: 'info',
  subject: 'object',
  kinds: ['PodSecurityPolicy'],
  why: 'From v1.25 on the API has no PodSecurityPolicy: what rests on it is unguarded after the upgrade, without a word.',
  remedy: 'Label namespaces for Pod Security admission, at the level that the policy stands for, before the upgrade.',
  check: ({ object }, facts) => {
    if (groupKind(object) !== 'policy/PodSecurityPolicy' && groupKind(object) !== 'extensions/PodSecurityPolicy') {
      return notApplicable('it is no PodSecurityPolicy');
    }
    const minor = facts.get(serverVersion)?.minor;
    if (minor !== undefined && minor >= removed) {
      return fail(`PodSecurityPolicy ${object.name} does nothing in v1.${minor}`, ['kind'], { severity: 'medium' });
    }
    return fail(`PodSecurityPolicy ${object.name} does nothing from v1.25 on`, ['kind']);
  },
  examples: {
    fail: [
      'apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: restricted}\nspec: {privileged: false}\n',
    ],
    pass: [
      'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {maxUnavailable: 1}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n',
    ],
  },
});
