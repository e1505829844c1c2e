import type { GrantedRule } from './role-book.ts';
import { type RbacRequest, type RoleRule, ruleAllows } from './rule.ts';

/** A rule among those of its role. */
interface Placed<R> {
  readonly role: R;
  /** Its place among all rules that the role has, its own and those that it aggregates. */
  readonly place: number;
  readonly granted: GrantedRule;
}

/** The first rules of a role that allow something. */
export interface FoundRules {
  /** As it was asked for. */
  readonly whole: GrantedRule | undefined;
  /** For the names that it lists, where it was asked for without one. */
  readonly named: GrantedRule | undefined;
}

/**
 * The rules of many roles by what they are about, so that a question looks at those alone that can answer it: resources
 * by how they are written, and paths all together.
 */
export class RuleIndex<R> {
  private readonly byResource = new Map<string, Placed<R>[]>();
  private readonly paths: Placed<R>[] = [];

  add(role: R, rules: readonly GrantedRule[]): void {
    for (let place = 0; place < rules.length; place += 1) {
      const granted = rules[place] as GrantedRule;
      const entry = { role, place, granted };
      if (granted.rule.nonResourceURLs.length > 0) this.paths.push(entry);
      for (const resource of granted.rule.resources) {
        const known = this.byResource.get(resource);
        if (known === undefined) this.byResource.set(resource, [entry]);
        // A rule may name a resource twice.
        else if (known.at(-1) !== entry) known.push(entry);
      }
    }
  }

  /** The roles that allow a request, for any name or for those that they list, each with its first such rules. */
  find(request: RbacRequest): ReadonlyMap<R, FoundRules> {
    const found = new Map<R, { whole: Placed<R> | undefined; named: Placed<R> | undefined }>();
    for (const entries of this.candidates(request)) {
      for (const entry of entries) {
        const { rule } = entry.granted;
        const isWhole = ruleAllows(rule, request);
        if (!isWhole && !allowsForNames(rule, request)) continue;
        let known = found.get(entry.role);
        if (known === undefined) found.set(entry.role, (known = { whole: undefined, named: undefined }));
        const field = isWhole ? 'whole' : 'named';
        if (known[field] === undefined || entry.place < known[field].place) known[field] = entry;
      }
    }
    return new Map(
      [...found].map(([role, { whole, named }]) => [role, { whole: whole?.granted, named: named?.granted }]),
    );
  }

  private candidates(request: RbacRequest): readonly (readonly Placed<R>[])[] {
    if ('path' in request) return [this.paths];
    const { resource, subresource = '' } = request;
    const wanted = subresource === '' ? [resource, '*'] : [`${resource}/${subresource}`, `*/${subresource}`, '*'];
    return [...new Set(wanted)].map((each) => this.byResource.get(each) ?? []);
  }
}

/** Whether a rule allows a request without a name for the names that it lists. */
export function allowsForNames(rule: RoleRule, request: RbacRequest): boolean {
  const name = rule.resourceNames[0];
  if (name === undefined || 'path' in request || (request.name ?? '') !== '') return false;
  return ruleAllows(rule, { ...request, name });
}
