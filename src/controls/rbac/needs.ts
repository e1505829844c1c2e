import type { Holder, Rbac } from '../../facts/rbac.ts';
import type { Needs } from './power.ts';

/** Whether the holder of a power has the rights that it needs besides, by whatever binding. */
export function hasNeeds(known: Rbac, { subject, scope }: Omit<Holder, 'binding'>, { each, where }: Needs): boolean {
  const hasAll = (place: Holder['scope']): boolean =>
    each.every((requests) => requests.some((request) => known.allows({ subject, scope: place }, request)));
  if (where === undefined) return hasAll(scope);
  if (hasAll('cluster')) return true;
  return where === 'anywhere' && known.namespacesOf(subject).some((namespace) => hasAll({ namespace }));
}
