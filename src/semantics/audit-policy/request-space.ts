import { pathVerbs, resourceVerbs } from './api-resources.ts';
import type { AuditedRequest } from './decide.ts';
import { covers, coversResource, matchesUrl, matchesUser } from './decide.ts';
import type { AuditPolicy, AuditRule, GroupResources } from './policy.ts';
import { type AuditUser, type Place, placeAtoms, type Target, targetAtoms, userAtoms } from './request-atoms.ts';

/** Values that no rule tells apart. */
export interface Cell<T> {
  readonly members: readonly T[];
  /** The conditions that they meet, a bit for each box. */
  readonly bits: bigint;
}

/** All requests that no rule of the policies tells apart, with the rule that decides in each policy. */
export interface RequestClass {
  readonly users: readonly AuditUser[];
  readonly verbs: readonly string[];
  readonly targets: readonly Target[];
  readonly places: readonly Place[];
  /** One for each policy; undefined where no rule matches. */
  readonly rules: readonly (AuditRule | undefined)[];
  /** Rules of the first policy that match as well, and come later. */
  shadowed(): readonly AuditRule[];
}

/** A rule, or one of its `resources`: the conditions on user, verb, target and place are independent of each other. */
interface Box {
  readonly policy: number;
  readonly rule: AuditRule;
  readonly entry: GroupResources | undefined;
}

export interface SpaceOptions {
  /** Told apart besides what the rules tell apart. */
  readonly targets?: readonly Target[];
  /** Only these users instead of all that the rules tell apart. */
  readonly users?: readonly AuditUser[];
}

/** The most classes that are looked at: a policy that tells apart more was not written by people. */
const maxClasses = 2_000_000;

/** A policy that tells apart more kinds of requests than can be gone through. */
export class SpaceTooLarge extends Error {
  override readonly name = 'SpaceTooLarge';
}

/**
 * Every possible request, in classes: each stands for requests that are alike to all rules, so that what holds for one
 * of its members holds for all. Throws `SpaceTooLarge` for a policy with thousands of conditions.
 */
export function requestClasses(policies: readonly AuditPolicy[], options: SpaceOptions = {}): RequestClass[] {
  const boxes = boxesOf(policies);
  const bitOf = boxes.map((_, index) => 1n << BigInt(index));
  const boxAt = new Map(bitOf.map((bit, index) => [bit, index]));
  const masks = policies.map((_, policy) => maskOf(boxes, (box) => box.policy === policy));
  const users = cells(options.users ?? userAtoms(policies), (user) =>
    maskOf(boxes, ({ rule }) => matchesUser(rule, user)),
  );
  const verbs = cells([...new Set([...resourceVerbs, ...pathVerbs])], (verb) =>
    maskOf(boxes, ({ rule }) => rule.verbs.length === 0 || rule.verbs.includes(verb)),
  );
  const targets = cells(
    targetAtoms(policies, options.targets),
    (target) => maskOf(boxes, (box) => reaches(box, target)),
    targetNature,
  );
  const places = placesBy(policies, boxes);
  const classes: RequestClass[] = [];
  let visited = 0;
  for (const target of targets) {
    const [sample] = target.members;
    if (sample === undefined) continue;
    for (const place of places(sample)) {
      const here = target.bits & place.bits;
      for (const verb of verbs) {
        const possible = verb.members.filter((each) => isPossible(each, sample, place.members[0]));
        if (possible.length === 0) continue;
        const asked = here & verb.bits;
        for (const user of users) {
          visited += 1;
          if (visited > maxClasses) throw new SpaceTooLarge('the policy tells apart too many kinds of requests');
          const matching = asked & user.bits;
          const winners = masks.map((mask) => lowest(matching & mask));
          const rules = winners.map((bit) => boxes[boxAt.get(bit) ?? -1]?.rule);
          const first = matching & (masks[0] ?? 0n);
          const shadowed = () => shadowedBy(first, { boxes, winner: rules[0] });
          classes.push({
            users: user.members,
            verbs: possible,
            targets: target.members,
            places: place.members,
            rules,
            shadowed,
          });
        }
      }
    }
  }
  return classes;
}

/** One request of a class. */
export function memberOf({ users, verbs, targets, places }: RequestClass): AuditedRequest {
  const [user] = users;
  const [target] = targets;
  const [place = { namespace: '', name: '' }] = places;
  const base = { ...(user !== undefined && { user }), verb: verbs[0] ?? '' };
  if (target?.kind === 'resource') {
    const { group, resource, subresource } = target;
    return { ...base, path: '', resource: { group, resource, subresource, ...place } };
  }
  return { ...base, path: target?.path ?? '/' };
}

function boxesOf(policies: readonly AuditPolicy[]): Box[] {
  const boxes: Box[] = [];
  for (const [policy, { rules }] of policies.entries()) {
    for (const rule of rules) {
      if (rule.resources.length === 0) boxes.push({ policy, rule, entry: undefined });
      for (const entry of rule.resources) boxes.push({ policy, rule, entry });
    }
  }
  return boxes;
}

function maskOf(boxes: readonly Box[], meets: (box: Box) => boolean): bigint {
  let digits = '';
  for (let index = boxes.length - 1; index >= 0; index -= 1) {
    const box = boxes[index];
    digits += box !== undefined && meets(box) ? '1' : '0';
  }
  return digits === '' ? 0n : BigInt(`0b${digits}`);
}

/** Values with the same bits, and the same nature, together. */
function cells<T>(
  values: readonly T[],
  bitsOf: (value: T) => bigint,
  natureOf: (value: T) => string = () => '',
): Cell<T>[] {
  const found = new Map<string, { members: T[]; bits: bigint }>();
  for (const value of values) {
    const bits = bitsOf(value);
    const key = `${natureOf(value)} ${bits.toString(36)}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { members: [value], bits });
    else known.members.push(value);
  }
  return [...found.values()];
}

/** The part of a box that is about the kind of thing asked for. */
function reaches({ rule, entry }: Box, target: Target): boolean {
  const isForResources = rule.resources.length > 0 || rule.namespaces.length > 0;
  if (target.kind === 'path') {
    if (isForResources) return false;
    return rule.nonResourceURLs.length === 0 || rule.nonResourceURLs.some((url) => matchesUrl(url, target.path));
  }
  if (!isForResources) return rule.nonResourceURLs.length === 0;
  if (entry === undefined) return true;
  if (entry.group !== '*' && entry.group !== target.group) return false;
  return entry.resources.length === 0 || entry.resources.some((pattern) => coversResource(pattern, target));
}

/** What decides which verbs and places are possible. */
function targetNature(target: Target): string {
  if (target.kind === 'path') return 'path';
  const { group, resource, isNamespaced, verbs, subresource, isInvented } = target;
  const own = group === '' && resource === 'namespaces' ? 'namespaces' : '';
  return `${isNamespaced} ${subresource === ''} ${verbs.join()} ${own} ${isInvented}`;
}

/** Where a kind of target can be. An object `namespaces/x` is in the namespace `x`, as RequestInfo has it. */
function placesBy(policies: readonly AuditPolicy[], boxes: readonly Box[]): (target: Target) => readonly Cell<Place>[] {
  const { namespaces, names } = placeAtoms(policies);
  const all = (pairs: readonly Place[]): Cell<Place>[] =>
    cells(
      pairs,
      (place) => maskOf(boxes, (box) => isIn(box, place)),
      ({ namespace, name }) => `${namespace === ''} ${name === ''}`,
    );
  const none = [{ members: [{ namespace: '', name: '' }], bits: maskOf(boxes, () => true) }];
  const clusterWide = all(names.map((name) => ({ namespace: '', name })));
  const anywhere = all(namespaces.flatMap((namespace) => names.map((name) => ({ namespace, name }))));
  const known = new Set([...names, ...namespaces]);
  const ofNamespaces = all([...known].map((name) => ({ namespace: name, name })));
  return (target) => {
    if (target.kind === 'path') return none;
    if (target.group === '' && target.resource === 'namespaces') return ofNamespaces;
    return target.isNamespaced === false ? clusterWide : anywhere;
  };
}

/** The part of a box that is about namespace and name; `covers` is asked about these alone. */
function isIn({ rule, entry }: Box, { namespace, name }: Place): boolean {
  if (rule.namespaces.length > 0 && !rule.namespaces.includes(namespace)) return false;
  if (entry === undefined || entry.resources.length === 0) return true;
  const { resourceNames } = entry;
  const anything = { group: '', resources: ['*'], resourceNames };
  return covers(anything, { group: '', resource: '', subresource: '', namespace, name });
}

function isPossible(verb: string, target: Target, place: Place | undefined): boolean {
  if (target.kind === 'path') return pathVerbs.includes(verb);
  if (!target.verbs.includes(verb)) return false;
  if (place === undefined) return true;
  const { namespace, name } = place;
  if (target.isNamespaced === true && namespace === '' && verb !== 'list' && verb !== 'watch') return false;
  if (target.subresource !== '') return name !== '';
  if (verb === 'create' || verb === 'deletecollection') return name === '';
  // A list or watch may select one object by its name.
  return verb === 'list' || verb === 'watch' || name !== '';
}

function lowest(bits: bigint): bigint {
  return bits & -bits;
}

function shadowedBy(
  bits: bigint,
  { boxes, winner }: { readonly boxes: readonly Box[]; readonly winner: AuditRule | undefined },
): AuditRule[] {
  const rules = new Set<AuditRule>();
  const digits = bits.toString(2);
  for (let index = digits.length - 1; index >= 0; index -= 1) {
    if (digits[index] !== '1') continue;
    const rule = boxes[digits.length - 1 - index]?.rule;
    if (rule !== undefined && rule !== winner) rules.add(rule);
  }
  return [...rules];
}
