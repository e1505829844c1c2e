import { BulwarkError } from '../model/errors.ts';
import { valueAt } from '../model/path.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { visible } from '../report/visible.ts';
import { groupsOf, isNamespaced, resourceMeant } from '../semantics/audit-policy/api-resources.ts';
import { rbacGroup } from '../semantics/rbac/role-book.ts';
import type { RbacRequest } from '../semantics/rbac/rule.ts';
import type { PlaceFlags } from './rbac.ts';
import type { Terminal } from './terminal.ts';

export interface AskedWords {
  readonly verb: string;
  readonly resource: string;
  readonly name: string | undefined;
}

export interface AskedRequest {
  readonly request: RbacRequest;
  /** Undefined: in none, or in all at once. */
  readonly namespace: string | undefined;
  /** Whether a namespace was left open that the resource has. */
  readonly isOpen: boolean;
}

/** Verbs that no resource lists and the API server asks about all the same. */
const otherVerbs: ReadonlySet<string> = new Set([
  'bind',
  'escalate',
  'impersonate',
  'approve',
  'sign',
  'attest',
  'use',
]);

/**
 * The request that a command line asks about. A resource without a group is looked up among those of Kubernetes and the
 * custom resources that were read; one that is not known is asked for as it is written, and said so.
 */
export function readAsked(
  { verb, resource: text, name }: AskedWords,
  {
    flags,
    snapshot,
    terminal,
  }: { readonly flags: PlaceFlags; readonly snapshot: Snapshot; readonly terminal: Terminal },
): AskedRequest {
  if (flags.namespace !== undefined && flags.allNamespaces === true)
    throw new BulwarkError('usage', '-n names one namespace and -A all of them', 'leave one of them out');
  if (text.startsWith('/')) {
    if (name !== undefined) throw new BulwarkError('usage', 'a path has no name', 'write the whole path');
    return { request: { verb, path: text }, namespace: undefined, isOpen: false };
  }
  const slash = text.indexOf('/');
  const subresource = slash === -1 ? '' : text.slice(slash + 1);
  const full = slash === -1 ? text : text.slice(0, slash);
  const dot = full.indexOf('.');
  const word = dot === -1 ? full : full.slice(0, dot);
  if (word === '')
    throw new BulwarkError('usage', `${visible(text)} names no resource`, 'write it as pods or pods/exec');
  const found = dot === -1 ? lookUp(word, verb, snapshot) : { plural: word, group: full.slice(dot + 1) };
  if (found === undefined && word !== '*') {
    terminal.err(`bulwark: no resource ${visible(word)} is known: it is asked for in the core group\n`);
  }
  const { plural, group } = found ?? { plural: word, group: word === '*' ? '*' : '' };
  const request = {
    ...{ verb, apiGroup: group, resource: plural, name: name ?? '' },
    ...(subresource !== '' && { subresource }),
  };
  const isActing = isImpersonation(verb) && impersonated.has(plural);
  const own = isActing
    ? plural === 'serviceaccounts'
    : (isNamespaced(group, plural) ?? customIsNamespaced(group, plural, snapshot));
  if (plural === 'namespaces' && group === '') {
    // A request for one namespace is made in it.
    return { request, namespace: name ?? flags.namespace, isOpen: false };
  }
  if (own === false) return { request, namespace: undefined, isOpen: false };
  return { request, namespace: flags.namespace, isOpen: flags.namespace === undefined && flags.allNamespaces !== true };
}

/** What the API server asks about where somebody acts as another. */
const impersonated: ReadonlySet<string> = new Set([
  'users',
  'groups',
  'uids',
  'userextras',
  'serviceaccounts',
  'nodes',
]);

/** `impersonate`, or the first half of constrained impersonation. */
function isImpersonation(verb: string): boolean {
  return verb === 'impersonate' || verb.startsWith('impersonate:');
}

interface FoundResource {
  readonly plural: string;
  readonly group: string;
}

function lookUp(word: string, verb: string, snapshot: Snapshot): FoundResource | undefined {
  if (isImpersonation(verb) && impersonated.has(word)) {
    // The verb that came first asks for three of them in the core group.
    const isCore = verb === 'impersonate' && ['users', 'groups', 'serviceaccounts'].includes(word);
    return { plural: word, group: isCore ? '' : 'authentication.k8s.io' };
  }
  if (otherVerbs.has(verb) && word === 'signers') return { plural: word, group: 'certificates.k8s.io' };
  for (const plural of [word, resourceMeant(word)]) {
    const group = plural === undefined ? undefined : groupsOf(plural)[0];
    if (plural !== undefined && group !== undefined) return { plural, group };
  }
  for (const { kind, value } of snapshot.objects) {
    if (kind !== 'CustomResourceDefinition') continue;
    const plural = valueAt(value, ['spec', 'names', 'plural']);
    const group = valueAt(value, ['spec', 'group']);
    if (plural === word && typeof group === 'string') return { plural: word, group };
  }
  return undefined;
}

function customIsNamespaced(group: string, plural: string, snapshot: Snapshot): boolean | undefined {
  if (group === rbacGroup) return undefined;
  const definition = snapshot.objects.find(
    ({ kind, name }) => kind === 'CustomResourceDefinition' && name === `${plural}.${group}`,
  );
  const scope = valueAt(definition?.value, ['spec', 'scope']);
  return typeof scope === 'string' ? scope === 'Namespaced' : undefined;
}
