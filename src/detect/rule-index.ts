import type { AuditEvent } from '../model/audit-event.ts';
import { compile, fieldsOf, type Predicate } from './expression.ts';
import type { DetectionRule } from './rule.ts';
import { truth } from './truth.ts';
import type { EventView } from './view.ts';

/** A rule with its condition compiled. */
export interface CompiledRule {
  readonly rule: DetectionRule;
  readonly matches: Predicate;
  readonly shape: Predicate;
}

const maxShapes = 20_000;

/** Finds the rules that an event of one shape (what was asked, and how it ended) can fire at all. */
export class RuleIndex {
  /** Rules that say which stage they want see every one of them; all others see each request once. */
  readonly perStage: readonly CompiledRule[];
  private readonly rules: readonly CompiledRule[];
  private readonly shapes = new Map<string, readonly CompiledRule[]>();

  constructor(rules: readonly DetectionRule[]) {
    const compiled = rules.flatMap((rule): readonly (CompiledRule & { readonly staged: boolean })[] => {
      const { condition } = rule;
      if (condition === undefined) return [];
      const staged = fieldsOf(condition).some(({ name }) => name === 'stage');
      return [{ rule, matches: compile(condition, 'event'), shape: compile(condition, 'shape'), staged }];
    });
    this.perStage = compiled.filter(({ staged }) => staged);
    this.rules = compiled.filter(({ staged }) => !staged);
  }

  candidates(view: EventView): readonly CompiledRule[] {
    const key = shapeOf(view.event);
    const known = this.shapes.get(key);
    if (known !== undefined) return known;
    const found = this.rules.filter(({ shape }) => shape(view) !== truth.no);
    if (this.shapes.size >= maxShapes) this.shapes.clear();
    this.shapes.set(key, found);
    return found;
  }
}

function shapeOf({ verb, outcome, status, object, user }: AuditEvent): string {
  const code = status?.code ?? 0;
  const how = `${verb} ${outcome} ${code} ${user === undefined ? '-' : '+'}`;
  return object === undefined ? how : `${how} ${object.resource}.${object.group}/${object.subresource}`;
}
