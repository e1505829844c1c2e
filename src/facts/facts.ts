import { defaultSettings, type Settings } from '../model/settings.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** What is derived from a snapshot, once, on first use. */
export interface Facts {
  readonly snapshot: Snapshot;
  readonly settings: Settings;
  get<T>(fact: Fact<T>): T;
}

/** A pure function of the snapshot and of other facts. */
export interface Fact<T> {
  readonly name: string;
  readonly derive: (facts: Facts) => T;
}

export function defineFact<T>(name: string, derive: (facts: Facts) => T): Fact<T> {
  return { name, derive };
}

export function factsOf(snapshot: Snapshot, settings: Settings = defaultSettings): Facts {
  const known = new Map<Fact<unknown>, unknown>();
  const facts: Facts = {
    snapshot,
    settings,
    get<T>(fact: Fact<T>): T {
      const value = known.get(fact);
      // Asked a million times in a large cluster: one look is enough for all that is not undefined.
      if (value !== undefined || known.has(fact)) return value as T;
      const derived = fact.derive(facts);
      known.set(fact, derived);
      return derived;
    },
  };
  return facts;
}
