import { defineFact } from '../../facts/facts.ts';
import { rbac } from '../../facts/rbac.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import type { Binding, BindingSubject } from '../../semantics/rbac/binding.ts';
import { subjectName } from '../../semantics/rbac/default-objects.ts';
import { control } from '../control.ts';
import { binding, clusterBinding, user } from './example-grants.ts';
import { bindingKinds, isBindingKind, noGrant } from './grant-judging.ts';

const view = '{kind: ClusterRole, name: view}';
const app = '{kind: ServiceAccount, name: app, namespace: shop}';

/** For each binding that gives nothing which another does not give, that other one. */
const repeated = defineFact('repeated-bindings', (facts): ReadonlyMap<KubeObject, Binding> => {
  // Of two that give the same one is told, and that must not depend on which was read first.
  const bindings = facts.get(rbac).bindings.toSorted((a, b) => compareText(keyOf(a), keyOf(b)));
  const gifts = bindings.map((each) => giftOf(each, each.scope));
  const byGift = new Map<string, Binding[]>();
  for (const [index, each] of bindings.entries()) {
    const gift = gifts[index] ?? '';
    const known = byGift.get(gift);
    if (known === undefined) byGift.set(gift, [each]);
    else if (known.length < mostCompared) known.push(each);
  }
  const found = new Map<KubeObject, Binding>();
  for (const [index, each] of bindings.entries()) {
    const isOther = (one: Binding): boolean => !isCopy(one, each) && !found.has(one.object) && givesToAllOf(one, each);
    const other =
      byGift.get(gifts[index] ?? '')?.find(isOther) ??
      (each.scope === 'namespace' && each.role.kind === 'ClusterRole'
        ? byGift.get(giftOf(each, 'cluster'))?.find(isOther)
        : undefined);
    if (other !== undefined) found.set(each.object, other);
  }
  return found;
});

function keyOf({ object, role, subjects }: Binding): string {
  const copy = `${role.kind} ${role.name} ${subjects.map(subjectName).join()}`;
  return `${object.kind}\n${object.namespace ?? ''}\n${object.name}\n${copy}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Manifests often hold one object in several variants, of which a cluster gets one. */
function isCopy({ object: a }: Binding, { object: b }: Binding): boolean {
  return a === b || (a.kind === b.kind && a.name === b.name && a.namespace === b.namespace);
}

/** Where very many bindings give the same role in the same place, the first are enough to see it. */
const mostCompared = 40;
/** Up to so many subjects are looked through one by one. */
const few = 8;

function givesToAllOf(one: Binding, each: Binding): boolean {
  if (each.subjects.length === 0 || one.subjects.length > 1000) return false;
  if (one.subjects.length <= few)
    return each.subjects.every((subject) => one.subjects.some((other) => isSame(other, subject)));
  const names = new Set(one.subjects.map(subjectName));
  return each.subjects.every((subject) => names.has(subjectName(subject)));
}

function isSame(a: BindingSubject, b: BindingSubject): boolean {
  return a.name === b.name && a.kind === b.kind && a.namespace === b.namespace;
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
  kinds: bindingKinds,
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
      `${binding(view)}---\n${binding(view)}`,
      `${binding(view)}---\n${binding('{kind: ClusterRole, name: edit}').replace('name: given', 'name: more')}`,
      `${binding(view)}---\n${binding(view, 'team')}`,
      `${clusterBinding('view', app, user('anne'))}---\n${clusterBinding('view', user('bob')).replace('name: given', 'name: bob')}`,
    ],
  },
});
