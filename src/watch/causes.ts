import type { Finding } from '../engine/finding.ts';
import type { Alert } from '../model/alert.ts';
import { isList, isObject, own } from '../model/json.ts';
import { compareSeverity } from '../model/severity.ts';
import { objectName } from '../report/names.ts';

/** Most causes that one alert names. */
const most = 5;
const serviceAccount = 'system:serviceaccount:';

/**
 * Finds what made an incident possible in the findings of a snapshot: those about the identity that acted (and its
 * bindings and roles), and about the objects that it acted on. `control: object`, gravest first.
 */
export function causesIn(findings: readonly Finding[]): (alert: Alert) => readonly string[] {
  const byIdentity = new Map<string, Finding[]>();
  const byPlace = new Map<string, Finding[]>();
  for (const finding of findings) {
    for (const identity of identitiesOf(finding)) add(byIdentity, identity, finding);
    for (const { kind, namespace = '', name } of [finding.owner, finding.subject.object]) {
      add(byPlace, `${kind.toLowerCase()} ${namespace === '' ? name : `${namespace}/${name}`}`, finding);
    }
  }
  return ({ actor, targets }) => {
    const found = new Set<Finding>();
    for (const name of [actor.user, actor.impersonated])
      for (const finding of byIdentity.get(name) ?? []) found.add(finding);
    for (const target of targets)
      for (const key of keysOf(target)) for (const finding of byPlace.get(key) ?? []) found.add(finding);
    const texts = [...found]
      .toSorted((a, b) => compareSeverity(b.severity, a.severity))
      .map(({ control, owner }) => `${control.id}: ${objectName(owner)}`);
    return [...new Set(texts)].slice(0, most);
  };
}

/** User names that a finding is about: the subjects of a binding, or a ServiceAccount itself. */
function identitiesOf({ subject, owner }: Finding): string[] {
  return [subject.object, owner].flatMap((object) => {
    const { kind, namespace = '', name, value } = object;
    if (kind === 'ServiceAccount') return [`${serviceAccount}${namespace}:${name}`];
    const subjects = kind === 'ClusterRoleBinding' || kind === 'RoleBinding' ? own(value, 'subjects') : undefined;
    return (isList(subjects) ? subjects : []).filter(isObject).flatMap((entry) => {
      const named = own(entry, 'name');
      const inside = own(entry, 'namespace');
      if (typeof named !== 'string') return [];
      if (entry.kind !== 'ServiceAccount') return [named];
      return [`${serviceAccount}${typeof inside === 'string' ? inside : namespace}:${named}`];
    });
  });
}

/** `pods shop/web exec` and `deployments.apps shop/web` name the objects `pod shop/web` and `deployment shop/web`. */
function keysOf(target: string): string[] {
  const [resource = '', place = ''] = target.split(' ', 2);
  if (place === '' || resource.startsWith('/')) return [];
  const plural = resource.split('.', 1)[0] ?? '';
  const singular = plural.endsWith('ies')
    ? `${plural.slice(0, -3)}y`
    : plural.endsWith('sses')
      ? plural.slice(0, -2)
      : plural.replace(/s$/, '');
  return [`${singular} ${place}`];
}

function add(map: Map<string, Finding[]>, key: string, finding: Finding): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [finding]);
  else list.push(finding);
}
