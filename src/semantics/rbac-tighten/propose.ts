import type { RbacAuthorizer } from '../rbac/authorize.ts';
import type { RbacUser } from '../rbac/binding.ts';
import { serviceAccountOfUser } from '../rbac/identity.ts';
import type { RoleRule } from '../rbac/rule.ts';
import { compactRules, type Right } from './compact.ts';
import { isGeneratedName } from './generated-name.ts';
import type { Use } from './usage.ts';

/** A role to make, and the binding that gives it to its one subject. */
export interface ProposedRole {
  readonly subject: ProposedSubject;
  /** Undefined: a ClusterRole with a ClusterRoleBinding. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly rules: readonly RoleRule[];
}

export interface ProposedSubject {
  readonly kind: 'User' | 'ServiceAccount';
  readonly name: string;
  readonly namespace?: string;
}

/** What one user gets. */
export interface Proposal {
  readonly user: RbacUser;
  readonly roles: readonly ProposedRole[];
  readonly requests: number;
  /** Where a role allows more than was seen, and why. */
  readonly widened: readonly string[];
}

export interface ProposeOptions {
  /** Names of objects are kept up to so many of a kind. */
  readonly mostNames: number;
  /** A right that is used in more namespaces is given everywhere. */
  readonly mostNamespaces: number;
  /** Adds the verbs that go together: list and watch. */
  readonly companions: 'add' | 'leave';
  /** What everybody has by the defaults of Kubernetes, and needs no role for. */
  readonly defaults: RbacAuthorizer;
}

/** Verbs that go together in programs that keep a copy of what they watch. */
const informers = ['list', 'watch'];
const streams: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

/** The smallest roles that allow each user what they were seen to do. */
export function proposeRoles(uses: readonly Use[], options: ProposeOptions): readonly Proposal[] {
  const byUser = new Map<string, Use[]>();
  for (const use of uses) {
    const known = byUser.get(use.user.name);
    if (known === undefined) byUser.set(use.user.name, [use]);
    else known.push(use);
  }
  const names = new Set<string>();
  return [...byUser.values()].map((own) => proposal(own, options, names));
}

/** A right, and where: undefined for everywhere. */
interface Placed {
  readonly right: Right;
  readonly namespace: string | undefined;
}

function proposal(uses: readonly Use[], options: ProposeOptions, taken: Set<string>): Proposal {
  const user = (uses[0] as Use).user;
  const widened: string[] = [];
  const wanted = uses.filter((use) => !isDefault(use, options.defaults));
  const placed = narrowed(spread(wanted, options, widened));
  if (options.companions === 'add') placed.push(...companionsOf(placed, widened));
  const byPlace = new Map<string | undefined, Right[]>();
  for (const { right, namespace } of placed) {
    const known = byPlace.get(namespace);
    if (known === undefined) byPlace.set(namespace, [right]);
    else known.push(right);
  }
  const name = freeName(roleName(user.name), taken);
  const places = [...byPlace].sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1));
  const roles = places.map(([namespace, rights]) => ({
    ...{ subject: subjectOf(user.name), namespace, name },
    rules: compactRules(rights),
  }));
  return { user, roles, requests: uses.reduce((sum, { count }) => sum + count, 0), widened };
}

function isDefault({ request, namespace, names, hasNameless, user }: Use, defaults: RbacAuthorizer): boolean {
  const asked = 'path' in request || hasNameless ? [''] : [...names];
  return asked.every((name) => {
    const each = 'path' in request ? request : { ...request, name };
    return defaults.grantOf({ name: '', groups: user.groups }, each, namespace) !== undefined;
  });
}

/** Each use as a right in its namespace, or everywhere if it was made without one or in too many. */
function spread(uses: readonly Use[], options: ProposeOptions, widened: string[]): Placed[] {
  const places = new Map<string, Set<string>>();
  for (const { request, namespace } of uses) {
    if (namespace === undefined || 'path' in request) continue;
    const key = whatOf(request);
    const known = places.get(key);
    if (known === undefined) places.set(key, new Set([namespace]));
    else known.add(namespace);
  }
  const told = new Set<string>();
  return uses.flatMap((use): Placed[] => {
    const { request, namespace } = use;
    if ('path' in request) {
      return [
        {
          right: { verb: request.verb, apiGroup: '', resource: request.path, names: [], isUrl: true },
          namespace: undefined,
        },
      ];
    }
    const what = whatOf(request);
    const count = places.get(what)?.size ?? 0;
    // A namespace is asked for in itself; a role in each would have to be made before it.
    const isNamespace = request.resource === 'namespaces' && request.apiGroup === '';
    const isWide = namespace !== undefined && (count > options.mostNamespaces || isNamespace);
    if (isWide && !isNamespace && !told.has(what)) {
      told.add(what);
      widened.push(`${what} everywhere instead of in ${count} namespaces`);
    }
    return rightsOf(use, options, widened).map((right) => ({ right, namespace: isWide ? undefined : namespace }));
  });
}

function rightsOf(use: Use, { mostNames }: ProposeOptions, widened: string[]): readonly Right[] {
  const { request, names, hasMoreNames, hasNameless } = use;
  if ('path' in request) return [];
  const { verb, apiGroup, resource, subresource = '' } = request;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const stable = !hasMoreNames && !hasNameless && names.size <= mostNames && ![...names].some(isGeneratedName);
  const right = { verb, apiGroup, resource: full, names: stable ? [...names].sort() : [], isUrl: false };
  // From v1.35 on a WebSocket, which comes as get, is asked about as create, too.
  if (apiGroup !== '' || resource !== 'pods' || !streams.has(subresource) || verb !== 'get') return [right];
  const note = `create ${full} beside get, which v1.35 asks for on a WebSocket`;
  if (!widened.includes(note)) widened.push(note);
  return [right, { ...right, verb: 'create' }];
}

function whatOf(request: Exclude<Use['request'], { path: string }>): string {
  const { verb, apiGroup, resource, subresource = '' } = request;
  const group = apiGroup === '' ? '' : `.${apiGroup}`;
  return `${verb} ${resource}${group}${subresource === '' ? '' : `/${subresource}`}`;
}

/** Without what a right to any name, or one that holds everywhere, gives already; names of one place together. */
function narrowed(placed: readonly Placed[]): Placed[] {
  const keyOf = ({ verb, apiGroup, resource, isUrl }: Right, namespace: string | undefined): string =>
    JSON.stringify([namespace ?? null, isUrl, verb, apiGroup, resource]);
  const whole = new Set(placed.filter(({ right }) => right.names.length === 0).map((p) => keyOf(p.right, p.namespace)));
  const kept = new Map<string, { right: Right; namespace: string | undefined; names: Set<string> }>();
  for (const { right, namespace } of placed) {
    const key = keyOf(right, namespace);
    const wide = namespace !== undefined && whole.has(keyOf(right, undefined));
    if (wide || (right.names.length > 0 && whole.has(key))) continue;
    const known = kept.get(key);
    if (known === undefined) kept.set(key, { right, namespace, names: new Set(right.names) });
    else for (const name of right.names) known.names.add(name);
  }
  return [...kept.values()].map(({ right, namespace, names }) => ({
    right: { ...right, names: [...names].sort() },
    namespace,
  }));
}

function companionsOf(placed: readonly Placed[], widened: string[]): readonly Placed[] {
  const added: Placed[] = [];
  for (const { right, namespace } of placed) {
    if (right.isUrl || !informers.includes(right.verb)) continue;
    for (const verb of informers) {
      const is = placed.some((each) => {
        return each.namespace === namespace && sameBut(each.right, right) && each.right.verb === verb;
      });
      if (is) continue;
      added.push({ right: { ...right, verb }, namespace });
      widened.push(`${verb} ${right.resource} beside ${right.verb}, as programs that watch do both`);
    }
  }
  return added;
}

function sameBut(a: Right, b: Right): boolean {
  return a.apiGroup === b.apiGroup && a.resource === b.resource && a.names.join('\n') === b.names.join('\n');
}

function subjectOf(user: string): ProposedSubject {
  const account = serviceAccountOfUser(user);
  return account === undefined
    ? { kind: 'User', name: user }
    : { kind: 'ServiceAccount', name: account.name, namespace: account.namespace };
}

/** A name that the API takes for a role, and that tells whose it is. */
function roleName(user: string): string {
  const account = serviceAccountOfUser(user);
  const base = account === undefined ? user : `${account.namespace}-${account.name}`;
  const plain = base
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .slice(0, 200);
  return `seen-${plain.replace(/^[-.]+|[-.]+$/g, '') || 'user'}`;
}

function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}-${number}`;
  taken.add(free);
  return free;
}
