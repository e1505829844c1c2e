import { type RoleRule, urlMatches } from './rule.ts';

/** One right, with nothing left to take apart. */
interface Atom {
  readonly verb: string;
  readonly apiGroup: string;
  readonly resource: string;
  /** Undefined: whatever its name. */
  readonly name: string | undefined;
  readonly url: string | undefined;
}

/** More atoms than any role has that people write: beyond, the answer is no, as for a role that is not covered. */
const mostAtoms = 200_000;

/**
 * Whether somebody who has the rules `owned` may give away the rules `wanted`, as the API server asks on writes of roles
 * and bindings. Each right must be had by a single rule. The rules are compared as they are written: a list of all verbs
 * does not cover `*`. Source: component-helpers/auth/rbac/validation/policy_comparator.go (Covers).
 */
export function covers(owned: readonly RoleRule[], wanted: readonly RoleRule[]): boolean {
  return missingRights(owned, wanted) === undefined;
}

/** The first right that `wanted` has and `owned` does not, in words such as `list secrets`; undefined where there is none. */
export function missingRights(owned: readonly RoleRule[], wanted: readonly RoleRule[]): string | undefined {
  let count = 0;
  for (const atom of atomsOf(wanted)) {
    count += 1;
    if (count > mostAtoms) return 'more rights than can be compared';
    if (!owned.some((rule) => ruleCovers(rule, atom))) return said(atom);
  }
  return undefined;
}

function* atomsOf(rules: readonly RoleRule[]): Iterable<Atom> {
  for (const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } of rules) {
    const names = resourceNames.length === 0 ? [undefined] : resourceNames;
    for (const apiGroup of apiGroups) {
      for (const resource of resources) {
        for (const verb of verbs) for (const name of names) yield { verb, apiGroup, resource, name, url: undefined };
      }
    }
    for (const url of nonResourceURLs) {
      for (const verb of verbs) yield { verb, apiGroup: '', resource: '', name: undefined, url };
    }
  }
}

function ruleCovers(rule: RoleRule, { verb, apiGroup, resource, name, url }: Atom): boolean {
  if (!has(rule.verbs, verb)) return false;
  if (url !== undefined) return rule.nonResourceURLs.some((own) => urlMatches(own, url));
  if (!has(rule.apiGroups, apiGroup) || !resourceCovered(rule.resources, resource)) return false;
  return rule.resourceNames.length === 0 || (name !== undefined && rule.resourceNames.includes(name));
}

function has(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function resourceCovered(resources: readonly string[], wanted: string): boolean {
  if (has(resources, wanted)) return true;
  const slash = wanted.indexOf('/');
  return slash !== -1 && resources.includes(`*${wanted.slice(slash)}`);
}

function said({ verb, apiGroup, resource, name, url }: Atom): string {
  if (url !== undefined) return `${verb} ${url}`;
  return `${verb} ${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${name === undefined ? '' : ` ${name}`}`;
}
