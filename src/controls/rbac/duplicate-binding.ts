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
  const add = (gift: string, each: Binding): void => {
    const known = byGift.get(gift);
    if (known === undefined) byGift.set(gift, [each]);
    else if (known.at(-1) !== each) known.push(each);
  };
  const { bindings } = facts.get(rbac);
  for (const each of bindings) for (const subject of each.subjects) add(giftOf(each, subjectName(subject)), each);
  const found = new Map<KubeObject, Binding>();
  for (const each of bindings) {
    const other = coveringOf(each, byGift, found);
    if (other !== undefined) found.set(each.object, other);
  }
  return found;
});

/** A binding that gives the same role to all of these subjects, here or everywhere, and is not told of itself. */
function coveringOf(
  each: Binding,
  byGift: ReadonlyMap<string, readonly Binding[]>,
  found: ReadonlyMap<KubeObject, Binding>,
): Binding | undefined {
  const gifts = each.subjects.map((subject) => {
    const name = subjectName(subject);
    const local = byGift.get(giftOf(each, name)) ?? [];
    const global =
      each.scope === 'cluster' ? [] : (byGift.get(`cluster\n${each.role.kind}\n${each.role.name}\n${name}`) ?? []);
    return [...local, ...global].filter((other) => other !== each && !found.has(other.object)).slice(0, 20);
  });
  return gifts[0]?.find((other) => gifts.every((list) => list.includes(other)));
}

function giftOf({ scope, object, role }: Binding, subject: string): string {
  const where = scope === 'cluster' ? 'cluster' : `namespace ${object.namespace ?? ''}`;
  return `${where}\n${role.kind}\n${role.name}\n${subject}`;
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
