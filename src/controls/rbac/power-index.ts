import { serverVersion } from '../../facts/cluster-version.ts';
import { defineFact } from '../../facts/facts.ts';
import type { RoleRule } from '../../semantics/rbac/rule.ts';
import { lesserRows } from './lesser-rows.ts';
import { gives, type Power } from './power.ts';
import { powerRows } from './power-rows.ts';

const all: readonly Power[] = [...powerRows.values(), ...lesserRows.values()].flat();

const nobody: ReadonlySet<Power> = new Set();

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
      const given = new Set<Power>();
      const ask = (power: Power): void => {
        if (!given.has(power) && holds(power) && gives(rule, power, 'cluster')) given.add(power);
      };
      if (rule.resources.includes('*')) for (const power of all) ask(power);
      else for (const resource of rule.resources) for (const power of byResource.get(resource) ?? nobody) ask(power);
      found = given;
      known.set(rule, found);
    }
    return found;
  };
});

/** The powers that rules give together, each with the first rule that does. Asked again of the same rules, it is known. */
export const powersOfRules = defineFact(
  'powers-of-rules',
  (facts): ((rules: readonly RoleRule[]) => ReadonlyMap<Power, RoleRule>) => {
    const ofRule = facts.get(powersOfRule);
    const known = new Map<readonly RoleRule[], ReadonlyMap<Power, RoleRule>>();
    return (rules) => {
      let found = known.get(rules);
      if (found !== undefined) return found;
      const given = new Map<Power, RoleRule>();
      for (const rule of rules) for (const power of ofRule(rule)) if (!given.has(power)) given.set(power, rule);
      known.set(rules, (found = given));
      return found;
    };
  },
);
