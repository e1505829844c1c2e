import type { Severity } from '../../model/severity.ts';
import { type ResourceRequest, type RoleRule, ruleAllows } from '../../semantics/rbac/rule.ts';
import type { Grades } from './grades.ts';

/** Something that a rule lets its holders do, told by requests: never by how the rule is written. */
export interface Power {
  /** Behind "can": `read Secrets`. */
  readonly says: string;
  /** Any one of them is enough. */
  readonly requests: readonly ResourceRequest[];
  /** Of what is in no namespace: a binding in a namespace does not give it. */
  readonly isClusterWide?: true;
  /** Of what matters in kube-system: a binding in another namespace does not give it. */
  readonly isOfSystem?: true;
  /** Whether a rule that allows it for some names only counts `too`, or `only` such a rule does; else none does. */
  readonly named?: 'too' | 'only';
  /** Everywhere; the control's own where there is none. */
  readonly severity?: Severity | Grades;
  /** Of a right to make pods: as grave as what admission lets into those. */
  readonly makesPods?: true;
  /** Whether a right to any resource of this API group, whatever its name, counts as well. */
  readonly anyOf?: string;
  /** The minor version from which the API server knows the requests. */
  readonly from?: number;
  /** The minor version from which the requests are not enough any more. */
  readonly until?: number;
  readonly needs?: Needs;
}

/** Rights that the same holder must have besides. */
export interface Needs {
  /** One request of each list. */
  readonly each: readonly (readonly ResourceRequest[])[];
  /** `everywhere`, or all in some namespace (`anywhere`); where the power is held, if it is not said. */
  readonly where?: 'everywhere' | 'anywhere';
  /** Without them, the power is only this grave, or none. */
  readonly otherwise: Severity | 'none';
}

/** Whether a rule gives a power at a scope. */
export function gives(rule: RoleRule, power: Power, scope: 'cluster' | 'namespace'): boolean {
  return (power.isClusterWide !== true || scope === 'cluster') && givesAny(rule, power, power.requests);
}

/** Whether a rule that holds everywhere gives a power by one of these requests of it. */
export function givesAny(rule: RoleRule, { named, anyOf }: Power, requests: readonly ResourceRequest[]): boolean {
  const name = rule.resourceNames[0];
  if (named === 'only' && name === undefined) return false;
  const isNamed = named !== undefined && name !== undefined;
  for (const request of requests) if (ruleAllows(rule, isNamed ? { ...request, name } : request)) return true;
  return anyOf !== undefined && rule.apiGroups.includes(anyOf) && givesForOwnNames(rule, anyOf, requests);
}

/** Whether a rule allows a verb for a resource of a group that it lists, whatever that is called. */
function givesForOwnNames(rule: RoleRule, apiGroup: string, requests: readonly ResourceRequest[]): boolean {
  const plurals = rule.resources.filter((resource) => !resource.includes('/'));
  return plurals.some((resource) => requests.some(({ verb }) => ruleAllows(rule, { verb, apiGroup, resource })));
}

/** A request for `resource` or `resource/subresource` of a group, for each verb. */
export function requests(
  apiGroup: string,
  resource: string,
  verbs: readonly string[],
  name?: string,
): ResourceRequest[] {
  const [plural = '', subresource] = resource.split('/');
  return verbs.map((verb) => ({
    verb,
    apiGroup,
    resource: plural,
    ...(subresource !== undefined && { subresource }),
    ...(name !== undefined && { name }),
  }));
}
