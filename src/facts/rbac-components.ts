import { appliesTo, type Binding, type BindingSubject, type RbacUser } from '../semantics/rbac/binding.ts';
import { addedSubjects, isController } from '../semantics/rbac/default-objects.ts';
import { identityOf } from '../semantics/rbac/identity.ts';
import { ruleAllows } from '../semantics/rbac/rule.ts';
import { allowsForNames } from '../semantics/rbac/rule-index.ts';
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
}

/** What one name, under which a component reaches the API server, has been given. */
export interface ComponentStanding {
  readonly component: string;
  /** The user name, or a group. */
  readonly identity: string;
  /** Whether Kubernetes gives it Secrets to read. */
  readonly needsSecrets: boolean;
  /** Bindings that mean it by name or by a group, whatever they give. */
  readonly bindings: number;
  readonly secrets: readonly SecretReading[];
  /** Bindings that mean it and that Kubernetes does not give it. */
  readonly beyond: readonly Binding[];
}

/**
 * Every identity of the control plane and of nodes that a binding means, with what it can read of Secrets: asked of the
 * authorizer for each binding, not concluded from which roles there should be.
 */
export const componentStandings = defineFact('component-standings', (facts): readonly ComponentStanding[] => {
  const known = facts.get(rbac);
  return [...identities(facts)].flatMap(([identity, { component, user, told }]): ComponentStanding[] => {
    const own = known.authorizer.bindingsOf(user);
    // What a group of theirs has is told of the group.
    const meant = told === 'beyond' ? { name: user.name, groups: [] } : user;
    const beyond = own.filter((binding) => isBeyond(binding, meant));
    if (own.length === 0 || (told === 'beyond' && beyond.length === 0)) return [];
    const { needsSecrets } = component;
    const secrets = secretsRead(known, own);
    return [{ component: component.says, identity, needsSecrets, bindings: own.length, secrets, beyond }];
  });
});

interface Component {
  readonly says: string;
  readonly needsSecrets: boolean;
}

const scheduler: Component = { says: 'the scheduler', needsSecrets: false };
const manager: Component = { says: 'the controller manager', needsSecrets: true };
const proxy: Component = { says: 'kube-proxy', needsSecrets: false };
const controller: Component = { says: 'a controller', needsSecrets: true };
const kubelet: Component = { says: 'a kubelet', needsSecrets: false };
const kubelets: Component = { says: 'every kubelet', needsSecrets: false };

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

function secretsRead(known: Rbac, bindings: readonly Binding[]): readonly SecretReading[] {
  return bindings.flatMap((binding) => {
    const namespace = binding.scope === 'cluster' ? undefined : (binding.object.namespace ?? '');
    const rules = known.rulesOf(binding) ?? [];
    return reads.flatMap((verb): SecretReading[] => {
      const request = { verb, apiGroup: '', resource: 'secrets' };
      const whole = rules.some((rule) => ruleAllows(rule, request));
      const names = whole ? [] : rules.filter((rule) => allowsForNames(rule, request)).flatMap((r) => r.resourceNames);
      return whole || names.length > 0 ? [{ verb, namespace, names, binding }] : [];
    });
  });
}
