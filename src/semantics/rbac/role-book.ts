import { isObject, type Json, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { selectsLabels } from './label-selector.ts';
import { type RoleRule, readRules } from './rule.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';

/** A rule that a role has, and the role where it is written: another one where it came by aggregation. */
export interface GrantedRule {
  readonly rule: RoleRule;
  readonly role: KubeObject;
}

/** Which role a binding names. */
export interface RoleReference {
  readonly kind: 'Role' | 'ClusterRole';
  readonly name: string;
}

/** The roles of a cluster or of manifests, by name, with the rules that each really has. */
export class RoleBook {
  private readonly clusterRoles: KubeObject[] = [];
  private readonly byName = new Map<string, KubeObject>();
  /** By namespace, then by name. */
  private readonly byPlace = new Map<string, Map<string, KubeObject>>();
  private readonly rules = new Map<KubeObject, readonly GrantedRule[]>();
  private readonly selected = new Map<string, readonly KubeObject[]>();

  constructor(objects: Iterable<KubeObject>) {
    for (const object of objects) {
      const { kind, namespace = '', name } = object;
      if ((kind !== 'Role' && kind !== 'ClusterRole') || !isOfRbac(object)) continue;
      if (kind === 'ClusterRole') {
        this.clusterRoles.push(object);
        this.byName.set(name, object);
        continue;
      }
      const roles = this.byPlace.get(namespace);
      if (roles === undefined) this.byPlace.set(namespace, new Map([[name, object]]));
      else roles.set(name, object);
    }
    // The order in which the controller takes them, so that the rules come out in its order.
    this.clusterRoles.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  /** The role that a binding in `namespace` names: a Role is looked for in the binding's own namespace. */
  find({ kind, name }: RoleReference, namespace: string | undefined): KubeObject | undefined {
    return kind === 'Role' ? this.byPlace.get(namespace ?? '')?.get(name) : this.byName.get(name);
  }

  /**
   * The rules of a role. Those of an aggregated ClusterRole that a server has stored are what it stores; in a manifest
   * the aggregation controller is going to overwrite them with those of the ClusterRoles that it selects.
   * Source: pkg/controller/clusterroleaggregation.
   */
  rulesOf(role: KubeObject): readonly GrantedRule[] {
    let rules = this.rules.get(role);
    if (rules === undefined) this.rules.set(role, (rules = this.resolve(role)));
    return rules;
  }

  private resolve(role: KubeObject): readonly GrantedRule[] {
    if (!isAggregated(role)) return readRules(role.value).map((rule) => ({ rule, role }));
    const rules: GrantedRule[] = [];
    const reached = new Set([role]);
    // A set grows while it is walked: aggregated roles may select aggregated roles, themselves among them.
    for (const each of reached) {
      if (isAggregated(each)) for (const source of this.sourcesOf(each)) reached.add(source);
      else for (const rule of readRules(each.value)) rules.push({ rule, role: each });
    }
    return rules;
  }

  /** The ClusterRoles that an aggregated one selects. */
  sourcesOf(role: KubeObject): readonly KubeObject[] {
    const selectors = valueAt(role.value, ['aggregationRule', 'clusterRoleSelectors']);
    return objectsIn(selectors).flatMap((selector) => this.select(selector));
  }

  /** The same selector, written alike, is looked up once. */
  private select(selector: Json): readonly KubeObject[] {
    const text = JSON.stringify(selector);
    let found = this.selected.get(text);
    if (found === undefined) {
      found = this.clusterRoles.filter(({ value }) => selectsLabels(selector, valueAt(value, ['metadata', 'labels'])));
      this.selected.set(text, found);
    }
    return found;
  }
}

/** Whether the rules of a role are those of other roles, which the aggregation controller writes into it. */
export function hasAggregationRule({ value }: KubeObject): boolean {
  return isObject(own(value, 'aggregationRule'));
}

/** Whether the rules of a ClusterRole are still to be put together: those that a server stores have been. */
function isAggregated(role: KubeObject): boolean {
  return hasAggregationRule(role) && typeof valueAt(role.value, ['metadata', 'uid']) !== 'string';
}

/** Whether an object is of the group that authorises; told without putting text together, since there are very many. */
export function isOfRbac({ apiVersion }: KubeObject): boolean {
  return apiVersion.startsWith(rbacGroup) && apiVersion[rbacGroup.length] === '/';
}
