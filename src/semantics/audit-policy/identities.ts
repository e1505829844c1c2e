import type { AuditEvent, AuditLevel } from '../../model/audit-event.ts';
import type { Path } from '../../model/path.ts';
import { connectSubresources, readVerbs } from './api-resources.ts';
import { type AuditedRequest, decideAudit } from './decide.ts';
import { nearestOf } from './nearest.ts';
import type { AuditPolicy, AuditRule } from './policy.ts';
import { userNamed } from './request-atoms.ts';
import { memberOf, requestClasses } from './request-space.ts';
import { requestOf } from './simulate.ts';

export const auditedComponents = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
] as const;
export type AuditedComponent = (typeof auditedComponents)[number];

/** A name under which a component really reaches the API server. */
export interface ArrivingIdentity {
  readonly component: AuditedComponent;
  readonly name: string;
  readonly groups: readonly string[];
  /** How that is known: a kubeconfig, an object of the cluster, a log. */
  readonly evidence: string;
}

/** Kinds of requests that policies usually treat apart. */
export const requestKinds = [
  'secrets',
  'connections',
  'changes',
  'statuses',
  'leases',
  'events',
  'reads',
  'paths',
] as const;
export type RequestKind = (typeof requestKinds)[number];

/** How often requests of a kind are kept at a level: counted in a log, or in classes of possible requests. */
export type KeptLevels = ReadonlyMap<RequestKind, ReadonlyMap<AuditLevel, number>>;

function requestKind({ verb, resource }: AuditedRequest): RequestKind {
  if (resource === undefined) return 'paths';
  const { resource: name, subresource } = resource;
  if (name === 'secrets' || name === 'tokenreviews' || subresource === 'token') return 'secrets';
  if (connectSubresources.has(subresource)) return 'connections';
  if (name === 'leases') return 'leases';
  if (name === 'events') return 'events';
  if (readVerbs.includes(verb)) return 'reads';
  return subresource === 'status' ? 'statuses' : 'changes';
}

/** What a policy keeps of everything that one identity could ask for. Throws `SpaceTooLarge`. */
export function possibleLevels(policy: AuditPolicy, { name, groups }: ArrivingIdentity): KeptLevels {
  const counts = new LevelCounts();
  for (const each of requestClasses([policy], { users: [userNamed(name, groups)] })) {
    counts.add(requestKind(memberOf(each)), each.rules[0]?.level ?? 'None');
  }
  return counts.levels;
}

class LevelCounts {
  readonly levels = new Map<RequestKind, Map<AuditLevel, number>>();

  add(kind: RequestKind, level: AuditLevel): void {
    const ofKind = this.levels.get(kind) ?? new Map<AuditLevel, number>();
    this.levels.set(kind, ofKind);
    ofKind.set(level, (ofKind.get(level) ?? 0) + 1);
  }
}

/** Finds in a log who the components are, and what of their requests a policy keeps. */
export class IdentityReader {
  private readonly policy: AuditPolicy;
  private readonly found = new Map<string, ArrivingIdentity & { readonly counts: LevelCounts }>();
  /** Every user of the log, for names of rules that are no component. */
  readonly users = new Set<string>();

  constructor(policy: AuditPolicy) {
    this.policy = policy;
  }

  add(event: AuditEvent): void {
    const { user, userAgent } = event;
    if (user === undefined) return;
    if (this.users.size < 100_000) this.users.add(user.name);
    const component = componentOf(userAgent);
    if (component === undefined || !event.isTerminal || !maySay(component, user.name)) return;
    const key = `${component} ${user.name}`;
    let known = this.found.get(key);
    if (known === undefined) {
      if (this.found.size >= 10_000) return;
      const { name, groups } = user;
      known = { component, name, groups, evidence: 'the log', counts: new LevelCounts() };
      this.found.set(key, known);
    }
    const request = requestOf(event);
    known.counts.add(requestKind(request), decideAudit(this.policy, request).level);
  }

  identities(): readonly (ArrivingIdentity & { readonly levels: KeptLevels })[] {
    return [...this.found.values()].map(({ counts, ...identity }) => ({ ...identity, levels: counts.levels }));
  }
}

/** A client says of itself what it is: only of the control plane's own names is that believed. */
function maySay(component: AuditedComponent, name: string): boolean {
  if (component === 'kubelet') return name.startsWith('system:node:') || name.startsWith('system:bootstrap:');
  return name.startsWith('system:') && name !== 'system:anonymous';
}

function componentOf(userAgent: string): AuditedComponent | undefined {
  const slash = userAgent.indexOf('/');
  const product = slash === -1 ? userAgent : userAgent.slice(0, slash);
  return auditedComponents.find((name) => name === product);
}

/** A user of a rule that nobody is. */
export interface StrayUser {
  readonly path: Path;
  readonly rule: AuditRule;
  readonly name: string;
  readonly message: string;
  readonly fix: string;
}

const usualNames: ReadonlyMap<string, AuditedComponent> = new Map([
  ['system:kube-proxy', 'kube-proxy'],
  ['kube-proxy', 'kube-proxy'],
  ['system:kube-scheduler', 'kube-scheduler'],
  ['kube-scheduler', 'kube-scheduler'],
  ['system:kube-controller-manager', 'kube-controller-manager'],
  ['kube-controller-manager', 'kube-controller-manager'],
  ['system:apiserver', 'kube-apiserver'],
  ['kube-apiserver', 'kube-apiserver'],
  ['kubelet', 'kubelet'],
  ['system:kubelet', 'kubelet'],
  ['system:node', 'kubelet'],
]);

export interface KnownNames {
  readonly identities: readonly ArrivingIdentity[];
  /** Names of other users that were seen, such as those of a log. */
  readonly others: ReadonlySet<string>;
  /** `namespace:name` of all service accounts, where a cluster was read. */
  readonly serviceAccounts?: ReadonlySet<string>;
}

/** The users of rules that no identity carries, as far as that is known, with the right name where there is one. */
export function strayUsers(policy: AuditPolicy, { identities, others, serviceAccounts }: KnownNames): StrayUser[] {
  const carried = new Set([...identities.map(({ name }) => name), ...others]);
  const stray: StrayUser[] = [];
  for (const rule of policy.rules) {
    for (const [index, name] of rule.users.entries()) {
      if (carried.has(name)) continue;
      const reason = reasonFor(name);
      if (reason !== undefined) stray.push({ path: [...rule.path, 'users', index], rule, name, ...reason });
    }
  }
  return stray;

  function reasonFor(name: string): Pick<StrayUser, 'message' | 'fix'> | undefined {
    if (name === 'system:unsecured') {
      return { message: `${name} was the user of the insecure port, which is gone`, fix: 'remove it' };
    }
    const component = usualNames.get(name);
    if (component !== undefined) return componentReason(name, component);
    const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
    if (namespace !== undefined && account !== undefined) {
      if (serviceAccounts === undefined || serviceAccounts.has(`${namespace}:${account}`)) return undefined;
      const near = nearestOf(`${namespace}:${account}`, serviceAccounts);
      const fix = near === undefined ? 'remove it, or correct the name' : `write system:serviceaccount:${near}`;
      return { message: `there is no service account ${account} in ${namespace}`, fix };
    }
    const near = nearestOf(name, carried);
    return near === undefined ? undefined : { message: `nobody is ${name}`, fix: `write ${near}` };
  }

  function componentReason(name: string, component: AuditedComponent): Pick<StrayUser, 'message' | 'fix'> | undefined {
    const names = identities.filter((identity) => identity.component === component).map((identity) => identity.name);
    if (names.length === 0) return undefined;
    if (component === 'kubelet') {
      const message = `nobody is ${name}: kubelets arrive as ${listed(names)}`;
      return { message, fix: 'use userGroups: ["system:nodes"]' };
    }
    return { message: `nobody is ${name}: ${component} arrives as ${listed(names)}`, fix: `write ${listed(names)}` };
  }
}

function listed(names: readonly string[]): string {
  const shown = [...new Set(names)].slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} …` : shown;
}
