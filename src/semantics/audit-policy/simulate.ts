import type { AuditEvent, AuditLevel } from '../../model/audit-event.ts';
import { isList, isObject, type Json, own } from '../../model/json.ts';
import { isLongRunning } from './api-resources.ts';
import { type AuditDecision, type AuditedRequest, decideAudit } from './decide.ts';
import { levelAtLeast, recordedStages } from './levels.ts';
import type { AuditPolicy, AuditRule } from './policy.ts';
import { requestInfo } from './request-info.ts';

/** What is counted for a rule or a contributor. */
export interface Kept {
  readonly events: number;
  readonly bytes: number;
  /** The part of `bytes` that the sample does not hold: bodies, and events of stages that it omits. */
  readonly estimatedBytes: number;
}

export interface Contributor extends Kept {
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly rule: AuditRule;
}

export interface Simulation {
  /** Events of the sample, and their size as the API server writes them. */
  readonly read: Kept;
  readonly kept: Kept;
  /** In the order of the policy; last, with no rule, what none matches. `seen`: requests that the rule decides. */
  readonly rules: readonly (Kept & { readonly rule: AuditRule | undefined; readonly seen: number })[];
  /** Largest first. */
  readonly contributors: readonly Contributor[];
  /** From the first to the last event, in milliseconds. */
  readonly span: number;
  /** What of the numbers is estimated, and what the sample cannot tell. */
  readonly notes: readonly string[];
}

/** Most users, verbs and resources that are told apart: a log of anonymous names must not fill the memory. */
const maxContributors = 50_000;

/** Typical bodies in bytes, for resources of which the sample has none. Source: measured on public logs. */
const typicalRequest = 1100;
const typicalResponse = 3200;

interface Tally {
  events: number;
  bytes: number;
  estimatedBytes: number;
}

const newTally = (): Tally => ({ events: 0, bytes: 0, estimatedBytes: 0 });

/** Bodies of one kind of request that were seen in the sample, and those that were missed. */
interface Bodies {
  count: number;
  request: number;
  response: number;
}

interface Wanting {
  readonly kind: string;
  readonly missesRequest: boolean;
  readonly missesResponse: boolean;
  readonly tallies: readonly Tally[];
  count: number;
}

/** Takes the events of a log and counts what a policy would have kept of them. Sizes are those of compact JSON. */
export class Simulator {
  private readonly policy: AuditPolicy;
  private readonly total = newTally();
  private readonly byRule = new Map<AuditRule | undefined, Tally & { seen: number }>();
  private readonly contributors = new Map<
    string,
    { tally: Tally; about: Pick<Contributor, 'user' | 'verb' | 'resource' | 'rule'> }
  >();
  private readonly bodies = new Map<string, Bodies>();
  private readonly wanting = new Map<string, Wanting>();
  private readonly decisions = new Map<string, AuditDecision>();
  private first = Number.POSITIVE_INFINITY;
  private last = Number.NEGATIVE_INFINITY;
  private sawArrival = false;
  private arrivals = { count: 0, bytes: 0, tallies: new Map<Tally, { count: number; bytes: number }>() };
  private unlisted = 0;

  constructor(policy: AuditPolicy) {
    this.policy = policy;
    for (const rule of [...policy.rules, undefined]) this.byRule.set(rule, { ...newTally(), seen: 0 });
  }

  add(event: AuditEvent): void {
    const sizes = sizesOf(event);
    this.total.events += 1;
    this.total.bytes += sizes.whole;
    if (Number.isFinite(event.time)) {
      this.first = Math.min(this.first, event.time);
      this.last = Math.max(this.last, event.time);
    }
    if (event.stage === 'RequestReceived') this.sawArrival = true;
    const request = requestOf(event);
    const decision = this.decide(request);
    const { level, rule } = decision;
    const tally = this.byRule.get(rule);
    if (tally === undefined) return;
    if (event.isTerminal) tally.seen += 1;
    if (level === 'None' || rule === undefined) return;
    const kind = kindOf(event);
    this.noteBodies(event, kind, sizes);
    const contributor = this.contributorOf(event, rule);
    const tallies = contributor === undefined ? [tally] : [tally, contributor];
    const subresource = request.resource?.subresource ?? '';
    const stages = recordedStages(decision, isLongRunning(event.verb, subresource));
    // A refused login has no other stage than this, whatever is asked for.
    const refused = event.user === undefined && event.stage === 'ResponseStarted';
    const panicked = event.stage === 'Panic' && !decision.omitStages.includes('Panic');
    const isKept = refused
      ? !decision.omitStages.includes('ResponseStarted')
      : panicked || stages.includes(event.stage);
    if (event.isTerminal && !refused && stages.includes('RequestReceived')) this.expectArrival(sizes.metadata, tallies);
    if (!isKept) return;
    let bytes = sizes.metadata;
    if (levelAtLeast(level, 'Request'))
      bytes += sizes.request - (decision.omitManagedFields ? managedSize(event.request) : 0);
    if (level === 'RequestResponse')
      bytes += sizes.response - (decision.omitManagedFields ? managedSize(event.response) : 0);
    for (const each of tallies) {
      each.events += 1;
      each.bytes += bytes;
    }
    this.noteWanting(event, { kind, level, tallies });
  }

  /** The same few requests are asked again and again. */
  private decide(request: AuditedRequest): AuditDecision {
    const { user, verb, resource, path } = request;
    const target =
      resource === undefined
        ? path
        : `${resource.group}\0${resource.resource}\0${resource.subresource}\0${resource.namespace}\0${resource.name}`;
    const key = `${user?.name ?? ''}\0${user?.groups.join() ?? ''}\0${verb}\0${target}`;
    const known = this.decisions.get(key);
    if (known !== undefined) return known;
    const decision = decideAudit(this.policy, request);
    if (this.decisions.size < maxContributors) this.decisions.set(key, decision);
    return decision;
  }

  private contributorOf(event: AuditEvent, rule: AuditRule): Tally | undefined {
    const about = { user: event.user?.name ?? '', verb: event.verb, resource: resourceOf(event), rule };
    const key = `${about.user}\0${about.verb}\0${about.resource}\0${rule.path.join('.')}`;
    const known = this.contributors.get(key);
    if (known !== undefined) return known.tally;
    if (this.contributors.size >= maxContributors) {
      this.unlisted += 1;
      return undefined;
    }
    const tally = newTally();
    this.contributors.set(key, { tally, about });
    return tally;
  }

  private noteBodies(event: AuditEvent, kind: string, sizes: Sizes): void {
    if (event.level !== 'RequestResponse' || event.stage !== 'ResponseComplete') return;
    const seen = this.bodies.get(kind) ?? { count: 0, request: 0, response: 0 };
    seen.count += 1;
    seen.request += sizes.request;
    seen.response += sizes.response;
    this.bodies.set(kind, seen);
  }

  /** Remembers an event that would have bodies, and has none as the sample was taken at a lower level. */
  private noteWanting(
    event: AuditEvent,
    { kind, level, tallies }: { kind: string; level: AuditLevel; tallies: readonly Tally[] },
  ): void {
    if (event.stage !== 'ResponseComplete' || event.object === undefined || levelAtLeast(event.level, level)) return;
    const subresource = event.object.subresource;
    if (isLongRunning(event.verb, subresource)) return;
    const missesRequest = event.level === 'Metadata' && sendsBody.has(event.verb);
    const missesResponse = level === 'RequestResponse';
    if (!missesRequest && !missesResponse) return;
    const key = `${kind}\0${missesRequest}\0${missesResponse}\0${tallies.map((each) => this.idOf(each)).join()}`;
    const known = this.wanting.get(key);
    if (known !== undefined) known.count += 1;
    else this.wanting.set(key, { kind, missesRequest, missesResponse, tallies, count: 1 });
  }

  private readonly ids = new Map<Tally, number>();

  private idOf(tally: Tally): number {
    const known = this.ids.get(tally);
    if (known !== undefined) return known;
    this.ids.set(tally, this.ids.size);
    return this.ids.size - 1;
  }

  /** A policy that keeps RequestReceived writes one more event for each request, which the sample may not have. */
  private expectArrival(bytes: number, tallies: readonly Tally[]): void {
    for (const tally of tallies) {
      const entry = this.arrivals.tallies.get(tally) ?? { count: 0, bytes: 0 };
      entry.count += 1;
      // Without the response's status, annotations and the like.
      entry.bytes += Math.round(bytes * arrivalShare);
      this.arrivals.tallies.set(tally, entry);
    }
    this.arrivals.count += 1;
  }

  /** What was counted. Ends the simulation. */
  result(): Simulation {
    const notes: string[] = [];
    let estimated = 0;
    let typical = 0;
    for (const { kind, missesRequest, missesResponse, tallies, count } of this.wanting.values()) {
      const seen = this.bodies.get(kind);
      if (seen === undefined) typical += count;
      const request = missesRequest ? (seen === undefined ? typicalRequest : seen.request / seen.count) : 0;
      const response = missesResponse ? (seen === undefined ? typicalResponse : seen.response / seen.count) : 0;
      estimated += count;
      for (const tally of tallies) addEstimate(tally, { events: 0, bytes: Math.round((request + response) * count) });
    }
    if (estimated > 0) {
      const how =
        typical === estimated
          ? 'from what bodies usually measure'
          : typical === 0
            ? 'from other events of the same kind'
            : `from other events of the same kind, and for ${typical} from what bodies usually measure`;
      notes.push(
        `The policy asks for bodies that ${estimated} events of the sample do not have, as it was taken at a lower level: their size is estimated ${how}.`,
      );
    }
    if (this.arrivals.count > 0 && !this.sawArrival) {
      for (const [tally, { count, bytes }] of this.arrivals.tallies) addEstimate(tally, { events: count, bytes });
      notes.push(
        `The policy keeps the stage RequestReceived, which the sample omits: ${this.arrivals.count} events are estimated.`,
      );
    }
    if (this.unlisted > 0) notes.push('More than 50,000 kinds of contributors: the smallest are not listed.');
    const rules = [...this.byRule].map(([rule, tally]) => ({ rule, ...tally }));
    const kept = newTally();
    for (const { events, bytes, estimatedBytes } of rules) {
      kept.events += events;
      kept.bytes += bytes;
      kept.estimatedBytes += estimatedBytes;
    }
    const contributors = [...this.contributors.values()]
      .map(({ tally, about }) => ({ ...about, ...tally }))
      .filter(({ events }) => events > 0)
      .sort((a, b) => b.bytes - a.bytes || b.events - a.events || compareText(a, b));
    const span = Math.max(0, this.last - this.first);
    notes.push('What the policy of the sample left out is in none of these numbers.');
    return { read: this.total, kept, rules, contributors, span: Number.isFinite(span) ? span : 0, notes };
  }
}

function compareText(a: Contributor, b: Contributor): number {
  const [first, second] = [a, b].map(({ user, verb, resource }) => `${user} ${verb} ${resource}`);
  return (first ?? '') < (second ?? '') ? -1 : 1;
}

/** Of an event at ResponseComplete, the part that an event at RequestReceived has too. */
const arrivalShare = 0.72;

const sendsBody: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

function addEstimate(tally: Tally, { events, bytes }: { readonly events: number; readonly bytes: number }): void {
  tally.events += events;
  tally.bytes += bytes;
  tally.estimatedBytes += bytes;
}

const methodOf: ReadonlyMap<string, string> = new Map([
  ['create', 'POST'],
  ['deletecollection', 'DELETE'],
]);

/**
 * The request of an event, as it was when the policy was asked. The server fills the name of a created object in later,
 * so the URL tells, where there is one.
 */
export function requestOf({ user, verb, object, path, uri }: AuditEvent): AuditedRequest {
  const base = { ...(user !== undefined && { user: { name: user.name, groups: user.groups } }), verb, path };
  if (object === undefined) return base;
  const { group, resource, subresource } = object;
  if (verb !== 'create' && object.name !== '') {
    const { namespace, name } = object;
    return { ...base, resource: { group, resource, subresource, namespace, name } };
  }
  const asked = uri.startsWith('/')
    ? requestInfo({ method: methodOf.get(verb) ?? 'GET', url: uri }).resource
    : undefined;
  const { namespace, name } = asked ?? {
    namespace: object.namespace,
    name: verb === 'create' && subresource === '' ? '' : object.name,
  };
  return { ...base, resource: { group, resource, subresource, namespace, name } };
}

function resourceOf({ object, path }: AuditEvent): string {
  if (object === undefined) return foldedPath(path);
  const { group, resource, subresource } = object;
  return `${resource}${group === '' ? '' : `.${group}`}${subresource === '' ? '' : `/${subresource}`}`;
}

/** Discovery has a path for each group and version: they are one contributor. */
function foldedPath(path: string): string {
  const [, first = '', second] = path.split('/');
  return second === undefined ? path : `/${first}/…`;
}

function kindOf(event: AuditEvent): string {
  return `${event.verb} ${resourceOf(event)}`;
}

interface Sizes {
  readonly whole: number;
  readonly metadata: number;
  /** Of the bodies with their keys. */
  readonly request: number;
  readonly response: number;
}

const requestKey = ',"requestObject":'.length;
const responseKey = ',"responseObject":'.length;

function sizesOf(event: AuditEvent): Sizes {
  const { request: requestBody, response: responseBody } = event;
  const request = requestBody === undefined ? 0 : jsonSize(requestBody) + requestKey;
  const response = responseBody === undefined ? 0 : jsonSize(responseBody) + responseKey;
  const metadata = metadataSize(event.raw);
  return {
    whole: metadata + request + response,
    ...{ metadata, request, response },
  };
}

/** An event without its bodies, with the line's end. */
function metadataSize(raw: Json): number {
  if (!isObject(raw)) return 0;
  const { requestObject: _, responseObject: __, ...rest } = raw;
  return jsonSize(rest) + 1;
}

/** As Go writes it: `&`, `<` and `>` take six characters each. Of other text each UTF-16 unit counts as a byte. */
function jsonSize(value: Json): number {
  const text = JSON.stringify(value);
  return text.length + 5 * count(text, '&') + 5 * count(text, '<') + 5 * count(text, '>');
}

function count(text: string, letter: string): number {
  let found = 0;
  for (let at = text.indexOf(letter); at !== -1; at = text.indexOf(letter, at + 1)) found += 1;
  return found;
}

function managedSize(body: Json | undefined): number {
  if (!isObject(body)) return 0;
  let size = managedFieldsOf(body);
  const items = own(body, 'items');
  if (isList(items)) for (const item of items) if (isObject(item)) size += managedFieldsOf(item);
  return size;
}

function managedFieldsOf(body: Json): number {
  const metadata = isObject(body) ? own(body, 'metadata') : undefined;
  const fields = isObject(metadata) ? own(metadata, 'managedFields') : undefined;
  return fields === undefined ? 0 : jsonSize(fields) + ',"managedFields":'.length;
}
