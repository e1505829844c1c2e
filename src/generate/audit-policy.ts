import type { DetectionNeeds } from '../model/alert.ts';
import type { AuditLevel } from '../model/audit-event.ts';
import type { Json } from '../model/json.ts';
import {
  apiResources,
  connectSubresources,
  pathVerbs,
  resourceVerbs,
} from '../semantics/audit-policy/api-resources.ts';
import {
  type AuditPolicy,
  bodyLogged,
  credentialBodies,
  credentialName,
  decideAudit,
  levelAtLeast,
  levelFor,
  readAuditPolicy,
} from '../semantics/audit-policy/index.ts';
import { type PolicyRuleText, policyValue, ruleOf } from './audit-policy-text.ts';
import { credentialRule } from './audit-profiles.ts';

/** A detection that a policy is to serve. */
export interface ServedDetection {
  readonly name: string;
  readonly needs: DetectionNeeds;
}

/** A detection that no policy serves without putting credentials into the log. */
export interface UnservedDetection {
  readonly name: string;
  readonly reason: string;
}

export interface GeneratedPolicy {
  readonly rules: readonly PolicyRuleText[];
  readonly unserved: readonly UnservedDetection[];
}

export interface GenerateOptions {
  /** Minor version of the API server. */
  readonly minor: number;
}

type BodyLevel = Exclude<AuditLevel, 'None'>;
const levelsDown: readonly BodyLevel[] = ['RequestResponse', 'Request', 'Metadata'];

/** One entry of a rule, before entries are put together. */
interface Piece {
  readonly level: BodyLevel;
  /** Empty is any. */
  readonly verbs: readonly string[];
  readonly group: string;
  /** `*` and group `*`: every resource there is. */
  readonly resource: string;
  readonly detections: readonly string[];
}

/**
 * The smallest policy under which every one of the detections sees all that it needs: leaving out any of its rules
 * makes some of them blind or degraded. Rules for bodies stand before those for metadata, and nothing is logged that
 * no detection asks for, but for the second of two verbs that do the same (`get` and `list`, `delete` and
 * `deletecollection`). A detection that needs the bodies of Secrets and the like is not served, and told.
 */
export function smallestPolicy(detections: readonly ServedDetection[], { minor }: GenerateOptions): GeneratedPolicy {
  const unserved: UnservedDetection[] = [];
  const served: ServedDetection[] = [];
  for (const detection of detections) {
    const what = credentialsFor(detection.needs);
    if (what === undefined) served.push(detection);
    else unserved.push({ name: detection.name, reason: `it needs ${what} in the log` });
  }
  const pieces = piecesOf(served, minor);
  const named = pieces.filter((piece) => piece.level !== 'Metadata' && isCredential(piece));
  let rules = guarded([
    ...resourceRules(named),
    ...resourceRules(pieces.filter((piece) => !named.includes(piece))),
    ...pathRules(served),
  ]);
  const greedy = served.filter(({ needs }) => wantsEverything(needs)).map(({ name }) => name);
  if (greedy.length > 0) {
    // It takes the place of all other rules for metadata, but for the guard.
    const bodies = rules.filter((rule) => rule.level !== 'Metadata' || rule.comment === guardComment);
    rules = [...bodies, ruleOf({ level: 'Metadata', comment: [`Everything else, for ${namesOf(greedy)}.`] })];
  }
  const needed = neededLevels(served);
  return { rules: withoutSpare(rules, needed, minor), unserved };
}

/** What a detection needs that must not be in a log. */
function credentialsFor({ level, requests }: DetectionNeeds): string | undefined {
  if (level === 'Metadata') return undefined;
  for (const { group, resource, verbs } of requests) {
    for (const secret of credentialBodies) {
      if ((secret.group !== group && group !== '*') || credentialName(secret) !== resource) continue;
      if (secret.onlyResponse === true && level === 'Request') continue;
      const bodies = verbs.length === 0 || verbs.some((verb) => ['create', 'update', 'patch', '*'].includes(verb));
      if (bodies || level === 'RequestResponse') return secret.what;
    }
  }
  return undefined;
}

/** Whether only a rule without conditions can serve it. */
function wantsEverything({ requests, level }: DetectionNeeds): boolean {
  const all = requests.some((request) => request.group === '*' && request.resource === '*' && anyVerb(request.verbs));
  return all && level === 'Metadata';
}

/** Whether a resource is one of those whose bodies hold credentials. */
function isCredential({ group, resource }: { readonly group: string; readonly resource: string }): boolean {
  return credentialBodies.some((each) => each.group === group && credentialName(each) === resource);
}

const guardComment: readonly string[] = ['Credentials: never with the bodies that the next rules log.'];

/** Rules for bodies that reach credentials by `*` get one before them that keeps those at Metadata. */
function guarded(rules: readonly PolicyRuleText[]): PolicyRuleText[] {
  const first = rules.findIndex(
    ({ level, resources }) =>
      level !== 'Metadata' && (resources.length === 0 || resources.some((entry) => entry.resources.includes('*'))),
  );
  if (first === -1) return [...rules];
  return rules.toSpliced(first, 0, { ...credentialRule(), comment: guardComment });
}

function anyVerb(verbs: readonly string[]): boolean {
  return verbs.length === 0 || verbs.includes('*') || resourceVerbs.every((verb) => verbs.includes(verb));
}

/** The second of two verbs that do the same: without it there is a way around the log. */
function closed(verbs: readonly string[], { group, resource }: { group: string; resource: string }): string[] {
  const all = new Set(verbs);
  const subresource = resource.split('/')[1] ?? '';
  if (connectSubresources.has(subresource)) return subresource === 'proxy' ? [...all] : ['get', 'create'];
  if (all.has('update') || all.has('patch')) for (const verb of ['update', 'patch']) all.add(verb);
  if (subresource !== '') return resourceVerbs.filter((verb) => all.has(verb));
  if (all.has('delete')) all.add('deletecollection');
  if ((group === '' || group === '*') && (resource === 'secrets' || resource === 'configmaps') && all.has('get')) {
    for (const verb of ['list', 'watch']) all.add(verb);
  }
  return resourceVerbs.filter((verb) => all.has(verb));
}

function piecesOf(detections: readonly ServedDetection[], minor: number): Piece[] {
  const byTarget = new Map<
    string,
    { group: string; resource: string; verbs: Map<string, BodyLevel>; names: Set<string> }
  >();
  for (const { name, needs } of detections) {
    for (const request of needs.requests) {
      const connects = connectSubresources.has(request.resource.split('/')[1] ?? '');
      const verbs = anyVerb(request.verbs) ? resourceVerbs : request.verbs;
      const groups = groupsFor(request.group, request.resource, minor);
      // A resource of a group that nobody knows: only a rule for all resources reaches it.
      const resource = groups.length === 0 ? '*' : request.resource;
      for (const group of groups.length === 0 ? ['*'] : groups) {
        const key = `${group} ${resource}`;
        const entry = byTarget.get(key) ?? { group, resource, verbs: new Map(), names: new Set() };
        byTarget.set(key, entry);
        entry.names.add(name);
        for (const verb of closed(verbs, { group, resource })) {
          const level = connects ? 'Metadata' : levelFor(needs, verb);
          const before = entry.verbs.get(verb);
          if (before === undefined || levelAtLeast(level, before)) entry.verbs.set(verb, level);
        }
      }
    }
  }
  const pieces: Piece[] = [];
  for (const { group, resource, verbs, names } of byTarget.values()) {
    for (const level of levelsDown) {
      const ofLevel = resourceVerbs.filter((verb) => verbs.get(verb) === level);
      if (ofLevel.length === 0) continue;
      // Without verbs, `pods` looks as if all that is done with pods were meant, exec and the like too.
      const isAll = anyVerb(ofLevel) && resource === '*';
      pieces.push({ level, verbs: isAll ? [] : ofLevel, group, resource, detections: [...names] });
    }
  }
  return pieces;
}

/** Group `*` is taken since v1.36; before, every group that has such a resource is named. */
function groupsFor(group: string, resource: string, minor: number): readonly string[] {
  if (group !== '*' || resource === '*' || minor >= 36) return [group];
  const [name = '', subresource = ''] = resource.split('/');
  const having = apiResources.filter(
    (each) => (name === '*' || each.resource === name) && (subresource === '*' || each.subresource === subresource),
  );
  return [...new Set(having.map((each) => each.group))];
}

function resourceRules(pieces: readonly Piece[]): PolicyRuleText[] {
  const rules: PolicyRuleText[] = [];
  for (const level of levelsDown) {
    const byVerbs = new Map<string, Piece[]>();
    for (const piece of pieces) {
      if (piece.level !== level) continue;
      const key = piece.verbs.join();
      byVerbs.set(key, [...(byVerbs.get(key) ?? []), piece]);
    }
    for (const ofVerbs of byVerbs.values()) {
      const verbs = ofVerbs[0]?.verbs ?? [];
      const comment = [`For ${namesOf([...new Set(ofVerbs.flatMap(({ detections }) => detections))])}.`];
      const everything = ofVerbs.find(({ group, resource }) => group === '*' && resource === '*');
      if (everything !== undefined) {
        rules.push(ruleOf({ level, verbs, comment }));
        continue;
      }
      rules.push(ruleOf({ level, verbs, resources: entriesOf(ofVerbs), comment }));
    }
  }
  return rules;
}

function entriesOf(pieces: readonly Piece[]): { group: string; resources: string[] }[] {
  const byGroup = new Map<string, string[]>();
  for (const { group, resource } of pieces) byGroup.set(group, [...(byGroup.get(group) ?? []), resource]);
  return [...byGroup]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, resources]) => ({ group, resources: resources.includes('*') ? ['*'] : resources.sort() }));
}

/** Requests for paths have no bodies: a detection that judges bodies has nothing to see there. */
function pathsOf({ level, requests, paths }: DetectionNeeds): readonly string[] {
  return level !== 'Metadata' && requests.length > 0 ? [] : paths;
}

function pathRules(detections: readonly ServedDetection[]): PolicyRuleText[] {
  const paths = new Map<string, string[]>();
  for (const { name, needs } of detections) {
    for (const path of pathsOf(needs)) paths.set(path, [...(paths.get(path) ?? []), name]);
  }
  if (paths.size === 0) return [];
  const nonResourceURLs = paths.has('*') ? ['*'] : [...paths.keys()].sort();
  const comment = [`For ${namesOf([...new Set([...paths.values()].flat())])}.`];
  return [ruleOf({ level: 'Metadata', nonResourceURLs, comment })];
}

interface NeededLevel {
  readonly request: Parameters<typeof decideAudit>[1];
  readonly level: AuditLevel;
}

/** Every kind of request that a detection needs, by a person and unauthenticated, with the level that it needs. */
function neededLevels(detections: readonly ServedDetection[]): NeededLevel[] {
  const needed = new Map<string, NeededLevel>();
  const add = (request: NeededLevel['request'], level: AuditLevel): void => {
    const key = JSON.stringify(request);
    const before = needed.get(key);
    if (before === undefined || levelAtLeast(level, before.level)) needed.set(key, { request, level });
  };
  const user = { name: 'a person', groups: ['system:authenticated'] };
  for (const { needs } of detections) {
    const onlyNobody = needs.unauthenticated && needs.stage === 'ResponseStarted';
    const users = [...(onlyNobody ? [] : [{ user }]), ...(needs.unauthenticated ? [{}] : [])];
    for (const base of users) {
      for (const { group, resource, verbs } of needs.requests) {
        for (const target of targetsOf(group, resource)) {
          const combined = target.subresource === '' ? target.resource : `${target.resource}/${target.subresource}`;
          // What is asked of everything is not asked of credentials.
          const spared = resource === '*' && isCredential({ group: target.group, resource: combined });
          const isPlain = spared || connectSubresources.has(target.subresource);
          const place = { namespace: 'a-namespace', name: 'an-object' };
          const { group: of, resource: name, subresource } = target;
          if (needs.level !== 'Metadata' && resource === '*' && connectSubresources.has(subresource)) continue;
          for (const verb of anyVerb(verbs) ? resourceVerbs : verbs) {
            if (!target.verbs.includes(verb)) continue;
            const level = isPlain ? 'Metadata' : levelFor(needs, verb);
            add({ ...base, verb, path: '', resource: { group: of, resource: name, subresource, ...place } }, level);
          }
        }
      }
      for (const pattern of pathsOf(needs)) {
        const path = pattern.endsWith('*') ? `${pattern.slice(0, -1) || '/'}x` : pattern;
        for (const verb of pathVerbs) add({ ...base, verb, path }, 'Metadata');
      }
    }
  }
  return [...needed.values()];
}

interface NeededTarget {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  /** Those that it can be asked with. */
  readonly verbs: readonly string[];
}

function targetsOf(group: string, pattern: string): NeededTarget[] {
  const [name = '', subresource = ''] = pattern.split('/');
  const targets: NeededTarget[] = apiResources.filter(
    (each) =>
      (group === '*' || each.group === group) &&
      (name === '*' || each.resource === name) &&
      (pattern === '*' || subresource === '*' || each.subresource === subresource),
  );
  if (pattern === '*' && (group === '*' || targets.length === 0)) {
    const other = group === '*' ? 'other.example.com' : group;
    targets.push({ group: other, resource: 'something-else', subresource: '', verbs: resourceVerbs });
  }
  if (targets.length === 0 && name !== '*') targets.push({ group, resource: name, subresource, verbs: resourceVerbs });
  return targets;
}

/** Leaves out every rule, and every entry of one, that no detection needs. */
function withoutSpare(
  rules: readonly PolicyRuleText[],
  needed: readonly NeededLevel[],
  minor: number,
): PolicyRuleText[] {
  const serves = (candidate: readonly PolicyRuleText[]): boolean => {
    const policy = read(candidate, minor);
    if (credentialBodies.some((each) => bodyLogged(policy, each) !== undefined)) return false;
    return needed.every(({ request, level }) => levelAtLeast(decideAudit(policy, request).level, level));
  };
  let kept = [...rules];
  // Later rules are wider: what they serve, an earlier one need not. Without one, another may have become spare.
  for (let before = 0; before !== kept.length; ) {
    before = kept.length;
    for (const rule of kept) {
      const without = kept.filter((each) => each !== rule);
      if (serves(without)) kept = without;
    }
  }
  return kept.map((rule, index) => {
    let trimmed = rule;
    for (const entry of rule.resources) {
      if (trimmed.resources.length <= 1) break;
      const candidate = { ...trimmed, resources: trimmed.resources.filter((each) => each !== entry) };
      if (serves(kept.with(index, candidate))) trimmed = candidate;
    }
    kept[index] = trimmed;
    return trimmed;
  });
}

function read(rules: readonly PolicyRuleText[], minor: number): AuditPolicy {
  return readAuditPolicy(policyValue({ rules, minor }) as Json, { minor }).policy;
}

function namesOf(names: readonly string[]): string {
  const sorted = [...names].sort();
  const shown = sorted.slice(0, 6).join(', ');
  return sorted.length > 6 ? `${shown} and ${sorted.length - 6} more` : shown;
}
