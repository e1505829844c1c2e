import type { DetectionNeeds, NeededRequests } from '../../model/alert.ts';
import type { AuditLevel } from '../../model/audit-event.ts';
import { connectSubresources, groupsOf, isBuiltInGroup, isLongRunning } from './api-resources.ts';
import { coversResource, matchesUrl } from './decide.ts';
import { levelAtLeast, levelFor, recordedStages } from './levels.ts';
import { credentialBodies, credentialName } from './lint-outcomes.ts';
import type { AuditPolicy, AuditRule } from './policy.ts';
import {
  type AuditUser,
  aPerson,
  aWorkload,
  resourceTarget,
  somethingElse,
  type Target,
  targetText,
} from './request-atoms.ts';
import { type RequestClass, requestClasses } from './request-space.ts';

/** Why a detection does not see some requests. */
export interface LostRequests {
  readonly cause: 'not-logged' | 'level' | 'stage';
  /** The rule that decides about them; undefined where none matches. */
  readonly rule: AuditRule | undefined;
  readonly level: AuditLevel;
  /** Users, verbs and targets of them, as far as they are worth naming. */
  readonly users: readonly string[];
  readonly verbs: readonly string[];
  readonly targets: readonly string[];
}

export interface DetectionCoverage {
  /**
   * `visible`: every request that it has to see can be judged. `blind`: none. `degraded`: some.
   */
  readonly state: 'visible' | 'degraded' | 'blind';
  readonly lost: readonly LostRequests[];
  /** Requests of identities that the policy singles out, and health checks: a detection does without these. */
  readonly exceptions: readonly LostRequests[];
}

/** Answers for one policy what detections see under it. */
export type CoverageOf = (needs: DetectionNeeds) => DetectionCoverage;

/** Throws `SpaceTooLarge` for a policy with thousands of conditions. */
export function detectionCoverage(policy: AuditPolicy, all: readonly DetectionNeeds[]): CoverageOf {
  const targets = all.flatMap(({ requests }) => requests.flatMap(neededTargets));
  const classes = requestClasses([policy], { targets });
  const groups = byTarget(classes);
  return (needs) => coverageOf(policy, groups, needs);
}

type ClassesOfTarget = { readonly targets: readonly Target[]; readonly classes: readonly RequestClass[] };

/** Classes share the lists of their targets. */
function byTarget(classes: readonly RequestClass[]): ClassesOfTarget[] {
  const found = new Map<readonly Target[], RequestClass[]>();
  for (const each of classes) {
    const known = found.get(each.targets);
    if (known === undefined) found.set(each.targets, [each]);
    else known.push(each);
  }
  return [...found].map(([targets, list]) => ({ targets, classes: list }));
}

function coverageOf(policy: AuditPolicy, groups: readonly ClassesOfTarget[], needs: DetectionNeeds): DetectionCoverage {
  const lost = new Losses();
  const exceptions = new Losses();
  let seen = 0;
  for (const { targets, classes } of groups) {
    const wanted = wantedOf(targets, needs);
    if (wanted.length === 0) continue;
    for (const each of classes) {
      const concern = concernOf(each, needs, wanted);
      if (concern === undefined) continue;
      const asked = { needs, verbs: concern.verbs, targets: wanted.map(({ target }) => target) };
      const whole = lossOf(policy, each, asked);
      const loss = whole ?? partialPatches(each, asked);
      if (whole === undefined && concern.matters && loss?.verbs.length !== concern.verbs.length) seen += 1;
      if (loss === undefined) continue;
      if (concern.matters && !isSpared(loss, needs)) lost.add(loss);
      else exceptions.add(loss);
    }
  }
  const state = lost.isEmpty ? 'visible' : seen === 0 ? 'blind' : 'degraded';
  return { state, lost: lost.list(), exceptions: exceptions.list() };
}

/** What is asked of everything is not asked of the bodies of credentials: no log should have them. */
function isSpared({ cause, targets, verbs }: Loss, { requests }: DetectionNeeds): boolean {
  if (cause !== 'level') return false;
  const asks = (request: NeededRequests): boolean => verbs.some((verb) => verbsOf(request)?.has(verb) ?? true);
  return targets.every(
    (target) =>
      target.kind === 'resource' &&
      isCredential(target) &&
      requests.every((request) => request.resource === '*' || !isNeeded(request, target) || !asks(request)),
  );
}

function isCredential({ group, resource, subresource }: Extract<Target, { readonly kind: 'resource' }>): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return credentialBodies.some((each) => each.group === group && credentialName(each) === combined);
}

interface WantedTarget {
  readonly target: Target;
  /** Undefined: any. */
  readonly verbs: ReadonlySet<string> | undefined;
}

function wantedOf(targets: readonly Target[], needs: DetectionNeeds): WantedTarget[] {
  const wanted: WantedTarget[] = [];
  // Requests that never have a body say nothing to a detection that judges bodies of whatever there is.
  const bodies = needs.level !== 'Metadata' && needs.requests.length > 0;
  for (const target of targets) {
    if (target.kind === 'path') {
      if (!bodies && needs.paths.some((pattern) => matchesUrl(pattern, target.path)))
        wanted.push({ target, verbs: undefined });
      continue;
    }
    for (const request of needs.requests) {
      const bodiless = bodies && request.resource === '*' && connectSubresources.has(target.subresource);
      if (!bodiless && isNeeded(request, target)) wanted.push({ target, verbs: verbsOf(request) });
    }
  }
  return wanted;
}

function verbsOf({ verbs }: NeededRequests): ReadonlySet<string> | undefined {
  return verbs.length === 0 || verbs.includes('*') ? undefined : new Set(verbs);
}

/** Whether a detection has to see a kind of request. What no server has stands for all that it may have. */
function isNeeded(
  { group, resource }: NeededRequests,
  target: Extract<Target, { readonly kind: 'resource' }>,
): boolean {
  const anything = resource === '*';
  if (group !== '*' && group !== target.group) return false;
  // Of a group that is known, what is invented is nothing.
  if (target.isInvented) return anything && !isBuiltInGroup(target.group);
  return anything || coversResource(resource, target);
}

function neededTargets({ group, resource }: NeededRequests): Target[] {
  const [name = '', subresource = ''] = resource.split('/');
  if (group === '*') {
    return name === '*' || groupsOf(name).length > 0 ? [] : [resourceTarget('other.example.com', name, subresource)];
  }
  if (resource === '*') return [resourceTarget(group, somethingElse)];
  if (name === '*' || subresource === '*') return [];
  return [resourceTarget(group, name, subresource)];
}

/** Health checks and the description of the API: no detection is about them, and most policies leave them out. */
const probes = /^\/(?:healthz|livez|readyz|version|swagger|openapi)/;

interface Concern {
  readonly verbs: readonly string[];
  /** Whether losing these requests degrades the detection. */
  readonly matters: boolean;
}

function concernOf(
  { users, verbs }: RequestClass,
  needs: DetectionNeeds,
  wanted: readonly WantedTarget[],
): Concern | undefined {
  const asked = verbs.filter((verb) => wanted.some((each) => each.verbs === undefined || each.verbs.has(verb)));
  if (asked.length === 0) return undefined;
  const isNobody = users.some((user) => user === undefined);
  const others = users.filter((user) => user !== undefined);
  const onlyNobody = needs.unauthenticated && needs.stage === 'ResponseStarted';
  const relevant = (isNobody && needs.unauthenticated) || (others.length > 0 && !onlyNobody);
  if (!relevant) return undefined;
  const isProbe = wanted.every(({ target }) => target.kind === 'path' && probes.test(target.path));
  const ordinary = (needs.unauthenticated && isNobody) || (!onlyNobody && others.some(isOrdinary));
  return { verbs: asked, matters: ordinary && !isProbe };
}

/** Anyone in no particular role. */
function isOrdinary(user: AuditUser): boolean {
  return user?.name === aPerson || user?.name === aWorkload || user?.name === 'system:anonymous';
}

interface Asked {
  readonly needs: DetectionNeeds;
  readonly verbs: readonly string[];
  readonly targets: readonly Target[];
}

function lossOf(policy: AuditPolicy, { users, rules }: RequestClass, { needs, verbs, targets }: Asked) {
  const [rule] = rules;
  const level = rule?.level ?? 'None';
  const omitStages = [...policy.omitStages, ...(rule?.omitStages ?? [])];
  const shown = { rule, level, users, verbs, targets };
  if (level === 'None') return { cause: 'not-logged' as const, ...shown };
  // No body is ever logged of a connection.
  const connects = targets.every((target) => target.kind === 'path' || connectSubresources.has(target.subresource));
  if (!levelAtLeast(level, connects ? 'Metadata' : needs.level)) return { cause: 'level' as const, ...shown };
  const refusedLogin = needs.unauthenticated && users.some((user) => user === undefined);
  if (refusedLogin && omitStages.includes('ResponseStarted')) return { cause: 'stage' as const, ...shown };
  const silent = targets.some((target) => {
    const subresource = target.kind === 'path' ? '' : target.subresource;
    return verbs.some((verb) => {
      const stages = recordedStages({ level, omitStages }, isLongRunning(verb, subresource));
      return !stages.includes('ResponseComplete') && !stages.includes('ResponseStarted');
    });
  });
  const onlyRefused = needs.unauthenticated && needs.stage === 'ResponseStarted';
  return silent && !onlyRefused ? { cause: 'stage' as const, ...shown } : undefined;
}

/** Patches of which the policy logs no more than what they set, where that does not decide. */
function partialPatches({ users, rules }: RequestClass, { needs, verbs, targets }: Asked): Loss | undefined {
  const [rule] = rules;
  const level = rule?.level ?? 'None';
  const needed = levelFor(needs, 'patch');
  if (needed === needs.level || !verbs.includes('patch') || levelAtLeast(level, needed)) return undefined;
  const bodies = targets.filter((target) => target.kind === 'resource' && !connectSubresources.has(target.subresource));
  if (bodies.length === 0) return undefined;
  return { cause: 'level', rule, level, users, verbs: ['patch'], targets: bodies };
}

type Loss = NonNullable<ReturnType<typeof lossOf>>;

/** Lost requests of one rule and cause together. */
class Losses {
  private readonly found = new Map<
    string,
    { loss: Loss; users: Set<string>; verbs: Set<string>; targets: Set<string> }
  >();

  get isEmpty(): boolean {
    return this.found.size === 0;
  }

  add(loss: Loss): void {
    const key = `${loss.cause} ${loss.rule?.path.join('.') ?? ''}`;
    const entry = this.found.get(key) ?? { loss, users: new Set(), verbs: new Set(), targets: new Set() };
    this.found.set(key, entry);
    for (const user of loss.users) entry.users.add(user?.name ?? '(not authenticated)');
    for (const verb of loss.verbs) entry.verbs.add(verb);
    for (const target of loss.targets) entry.targets.add(targetText(target));
  }

  list(): LostRequests[] {
    return [...this.found.values()].map(({ loss: { cause, rule, level }, users, verbs, targets }) => ({
      ...{ cause, rule, level },
      users: [...users],
      verbs: [...verbs],
      targets: [...targets],
    }));
  }
}
