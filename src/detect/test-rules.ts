import { createDetector } from './detector.ts';
import { exampleEvents } from './example-event.ts';
import type { DetectionRule, RuleExample } from './rule.ts';

export interface ExampleResult {
  readonly rule: DetectionRule;
  readonly example: RuleExample;
  /** Undefined where the example came out as it says. */
  readonly problem: string | undefined;
  /** What the alert says, where there was one. */
  readonly message: string | undefined;
}

/** Runs the examples of every rule, each with the rule and those that it counts, and nothing before it. */
export function testRules(rules: readonly DetectionRule[]): readonly ExampleResult[] {
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  return rules.flatMap((rule) => {
    const needed = [...withCounted(rule, byName)];
    return rule.examples.map((example) => ({ rule, example, ...outcomeOf(rule, example, needed) }));
  });
}

function outcomeOf(
  rule: DetectionRule,
  example: RuleExample,
  rules: readonly DetectionRule[],
): { readonly problem: string | undefined; readonly message: string | undefined } {
  const lists = new Map([
    ['tor', ['198.51.100.0/24']],
    ['threats', ['192.0.2.0/24']],
  ]);
  const detector = createDetector({ rules, addresses: lists });
  const events = exampleEvents(example);
  const alerts = events.flatMap((event) => detector.feed(event)).filter((alert) => alert.rule === rule.name);
  const [first] = alerts;
  if (events.length === 0) return { problem: 'it has no events', message: undefined };
  if (example.fires && first === undefined) {
    const unknown = detector.counts.rules.get(rule.name)?.notEvaluable ?? 0;
    return { problem: unknown > 0 ? 'it cannot be evaluated on these events' : 'it does not fire', message: undefined };
  }
  return { problem: example.fires || first === undefined ? undefined : 'it fires', message: first?.message };
}

function* withCounted(rule: DetectionRule, byName: ReadonlyMap<string, DetectionRule>): Iterable<DetectionRule> {
  yield rule;
  for (const name of new Set(rule.correlation?.rules)) {
    const counted = byName.get(name);
    if (counted !== undefined) yield* withCounted(counted, byName);
  }
}
