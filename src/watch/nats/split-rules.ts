import type { DetectionRule } from '../../detect/index.ts';

export interface SplitRules {
  /** For the partitions of users: what these look at is decided by the events of one actor. */
  readonly byActor: readonly DetectionRule[];
  /** For the shared partition, with the rules that they count. */
  readonly across: readonly DetectionRule[];
  /** Names of the rules whose alerts come from the shared partition. */
  readonly sharedNames: ReadonlySet<string>;
}

/**
 * A correlation that does not group by `actor` may count what several users did, so one partition has to see all of
 * it. The same holds for what looks at such a correlation.
 */
export function splitRules(rules: readonly DetectionRule[]): SplitRules {
  const sharedNames = new Set<string>();
  for (let before = -1; before !== sharedNames.size; ) {
    before = sharedNames.size;
    for (const { name, correlation } of rules) {
      if (correlation === undefined) continue;
      const isByActor = correlation.groupBy.some((field) => field.name === 'actor');
      if (!isByActor || correlation.rules.some((other) => sharedNames.has(other))) sharedNames.add(name);
    }
  }
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const withCounted = (names: Iterable<string>): ReadonlySet<string> => {
    const needed = new Set(names);
    // Grows while it is walked, until nothing is added.
    for (const name of needed) for (const other of byName.get(name)?.correlation?.rules ?? []) needed.add(other);
    return needed;
  };
  const own = rules.filter(({ name, alerts }) => alerts && !sharedNames.has(name)).map(({ name }) => name);
  const [ownNeeds, sharedNeeds] = [withCounted(own), withCounted(sharedNames)];
  return {
    byActor: rules.filter(({ name }) => ownNeeds.has(name)),
    across: rules.filter(({ name }) => sharedNeeds.has(name)),
    sharedNames,
  };
}
