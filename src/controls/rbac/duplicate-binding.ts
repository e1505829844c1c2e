import { defineFact } from '../../facts/facts.ts';
import { rbac } from '../../facts/rbac.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import type { Binding } from '../../semantics/rbac/binding.ts';
import { subjectName } from '../../semantics/rbac/default-objects.ts';
import { control } from '../control.ts';
import { binding, clusterBinding, user } from './example-grants.ts';
import { isBindingKind, noGrant } from './grant-judging.ts';

const view = '{kind: ClusterRole, name: view}';
const app = '{kind: ServiceAccount, name: app, namespace: shop}';

/** For each binding that gives nothing which another does not give, that other one. */
const repeated = defineFact('repeated-bindings', (facts): ReadonlyMap<KubeObject, Binding> => {
  const byGift = new Map<string, Binding[]>();
  const { bindings } = facts.get(rbac);
  for (const each of bindings) {
    const gift = giftOf(each, each.scope);
    const known = byGift.get(gift);
    if (known === undefined) byGift.set(gift, [each]);
    else if (known.length < mostCompared) known.push(each);
  }
  const found = new Map<KubeObject, Binding>();
  for (const each of bindings) {
    const same = [...(byGift.get(giftOf(each, each.scope)) ?? none)];
    if (each.scope === 'namespace' && each.role.kind === 'ClusterRole')
      same.push(...(byGift.get(giftOf(each, 'cluster')) ?? none));
    const other = same.find((one) => one !== each && !found.has(one.object) && givesToAllOf(one, each));
    if (other !== undefined) found.set(each.object, other);
  }
  return found;
});

const none: readonly Binding[] = [];
/** Where very many bindings give the same role in the same place, the first are enough to see it. */
const mostCompared = 40;

function givesToAllOf(one: Binding, each: Binding): boolean {
  if (each.subjects.length === 0 || one.subjects.length > 1000) return false;
  const names = new Set(one.subjects.map(subjectName));
  return each.subjects.every((subject) => names.has(subjectName(subject)));
}

function giftOf({ object, role }: Binding, scope: Binding['scope']): string {
  const where = scope === 'cluster' ? '' : `in ${object.namespace ?? ''}`;
  return `${where}\n${role.kind}\n${role.name}`;
}

export default control({
  id: 'rbac/duplicate-binding',
  title: 'No binding gives what another one gives already',
  severity: 'info',
  subject: 'object',
  why: 'Who takes away one of the two believes to have taken away the right.',
  remedy: 'Delete one of them.',
  check: ({ object }, facts) => {
    if (!isBindingKind(object.kind)) return noGrant;
    const bound = facts.get(rbac).bindingOf(object);
    if (bound === undefined) return notApplicable('it names no role');
    const other = facts.get(repeated).get(object);
    if (other === undefined) return pass;
    const { kind, name } = other.object;
    return fail(`${kind} ${name} gives ${bound.role.kind} ${bound.role.name} to all of its subjects`, ['subjects']);
  },
  examples: {
    fail: [
      `${binding(view)}---\n${binding(view).replace('name: given', 'name: again')}`,
      `${clusterBinding('view', app)}---\n${binding(view)}`,
    ],
    pass: [
      `${binding(view)}---\n${binding('{kind: ClusterRole, name: edit}').replace('name: given', 'name: more')}`,
      `${binding(view)}---\n${binding(view, 'team')}`,
      `${clusterBinding('view', app, user('anne'))}---\n${clusterBinding('view', user('bob')).replace('name: given', 'name: bob')}`,
    ],
  },
});
