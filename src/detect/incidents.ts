import { createHash } from 'node:crypto';
import type { Alert, AlertActor } from '../model/alert.ts';
import { isObject, type Json } from '../model/json.ts';
import { stringsIn } from '../model/json-list.ts';
import type { Severity } from '../model/severity.ts';
import { targetText } from '../semantics/audit-event/index.ts';
import type { Counted } from './correlator.ts';
import { joined } from './correlator.ts';
import type { DetectionRule } from './rule.ts';
import { BoundedStore } from './store.ts';
import type { EventView } from './view.ts';

/** A rule that fired, on one event or, for a correlation, on several. */
export interface Firing {
  readonly rule: DetectionRule;
  readonly view: EventView;
  /** Of a correlation: what it counted. */
  readonly counted?: { readonly count: number; readonly events: readonly Counted[] };
}

interface Incident {
  readonly id: string;
  revision: number;
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly attack: readonly string[];
  readonly next: readonly string[];
  readonly actor: AlertActor;
  readonly message: string;
  readonly cooldown: number;
  first: number;
  last: number;
  count: number;
  targets: readonly string[];
  events: readonly string[];
  /** Of the revision that was told last. */
  toldCount: number;
  toldAt: number;
}

const maxTargets = 10;
/** Pods of a workload that was told of are told again once there are so many of them. */
const manyChildren = 10;
const maxEvents = 20;
/** What goes on is told again after so long, in milliseconds of event time. */
const retold = 300_000;

/** Firings of one rule by one actor are one incident until it was quiet for the rule's cool-down. */
export class Incidents {
  private readonly open: BoundedStore<Incident>;

  constructor(maxKeys: number) {
    this.open = new BoundedStore(maxKeys);
  }

  get evicted(): number {
    return this.open.evicted;
  }

  get size(): number {
    return this.open.size;
  }

  /** The incident that is new or has grown enough to be told again; undefined where it was only counted. */
  add({ rule, view, counted }: Firing): Alert | undefined {
    const { event, changer } = view;
    const key = incidentKey(rule, view);
    const known = this.open.get(key);
    const time = event.time;
    const quiet = known !== undefined && time - known.last > rule.cooldown;
    if (known === undefined || quiet) {
      // The rule fired on the workload's own change: its pods are no news.
      if (changer?.told.includes(rule.name) === true) return undefined;
      const incident = newIncident(key, { rule, view, ...(counted !== undefined && { counted }) });
      this.open.set(key, incident);
      return alertOf(incident);
    }
    known.last = Math.max(known.last, time);
    known.first = Math.min(known.first, time);
    known.count += 1;
    if (known.events.length < maxEvents && !known.events.includes(event.id)) known.events = [...known.events, event.id];
    const isNewWorkload =
      changer !== undefined && known.targets.length < maxTargets && !known.targets.includes(changer.target);
    known.targets = [...new Set([...known.targets, ...targetsOf(view)])].slice(0, maxTargets);
    const isWorth = changer === undefined ? worthTelling(known) : isNewWorkload || manyMore(known);
    return isWorth ? tell(known) : undefined;
  }

  /** What has grown since it was last told, of incidents that ended before `until`, or of all of them. */
  flush(until: number | undefined): readonly Alert[] {
    const alerts: Alert[] = [];
    const over: string[] = [];
    for (const [key, incident] of this.open) {
      const ended = until === undefined || until - incident.last > incident.cooldown;
      if (!ended) continue;
      if (incident.count !== incident.toldCount) alerts.push(tell(incident));
      if (until !== undefined) over.push(key);
    }
    for (const key of over) this.open.delete(key);
    return alerts;
  }

  save(): Json {
    return this.open.save((incident) => ({ ...incident, actor: { ...incident.actor } }));
  }

  restore(saved: Json | undefined): void {
    this.open.restore(saved, (entry) => (isObject(entry) && isObject(entry.actor) ? restored(entry) : undefined));
  }
}

/** What was written by `save`: plain data of this very shape, or of another version and then left out. */
function restored(entry: Readonly<Record<string, Json>>): Incident | undefined {
  if (typeof entry.id !== 'string' || typeof entry.last !== 'number' || typeof entry.count !== 'number')
    return undefined;
  const incident = { ...entry, targets: stringsIn(entry.targets), events: stringsIn(entry.events) };
  return incident as unknown as Incident;
}

function incidentKey(rule: DetectionRule, view: EventView): string {
  const { actor, event } = view;
  const who = actor.name === '' || actor.name === 'system:anonymous' ? `${actor.name}@${event.source}` : actor.name;
  return [rule.name, who, joined(rule.fold, view) ?? ''].join('\u0000');
}

function newIncident(key: string, { rule, view, counted }: Firing): Incident {
  const { event } = view;
  const events = counted === undefined ? [event.id] : counted.events.map(({ id }) => id);
  const first = Math.min(event.time, ...(counted?.events.map(({ time }) => time) ?? []));
  const count = counted?.count ?? 1;
  return {
    id: createHash('sha256')
      .update([key, String(first), events[0] ?? ''].join('\u0000'))
      .digest('hex')
      .slice(0, 32),
    revision: 0,
    rule: rule.name,
    title: rule.title,
    severity: rule.severity,
    attack: rule.attack,
    next: rule.next,
    actor: actorOf(view),
    message: messageOf(rule, view),
    cooldown: rule.cooldown,
    first,
    last: event.time,
    count,
    targets: targetsOf(view),
    events: events.slice(0, maxEvents),
    toldCount: count,
    toldAt: event.time,
  };
}

function actorOf({ actor, actorGroups, event }: EventView): AlertActor {
  return {
    user: actor.name,
    impersonated: event.impersonated?.name ?? '',
    groups: actorGroups,
    source: event.source,
    userAgent: event.userAgent,
  };
}

function messageOf(rule: DetectionRule, view: EventView): string {
  const { actor, event, changer } = view;
  const who = actor.name === '' ? 'somebody who was not authenticated' : actor.name;
  const said = rule.message?.(view) ?? `${rule.title}: ${who}, ${event.action} ${targetText(event)}`;
  if (changer === undefined) return said;
  const child = targetText(event);
  const named = said.includes(child) ? said.replaceAll(child, () => changer.target) : `${changer.target}: ${said}`;
  return `${named} (seen in ${child}, which ${event.user?.name ?? ''} made for it)`;
}

/** What it was done to: a workload that was changed before what a controller made for it. */
function targetsOf({ event, changer }: EventView): readonly string[] {
  const target = targetText(event);
  return changer === undefined ? [target] : [...new Set([changer.target, target])];
}

/** What a controller makes for a workload comes in numbers, and again and again: only many more are news. */
function manyMore({ count, toldCount }: Incident): boolean {
  return count >= manyChildren && count >= toldCount * 2;
}

/** Doubled since, or still going on after a while. */
function worthTelling({ count, toldCount, last, toldAt }: Incident): boolean {
  return count >= toldCount * 2 || last - toldAt >= retold;
}

function tell(incident: Incident): Alert {
  incident.revision += 1;
  incident.toldCount = incident.count;
  incident.toldAt = incident.last;
  return alertOf(incident);
}

function alertOf({
  id,
  revision,
  rule,
  title,
  severity,
  attack,
  actor,
  targets,
  message,
  next,
  first,
  last,
  count,
  events,
}: Incident): Alert {
  const at = (time: number): string => new Date(time).toISOString();
  return {
    id,
    revision,
    rule,
    title,
    severity,
    attack,
    actor,
    targets,
    message,
    next,
    first: at(first),
    last: at(last),
    count,
    events,
    causes: [],
  };
}
