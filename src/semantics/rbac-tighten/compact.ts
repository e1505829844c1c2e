import type { RoleRule } from '../rbac/rule.ts';

/** A right to one thing. */
export interface Right {
  readonly verb: string;
  readonly apiGroup: string;
  /** `pods/exec`; or a path, with `url`. */
  readonly resource: string;
  /** Sorted; empty for any name. */
  readonly names: readonly string[];
  readonly isUrl: boolean;
}

/**
 * The fewest rules that this way of putting rights together gives, and which allow exactly these rights: rights merge only
 * where the product of what a rule lists adds nothing.
 */
export function compactRules(rights: readonly Right[]): readonly RoleRule[] {
  // Verbs of the same thing, then things with the same verbs, then groups with the same things.
  const byThing = new Map<string, { right: Right; verbs: Set<string> }>();
  for (const right of rights) {
    const key = JSON.stringify([right.isUrl, right.apiGroup, right.resource, right.names]);
    const known = byThing.get(key);
    if (known === undefined) byThing.set(key, { right, verbs: new Set([right.verb]) });
    else known.verbs.add(right.verb);
  }
  const byVerbs = new Map<string, { right: Right; verbs: readonly string[]; resources: Set<string> }>();
  for (const { right, verbs: set } of byThing.values()) {
    const verbs = [...set].sort(byVerb);
    const key = JSON.stringify([right.isUrl, right.apiGroup, verbs, right.names]);
    const known = byVerbs.get(key);
    if (known === undefined) byVerbs.set(key, { right, verbs, resources: new Set([right.resource]) });
    else known.resources.add(right.resource);
  }
  const byResources = new Map<
    string,
    { right: Right; verbs: readonly string[]; resources: string[]; groups: string[] }
  >();
  for (const { right, verbs, resources: set } of byVerbs.values()) {
    const resources = [...set].sort();
    const key = JSON.stringify([right.isUrl, verbs, resources, right.names]);
    const known = byResources.get(key);
    if (known === undefined) byResources.set(key, { right, verbs, resources, groups: [right.apiGroup] });
    else known.groups.push(right.apiGroup);
  }
  return [...byResources.values()]
    .map(({ right, verbs, resources, groups }) => ({
      ...{ index: 0, verbs, apiGroups: right.isUrl ? [] : groups.sort() },
      ...{ resources: right.isUrl ? [] : resources, resourceNames: right.names },
      nonResourceURLs: right.isUrl ? resources : [],
    }))
    .sort((a, b) => compareText(sortKey(a), sortKey(b)))
    .map((rule, index) => ({ ...rule, index }));
}

const order = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

function byVerb(a: string, b: string): number {
  const [x, y] = [order.indexOf(a), order.indexOf(b)];
  if (x !== y) return (x === -1 ? order.length : x) - (y === -1 ? order.length : y);
  return compareText(a, b);
}

function sortKey({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: RoleRule): string {
  return JSON.stringify([nonResourceURLs, apiGroups, resources, resourceNames, verbs]);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
