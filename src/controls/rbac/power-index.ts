import { serverVersion } from '../../facts/cluster-version.ts';
import { defineFact } from '../../facts/facts.ts';
import type { RoleRule } from '../../semantics/rbac/rule.ts';
import { lesserRows } from './lesser-rows.ts';
import { gives, type Power } from './power.ts';
import { powerRows } from './power-rows.ts';

const all: readonly Power[] = [...powerRows.values(), ...lesserRows.values()].flat();

/** By what their requests name, so that a rule is asked only about powers that it can give. */
const byResource: ReadonlyMap<string, ReadonlySet<Power>> = indexed();

function indexed(): ReadonlyMap<string, ReadonlySet<Power>> {
  const index = new Map<string, Set<Power>>();
  const add = (key: string, power: Power): void => {
    const known = index.get(key);
    if (known === undefined) index.set(key, new Set([power]));
    else known.add(power);
  };
  for (const power of all) {
    for (const { resource, subresource } of power.requests) {
      add(subresource === undefined ? resource : `${resource}/${subresource}`, power);
      if (subresource !== undefined) add(`*/${subresource}`, power);
    }
  }
  return index;
}

/** Every power of the tables that a rule gives when it holds everywhere; each rule is asked once. */
export const powersOfRule = defineFact('powers-of-rule', (facts): ((rule: RoleRule) => ReadonlySet<Power>) => {
  const minor = facts.get(serverVersion)?.minor;
  const known = new Map<RoleRule, ReadonlySet<Power>>();
  const holds = ({ until }: Power): boolean => until === undefined || minor === undefined || minor < until;
  return (rule) => {
    let found = known.get(rule);
    if (found === undefined) {
      const candidates = rule.resources.includes('*')
        ? all
        : new Set(rule.resources.flatMap((resource) => [...(byResource.get(resource) ?? [])]));
      found = new Set([...candidates].filter((power) => holds(power) && gives(rule, power, 'cluster')));
      known.set(rule, found);
    }
    return found;
  };
});
