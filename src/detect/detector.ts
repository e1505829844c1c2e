import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { isObject, type Json } from '../model/json.ts';
import { runsLong } from '../semantics/audit-event/index.ts';
import { network } from './addresses.ts';
import { Attribution } from './attribution.ts';
import { Correlator } from './correlator.ts';
import { type Identity, identityOf } from './identity.ts';
import { type Firing, Incidents } from './incidents.ts';
import { ObjectMemory } from './memory.ts';
import { Prefilter } from './prefilter.ts';
import type { DetectionRule } from './rule.ts';
import { type CompiledRule, RuleIndex } from './rule-index.ts';
import { BoundedStore } from './store.ts';
import { Trust, type TrustedIdentities } from './trusted.ts';
import { truth } from './truth.ts';
import { EventView, type Surroundings } from './view.ts';

export interface DetectorOptions {
  readonly rules: readonly DetectionRule[];
  readonly trusted?: TrustedIdentities;
  /** Networks by the name of the list that holds them (`source.lists`). Entries that are none are left out. */
  readonly addresses?: ReadonlyMap<string, readonly string[]>;
  /** Most entries of each kind of state: groups of correlations, incidents, workloads, objects. 100,000 unless told. */
  readonly maxKeys?: number;
}

/** Per rule: how often it fired, and how often the audit level left out what it needs. */
export interface RuleCounts {
  fired: number;
  notEvaluable: number;
}

export interface DetectorCounts {
  /** Events that were handed in. */
  readonly events: number;
  /** Requests that rules were tried on. */
  readonly requests: number;
  readonly rules: ReadonlyMap<string, Readonly<RuleCounts>>;
  /** State entries that gave way to newer ones. */
  readonly evicted: number;
  /** State entries that there are. */
  readonly keys: number;
  /** Events that came too late for a window. */
  readonly late: number;
  /** Firings that a learning period takes for ordinary. */
  readonly learnt: number;
}

/** Events in, alerts out. Time is the events' own, so that the same events give the same alerts with the same ids. */
export interface Detector {
  /** Incidents that are new or have grown, in order. */
  feed(event: AuditEvent): readonly Alert[];
  /**
   * Tells of what has grown since it was last told: of all incidents when a log has ended, of those that were over by
   * `until` (milliseconds since 1970) while it goes on.
   */
  flush(until?: number): readonly Alert[];
  /** Whether a raw line of a log has to be read: false only where neither a rule nor any state could use it. */
  wants(line: Buffer): boolean;
  readonly counts: DetectorCounts;
  /** Everything that a restart needs, as JSON. */
  save(): Json;
  /** Takes what `save` gave; anything else leaves an empty state. */
  restore(state: Json): void;
}

const defaultKeys = 100_000;
const maxIdentities = 10_000;
const nothing: readonly Alert[] = Object.freeze([]);
const noRules: readonly string[] = Object.freeze([]);
const version = 1;

export function createDetector(options: DetectorOptions): Detector {
  return new RuleDetector(options);
}

class RuleDetector implements Detector, Surroundings {
  private readonly index: RuleIndex;
  private readonly correlations = new Map<string, DetectionRule[]>();
  private readonly trust: Trust;
  private readonly correlator: Correlator;
  private readonly incidents: Incidents;
  private readonly attribution: Attribution;
  private readonly memory: ObjectMemory;
  private readonly prefilter: Prefilter;
  /** Requests that run long and were judged when they began. */
  private readonly begun: BoundedStore<true>;
  private readonly learnt: BoundedStore<true>;
  private readonly lists: readonly { readonly name: string; readonly holds: (address: string) => boolean }[];
  private readonly learning: number;
  private readonly rules = new Map<string, RuleCounts>();
  private readonly identities = new Map<string, Identity>();
  private events = 0;
  private requests = 0;
  private learntFirings = 0;
  private newest = 0;
  private oldest = 0;

  constructor({ rules, trusted, addresses, maxKeys = defaultKeys }: DetectorOptions) {
    this.index = new RuleIndex(rules);
    this.trust = new Trust(trusted);
    this.learning = trusted?.learning ?? 0;
    this.correlator = new Correlator(maxKeys);
    this.incidents = new Incidents(maxKeys);
    this.attribution = new Attribution(maxKeys);
    this.memory = new ObjectMemory(Math.min(maxKeys, 10_000));
    this.begun = new BoundedStore(maxKeys);
    this.learnt = new BoundedStore(maxKeys);
    this.prefilter = new Prefilter(rules, this);
    this.lists = [...(addresses ?? [])].map(([name, networks]) => {
      const parsed = networks.flatMap((text) => network(text) ?? []);
      return { name, holds: (address) => parsed.some((matches) => matches(address)) };
    });
    for (const rule of rules) {
      this.rules.set(rule.name, { fired: 0, notEvaluable: 0 });
      for (const name of new Set(rule.correlation?.rules)) {
        const others = this.correlations.get(name);
        if (others === undefined) this.correlations.set(name, [rule]);
        else others.push(rule);
      }
    }
  }

  feed(event: AuditEvent): readonly Alert[] {
    this.events += 1;
    const { perStage } = this.index;
    const judged = this.isFirstSight(event);
    if (!judged && perStage.length === 0) return nothing;
    const { time } = event;
    if (time > this.newest) this.newest = time;
    if (this.oldest === 0) this.oldest = time;
    const view = new EventView(event, this);
    let alerts: Alert[] | undefined;
    let fired: string[] | undefined;
    const judge = ({ rule, matches }: CompiledRule): void => {
      const answer = matches(view);
      if (answer === truth.no) return;
      const counts = this.rules.get(rule.name);
      if (answer === truth.unknown) {
        if (counts !== undefined) counts.notEvaluable += 1;
        return;
      }
      alerts ??= [];
      fired ??= [];
      fired.push(rule.name);
      this.fire({ rule, view }, alerts);
    };
    for (const compiled of perStage) judge(compiled);
    if (judged) {
      this.requests += 1;
      for (const compiled of this.index.candidates(view)) judge(compiled);
      if (view.outcome !== 'dry-run') this.learn(event, fired ?? noRules);
    }
    return alerts ?? nothing;
  }

  flush(until?: number): readonly Alert[] {
    return this.incidents.flush(until);
  }

  wants(line: Buffer): boolean {
    return this.prefilter.wants(line);
  }

  get counts(): DetectorCounts {
    return {
      events: this.events,
      requests: this.requests,
      rules: this.rules,
      evicted: this.correlator.evicted + this.incidents.evicted + this.attribution.evicted + this.memory.evicted,
      keys: this.correlator.size + this.incidents.size,
      late: this.correlator.late,
      learnt: this.learntFirings,
    };
  }

  save(): Json {
    const flags = (store: BoundedStore<true>): Json => store.save(() => true);
    return {
      version,
      newest: this.newest,
      oldest: this.oldest,
      correlations: this.correlator.save(),
      incidents: this.incidents.save(),
      attribution: this.attribution.save(),
      memory: this.memory.save(),
      trust: this.trust.save(),
      begun: flags(this.begun),
      learnt: flags(this.learnt),
    };
  }

  restore(state: Json): void {
    const saved = isObject(state) && state.version === version ? state : {};
    this.newest = Number(saved.newest ?? 0);
    this.oldest = Number(saved.oldest ?? 0);
    this.correlator.restore(saved.correlations);
    this.incidents.restore(saved.incidents);
    this.attribution.restore(saved.attribution);
    this.memory.restore(saved.memory);
    this.trust.restore(saved.trust);
    this.begun.restore(saved.begun, () => true);
    this.learnt.restore(saved.learnt, () => true);
    this.prefilter.forget();
  }

  identify(name: string): Identity {
    const known = this.identities.get(name);
    if (known !== undefined) return known;
    const identity = identityOf(name);
    if (this.identities.size >= maxIdentities) this.identities.clear();
    this.identities.set(name, identity);
    return identity;
  }

  isTrusted(event: AuditEvent): boolean {
    return this.trust.isTrusted(event);
  }

  listsOf(address: string): readonly string[] {
    return this.lists.flatMap(({ name, holds }) => (holds(address) ? [name] : []));
  }

  changerOf(event: AuditEvent): ReturnType<Attribution['changerOf']> {
    return this.attribution.changerOf(event);
  }

  before(event: AuditEvent): ReturnType<ObjectMemory['before']> {
    return this.memory.before(event);
  }

  /**
   * Requests that run long end twice in the log, when they begin and when they are over, unless the policy omits
   * either: the first of the two counts. Audit ids alone do not tell requests apart, since clients may choose them.
   */
  private isFirstSight(event: AuditEvent): boolean {
    if (!event.isTerminal) return false;
    const { stage, user } = event;
    if (user === undefined) return true;
    if (stage === 'ResponseStarted') {
      this.begun.set(`${event.id} ${user.name} ${event.uri}`, true);
      return true;
    }
    if (!runsLong(event)) return true;
    const key = `${event.id} ${user.name} ${event.uri}`;
    if (this.begun.peek(key) === undefined) return true;
    this.begun.delete(key);
    return false;
  }

  private fire(firing: Firing, alerts: Alert[]): void {
    const { rule, view } = firing;
    const counts = this.rules.get(rule.name);
    if (counts !== undefined) counts.fired += 1;
    if (rule.alerts && !this.isOrdinary(rule, view)) {
      const alert = this.incidents.add(firing);
      if (alert !== undefined) alerts.push(alert);
    }
    for (const next of this.correlations.get(rule.name) ?? []) {
      if (next.correlation === undefined) continue;
      const found = this.correlator.push(next, next.correlation, { by: rule.name, view, newest: this.newest });
      if (found !== undefined) this.fire({ rule: next, view, counted: found }, alerts);
    }
  }

  /** What a service account did in the learning period it may go on doing, where the rule allows for that. */
  private isOrdinary({ name, learn }: DetectionRule, { actor, event }: EventView): boolean {
    if (!learn || this.learning === 0 || actor.kind !== 'service-account' || actor.serviceAccount === 'default')
      return false;
    const key = `${name} ${actor.name}`;
    const inTime = event.time - this.oldest <= this.learning;
    if (inTime) this.learnt.set(key, true);
    const ordinary = inTime || this.learnt.get(key) !== undefined;
    if (ordinary) this.learntFirings += 1;
    return ordinary;
  }

  private learn(event: AuditEvent, fired: readonly string[]): void {
    this.attribution.observe(event, fired);
    this.memory.observe(event);
    const before = this.trust.spoiledCount;
    this.trust.observe(event);
    if (this.trust.spoiledCount !== before) this.prefilter.forget();
  }
}
