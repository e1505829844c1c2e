import type { KubeObject } from '../model/snapshot.ts';
import { appliesTo, type Binding, type BindingSubject, type RbacUser } from '../semantics/rbac/binding.ts';
import { addedSubjects, isController } from '../semantics/rbac/default-objects.ts';
import { identityOf } from '../semantics/rbac/identity.ts';
import { type RoleRule, ruleAllows } from '../semantics/rbac/rule.ts';
import { allowsForNames } from '../semantics/rbac/rule-index.ts';
import { fallbackMinor } from '../semantics/rbac/shipped-defaults.ts';
import { serverVersion } from './cluster-version.ts';
import { componentIdentities } from './component-identities.ts';
import { defineFact, type Facts } from './facts.ts';
import { type Rbac, rbac } from './rbac.ts';

/** A right to read Secrets. */
export interface SecretReading {
  readonly verb: string;
  /** Undefined: everywhere. */
  readonly namespace: string | undefined;
  /** The names that it is for; none for any. */
  readonly names: readonly string[];
  readonly binding: Binding;
  /** Whether Kubernetes gives it: by a role that it makes for the component, as that is shipped. */
  readonly isShipped: boolean;
}

/** What was added to a role of Kubernetes that a component has. */
export interface AddedRules {
  readonly role: KubeObject;
  readonly rules: readonly RoleRule[];
}

/** What one name, under which a component reaches the API server, has been given. */
export interface ComponentStanding {
  readonly component: string;
  /** The user name, or a group. */
  readonly identity: string;
  /** Bindings that mean it by name or by a group, whatever they give. */
  readonly bindings: number;
  readonly secrets: readonly SecretReading[];
  /** Bindings that mean it and that Kubernetes does not give it. */
  readonly beyond: readonly Binding[];
  /** Roles that Kubernetes does give it, and that hold more than is shipped. */
  readonly added: readonly AddedRules[];
}

/**
 * Every identity of the control plane and of nodes that a binding means, with what it can read of Secrets: asked of the
 * authorizer for each binding, not concluded from which roles there should be.
 */
export const componentStandings = defineFact('component-standings', (facts): readonly ComponentStanding[] => {
  const known = facts.get(rbac);
  // Of other versions than the one that is known, only what none ships is told: harmless rights come with each.
  const isExact = facts.get(serverVersion)?.minor === fallbackMinor;
  return [...identities(facts)].flatMap(([identity, { component, user, told }]): ComponentStanding[] => {
    const own = known.authorizer.bindingsOf(user);
    // What a group of theirs has is told of the group.
    const meant = told === 'beyond' ? { name: user.name, groups: [] } : user;
    const beyond = own.filter((binding) => isBeyond(binding, meant));
    const shipped = own.filter((binding) => !isBeyond(binding, user));
    const added = addedTo(known, shipped, { isExact });
    const isTold = beyond.length > 0 || (added.length > 0 && meantByName(shipped, user));
    if (own.length === 0 || (told === 'beyond' && !isTold)) return [];
    const secrets = secretsRead(known, own, new Set(shipped));
    return [{ component: component.says, identity, bindings: own.length, secrets, beyond, added }];
  });
});

interface Component {
  readonly says: string;
}

const scheduler: Component = { says: 'the scheduler' };
const manager: Component = { says: 'the controller manager' };
const proxy: Component = { says: 'kube-proxy' };
const controller: Component = { says: 'a controller' };
const kubelet: Component = { says: 'a kubelet' };
const kubelets: Component = { says: 'every kubelet' };

const users: ReadonlyMap<string, Component> = new Map([
  ['system:kube-scheduler', scheduler],
  ['system:kube-controller-manager', manager],
  ['system:kube-proxy', proxy],
]);
const accounts: ReadonlyMap<string, Component> = new Map([
  ['kube-scheduler', scheduler],
  ['kube-controller-manager', manager],
  ['kube-proxy', proxy],
]);

/** The component that a subject of a binding is, in words; undefined for anybody else. */
export function componentOf({ kind, name, namespace }: BindingSubject): string | undefined {
  if (kind === 'Group') return name === 'system:nodes' ? kubelets.says : undefined;
  if (kind === 'User') return name.startsWith('system:node:') ? kubelet.says : users.get(name)?.says;
  if (namespace !== 'kube-system') return undefined;
  return accounts.get(name)?.says ?? (isController(name) ? controller.says : undefined);
}

/** The roles that Kubernetes makes for each component: it may have them by a binding of whatever name. */
const rolesOf: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [scheduler.says, new Set(['system:kube-scheduler', 'system:volume-scheduler', ...extras('kube-scheduler')])],
  [manager.says, new Set(['system:kube-controller-manager', ...extras('kube-controller-manager')])],
  [proxy.says, new Set(['system:node-proxier'])],
  [kubelets.says, new Set(['system:certificates.k8s.io:certificatesigningrequests:selfnodeclient'])],
]);

function extras(name: string): readonly string[] {
  return ['extension-apiserver-authentication-reader', `system::leader-locking-${name}`];
}

/** Whether a binding gives a component the role that Kubernetes makes for it. */
export function givesOwnRole({ role }: Binding, subject: BindingSubject): boolean {
  const component = componentOf(subject);
  if (component === undefined) return false;
  if (component === controller.says) return role.name === `system:controller:${subject.name}`;
  return rolesOf.get(component)?.has(role.name) === true;
}

function isBeyond(binding: Binding, user: RbacUser): boolean {
  return addedSubjects(binding).some((subject) => appliesTo(subject, user) && !givesOwnRole(binding, subject));
}

interface Identity {
  readonly component: Component;
  readonly user: RbacUser;
  /** Those of which there are many are told only where something is beyond. */
  readonly told: 'always' | 'beyond';
}

interface Arrival {
  readonly told?: Identity['told'];
  readonly groups?: readonly string[];
}

const arriving: ReadonlyMap<string, Component> = new Map([
  ['kube-proxy', proxy],
  ['kubelet', kubelet],
  ['kube-scheduler', scheduler],
  ['kube-controller-manager', manager],
]);

/** By user name, or by the group that stands for all of them. */
function identities(facts: Facts): ReadonlyMap<string, Identity> {
  const found = new Map<string, Identity>();
  const add = (name: string, component: Component, { told = 'always', groups = [] }: Arrival = {}): void => {
    const known = found.get(name);
    // What their certificates say of their groups counts besides what Kubernetes adds.
    if (known === undefined || groups.length > 0) found.set(name, { component, user: identityOf(name, groups), told });
  };
  for (const [name, component] of users) add(name, component);
  for (const [name, component] of accounts) add(`system:serviceaccount:kube-system:${name}`, component);
  for (const { component, name, groups } of facts.get(componentIdentities)) {
    const own = arriving.get(component);
    if (own !== undefined) add(name, own, { groups, told: own === kubelet ? 'beyond' : 'always' });
  }
  found.set('system:nodes', {
    component: kubelets,
    user: { name: '', groups: ['system:nodes', 'system:authenticated'] },
    told: 'always',
  });
  for (const { subjects } of facts.get(rbac).bindings) {
    for (const { kind, name, namespace } of subjects) {
      if (kind === 'ServiceAccount' && namespace === 'kube-system' && isController(name))
        add(`system:serviceaccount:kube-system:${name}`, controller, { told: 'beyond' });
    }
  }
  return found;
}

const reads = ['get', 'list', 'watch'];

function addedTo(
  known: Rbac,
  bindings: readonly Binding[],
  { isExact }: { readonly isExact: boolean },
): readonly AddedRules[] {
  const roles = new Set(bindings.map(known.roleOf));
  return [...roles].flatMap((role): AddedRules[] => {
    const rules = role === undefined ? [] : known.excessOf(role).filter((rule) => isExact || isTelling(rule));
    return role === undefined || rules.length === 0 ? [] : [{ role, rules }];
  });
}

/** Whether no version ships such a rule with a role of the control plane. */
function isTelling(rule: RoleRule): boolean {
  const isWild = rule.verbs.includes('*') || rule.resources.includes('*');
  return isWild || reads.some((verb) => ruleAllows(rule, { verb, apiGroup: '', resource: 'secrets' }));
}

function meantByName(bindings: readonly Binding[], { name }: RbacUser): boolean {
  return bindings.some(({ subjects }) => subjects.some((subject) => appliesTo(subject, { name, groups: [] })));
}

function secretsRead(
  known: Rbac,
  bindings: readonly Binding[],
  shipped: ReadonlySet<Binding>,
): readonly SecretReading[] {
  return bindings.flatMap((binding) => {
    const namespace = binding.scope === 'cluster' ? undefined : (binding.object.namespace ?? '');
    const rules = known.rulesOf(binding) ?? [];
    const role = known.roleOf(binding);
    const excess = role === undefined ? [] : known.excessOf(role);
    return reads.flatMap((verb): SecretReading[] => {
      const request = { verb, apiGroup: '', resource: 'secrets' };
      const whole = rules.some((rule) => ruleAllows(rule, request));
      const names = whole ? [] : rules.filter((rule) => allowsForNames(rule, request)).flatMap((r) => r.resourceNames);
      const isAdded = excess.some((rule) => ruleAllows(rule, request) || allowsForNames(rule, request));
      const isShipped = shipped.has(binding) && !isAdded;
      return whole || names.length > 0 ? [{ verb, namespace, names, binding, isShipped }] : [];
    });
  });
}
