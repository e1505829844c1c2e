import { isList, isObject, type Json } from '../model/json.ts';
import type { Field } from './field.ts';
import type { Correlation, DetectionRule } from './rule.ts';
import { BoundedStore } from './store.ts';
import { hidden } from './truth.ts';
import type { EventView } from './view.ts';
import { jsonText } from './walk.ts';

/** An event that a correlation counted. */
export interface Counted {
  readonly time: number;
  readonly id: string;
}

/** Several events that make up what a correlation looks for. */
export interface Found {
  readonly count: number;
  readonly events: readonly Counted[];
}

/** What is remembered of one group of one correlation: events by time, or the last time of each value or step. */
interface Group {
  events: Counted[];
  /** value_count and first_seen: value → last time; temporal: rule → last event. */
  values: Map<string, Counted>;
  /** When the group was first seen. */
  since: number;
}

/** Values of one group that are remembered; the oldest go. */
const maxValues = 2_000;
const maxKept = 20;

/** Windows, distinct counts, sequences and baselines of all correlations, in event time and bounded memory. */
export class Correlator {
  private readonly groups: BoundedStore<Group>;
  /** Events that came when their window had passed. */
  late = 0;

  constructor(maxKeys: number) {
    this.groups = new BoundedStore(maxKeys);
  }

  get evicted(): number {
    return this.groups.evicted;
  }

  get size(): number {
    return this.groups.size;
  }

  /** Tells a correlation of a firing of one of its rules; `time` is of the event. */
  push(
    rule: DetectionRule,
    correlation: Correlation,
    fired: { readonly by: string; readonly view: EventView; readonly newest: number },
  ): Found | undefined {
    const { view, by, newest } = fired;
    const key = groupKey(rule, correlation, view);
    if (key === undefined) return undefined;
    const { time, id } = view.event;
    const known = this.groups.get(key);
    if (known === undefined && newest - time > correlation.timespan) {
      this.late += 1;
      return undefined;
    }
    const group: Group = known ?? { events: [], values: new Map(), since: time };
    if (known === undefined) this.groups.set(key, group);
    const event = { time, id };
    if (correlation.type === 'event_count') return this.count(group, correlation, event);
    if (correlation.type === 'value_count')
      return this.distinct(group, correlation, { event, value: joined(correlation.values, view) });
    if (correlation.type === 'first_seen')
      return firstSeen(group, correlation, { event, value: joined(correlation.values, view) });
    return sequence(group, correlation, { event, step: correlation.rules.indexOf(by) });
  }

  private count(group: Group, { threshold, timespan }: Correlation, event: Counted): Found | undefined {
    const { events } = group;
    const last = events.at(-1);
    if (last !== undefined && last.time - event.time > timespan) {
      this.late += 1;
      return undefined;
    }
    let at = events.length;
    while (at > 0 && (events[at - 1]?.time ?? 0) > event.time) at -= 1;
    events.splice(at, 0, event);
    // Only the newest can complete the count.
    if (events.length > threshold) events.shift();
    const [first] = events;
    const newest = events.at(-1);
    if (events.length < threshold || first === undefined || newest === undefined) return undefined;
    return newest.time - first.time <= timespan ? { count: threshold, events: events.slice(0, maxKept) } : undefined;
  }

  private distinct(
    { values }: Group,
    { threshold, timespan }: Correlation,
    { event, value }: { readonly event: Counted; readonly value: string | undefined },
  ): Found | undefined {
    if (value === undefined) return undefined;
    const before = values.get(value);
    values.delete(value);
    values.set(value, before !== undefined && before.time > event.time ? before : event);
    let newest = event.time;
    if (values.size >= threshold) for (const { time } of values.values()) newest = Math.max(newest, time);
    for (const [key, { time }] of values) {
      if (newest - time > timespan) values.delete(key);
      else if (values.size > maxValues) values.delete(key);
      else break;
    }
    if (values.size < threshold) return undefined;
    const inside = [...values.values()].filter(({ time }) => newest - time <= timespan);
    if (inside.length < threshold) return undefined;
    return { count: inside.length, events: [...inside].sort((a, b) => a.time - b.time).slice(0, maxKept) };
  }

  save(): Json {
    return this.groups.save(({ events, values, since }) => ({
      events: events.map(({ time, id }) => [time, id]),
      values: [...values].map(([value, { time, id }]) => [value, time, id]),
      since,
    }));
  }

  restore(saved: Json | undefined): void {
    this.groups.restore(saved, (entry) => {
      if (!isObject(entry)) return undefined;
      const rows = (list: Json | undefined): readonly (readonly Json[])[] => (isList(list) ? list.filter(isList) : []);
      const events = rows(entry.events).map(([time, id]) => ({ time: Number(time), id: String(id) }));
      const values = new Map(
        rows(entry.values).map(([value, time, id]) => [String(value), { time: Number(time), id: String(id) }]),
      );
      return { events, values, since: Number(entry.since) };
    });
  }
}

/** New to a group that has been known for long enough. What is seen while it is learnt is not new later. */
function firstSeen(
  group: Group,
  { learning, timespan }: Correlation,
  { event, value }: { readonly event: Counted; readonly value: string | undefined },
): Found | undefined {
  if (value === undefined) return undefined;
  const { values, since } = group;
  const before = values.get(value);
  values.set(value, event);
  if (values.size > maxValues) {
    for (const oldest of values.keys()) {
      values.delete(oldest);
      break;
    }
  }
  const known = before !== undefined && event.time - before.time <= timespan;
  return known || event.time - since < learning ? undefined : { count: 1, events: [event] };
}

/** Every rule within the time span; in their order where the correlation says so. */
function sequence(
  { values }: Group,
  { type, rules, timespan }: Correlation,
  { event, step }: { readonly event: Counted; readonly step: number },
): Found | undefined {
  const of = (index: number): Counted | undefined => values.get(String(index));
  if (type === 'temporal') {
    values.set(String(step), event);
    const all = rules.map((_, index) => of(index));
    const inside = all.filter(
      (each): each is Counted => each !== undefined && Math.abs(event.time - each.time) <= timespan,
    );
    return inside.length === rules.length
      ? { count: rules.length, events: [...inside].sort((a, b) => a.time - b.time) }
      : undefined;
  }
  // Of each step what matters is when the sequence that it ends began: the latest start goes furthest.
  if (step === 0) {
    values.set('0', event);
    return undefined;
  }
  const start = of(step - 1);
  if (start === undefined || event.time < start.time || event.time - start.time > timespan) return undefined;
  values.set(String(step), start);
  return step === rules.length - 1 ? { count: rules.length, events: [start, event] } : undefined;
}

const separator = '\u0000';

/** Undefined where a field of the group cannot be told: then nothing can be counted together. */
function groupKey({ name }: DetectionRule, { groupBy }: Correlation, view: EventView): string | undefined {
  const values = joined(groupBy, view);
  return values === undefined && groupBy.length > 0 ? undefined : `${name}${separator}${values ?? ''}`;
}

const longestValue = 256;

/** Values of several fields as one text; an absent one counts as empty. */
export function joined(fields: readonly Field[], view: EventView): string | undefined {
  const parts: string[] = [];
  for (const field of fields) {
    const value = field.read(view);
    if (value === hidden) return undefined;
    const text = value === undefined || value === null ? '' : typeof value === 'string' ? value : jsonText(value);
    parts.push(text.length > longestValue ? `${text.slice(0, longestValue)}…${text.length}` : text);
  }
  return parts.join(separator);
}
