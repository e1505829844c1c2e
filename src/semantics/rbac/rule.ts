import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';

/** rbac.authorization.k8s.io/v1 PolicyRule. Fields that a rule leaves out are empty. */
export interface RoleRule {
  /** Its place in the role's `rules`. */
  readonly index: number;
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

/** A request for a resource. The name of a request that names none (a list, most creates) is the empty string. */
export interface ResourceRequest {
  readonly verb: string;
  /** The empty string for the core group. */
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name?: string;
}

/** A request for a path that is no resource: `/metrics`. The verb is the HTTP method in lower case. */
export interface PathRequest {
  readonly verb: string;
  readonly path: string;
}

export type RbacRequest = ResourceRequest | PathRequest;

/** The rules of a Role or ClusterRole object, as they are written there. */
export function readRules(role: JsonObject): readonly RoleRule[] {
  const list = own(role, 'rules');
  if (!isList(list)) return [];
  const rules: RoleRule[] = [];
  for (let index = 0; index < list.length; index += 1) {
    const rule = list[index];
    if (!isObject(rule)) continue;
    rules.push({
      index,
      verbs: stringsOf(own(rule, 'verbs')),
      apiGroups: stringsOf(own(rule, 'apiGroups')),
      resources: stringsOf(own(rule, 'resources')),
      resourceNames: stringsOf(own(rule, 'resourceNames')),
      nonResourceURLs: stringsOf(own(rule, 'nonResourceURLs')),
    });
  }
  return rules;
}

const noStrings: readonly string[] = [];

/** The strings of a list, empty ones too: the core group is one. */
function stringsOf(list: Json | undefined): readonly string[] {
  if (!isList(list)) return noStrings;
  const isString = (item: Json): item is string => typeof item === 'string';
  return list.every(isString) ? list : list.filter(isString);
}

/**
 * Whether one rule allows a request, as the API server's authorizer decides it.
 * Source: plugin/pkg/auth/authorizer/rbac/rbac.go (RuleAllows), pkg/apis/rbac/v1/evaluation_helpers.go.
 */
export function ruleAllows(rule: RoleRule, request: RbacRequest): boolean {
  if (!(rule.verbs.includes('*') || rule.verbs.includes(request.verb))) return false;
  if ('path' in request) return rule.nonResourceURLs.some((url) => urlMatches(url, request.path));
  return (
    (rule.apiGroups.includes('*') || rule.apiGroups.includes(request.apiGroup)) &&
    resourceMatches(rule.resources, request) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(request.name ?? ''))
  );
}

/**
 * Whether elements of `resources` mean what a request asks for, whatever its group: `*` is every resource and every
 * subresource, `*` with `/log` the subresource log of every resource, and `pods/*` is nothing.
 */
export function resourceMatches(
  resources: readonly string[],
  { resource, subresource = '' }: ResourceRequest,
): boolean {
  const wanted = subresource === '' ? resource : `${resource}/${subresource}`;
  const ofAny = subresource === '' ? undefined : `*/${subresource}`;
  for (const one of resources) if (one === '*' || one === wanted || one === ofAny) return true;
  return false;
}

/** Whether an element of `nonResourceURLs` means a path. */
export function urlMatches(url: string, path: string): boolean {
  if (url === '*' || url === path) return true;
  return url.endsWith('*') && path.startsWith(withoutStars(url));
}

/** A regular expression for this takes quadratic time on text that is not ours. */
function withoutStars(url: string): string {
  let end = url.length;
  while (end > 0 && url[end - 1] === '*') end -= 1;
  return url.slice(0, end);
}
