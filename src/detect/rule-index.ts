import { compile, fieldsOf, type Predicate } from './expression.ts';
import type { DetectionRule } from './rule.ts';
import { truth } from './truth.ts';
import type { EventView } from './view.ts';

/** A rule with its condition compiled. */
export interface CompiledRule {
  readonly rule: DetectionRule;
  readonly matches: Predicate;
  readonly shape: Predicate;
  readonly caller: Predicate;
}

const maxShapes = 20_000;
const maxCallers = 50_000;
/** Callers of one name and shape that differ in anything else. */
const maxAlike = 16;

/** Finds the rules that an event of one shape (what was asked, and how it ended) can fire at all. */
export class RuleIndex {
  /** Rules that say which stage they want see every one of them; all others see each request once. */
  readonly perStage: readonly CompiledRule[];
  private readonly rules: readonly CompiledRule[];
  private readonly callers = new Map<string, Caller[]>();
  private readonly shapes = new Map<string, readonly CompiledRule[]>();

  constructor(rules: readonly DetectionRule[]) {
    const compiled = rules.flatMap((rule): readonly (CompiledRule & { readonly staged: boolean })[] => {
      const { condition } = rule;
      if (condition === undefined) return [];
      const staged = fieldsOf(condition).some(({ name }) => name === 'stage');
      return [
        {
          rule,
          matches: compile(condition, 'event'),
          shape: compile(condition, 'shape'),
          caller: compile(condition, 'caller'),
          staged,
        },
      ];
    });
    this.perStage = compiled.filter(({ staged }) => staged);
    this.rules = compiled.filter(({ staged }) => !staged);
  }

  candidates(view: EventView): readonly CompiledRule[] {
    const { event, changer } = view;
    const shape = shapeOf(view);
    // Who is behind what a controller made is not told by who asked.
    if (changer !== undefined) return this.ofShape(shape, view);
    const key = `${shape} ${event.user?.name ?? ''}`;
    let callers = this.callers.get(key);
    const known = callers?.find((caller) => isSame(caller, view));
    if (known !== undefined) return known.rules;
    const rules = this.ofShape(shape, view).filter(({ caller }) => caller(view) !== truth.no);
    if (callers === undefined || callers.length >= maxAlike) {
      callers = [];
      if (this.callers.size >= maxCallers) this.callers.clear();
      this.callers.set(key, callers);
    }
    callers.push(callerOf(view, rules));
    return rules;
  }

  private ofShape(key: string, view: EventView): readonly CompiledRule[] {
    const known = this.shapes.get(key);
    if (known !== undefined) return known;
    const found = this.rules.filter(({ shape }) => shape(view) !== truth.no);
    if (this.shapes.size >= maxShapes) this.shapes.clear();
    this.shapes.set(key, found);
    return found;
  }
}

/** Everything that fields known from the caller are read from, besides the user's name. */
interface Caller {
  readonly trusted: boolean;
  readonly userAgent: string;
  readonly groups: readonly string[];
  readonly sources: readonly string[];
  readonly notes: readonly string[];
  readonly rules: readonly CompiledRule[];
}

function callerOf({ event, isTrusted }: EventView, rules: readonly CompiledRule[]): Caller {
  const { user, userAgent, sources, annotations } = event;
  return { trusted: isTrusted, userAgent, groups: user?.groups ?? [], sources, notes: [...annotations.keys()], rules };
}

function isSame(caller: Caller, { event, isTrusted }: EventView): boolean {
  if (caller.trusted !== isTrusted || caller.userAgent !== event.userAgent) return false;
  if (!sameList(caller.sources, event.sources) || !sameList(caller.groups, event.user?.groups ?? [])) return false;
  const { annotations } = event;
  return annotations.size === caller.notes.length && caller.notes.every((note) => annotations.has(note));
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

function shapeOf({ event, outcome }: EventView): string {
  const { verb, status, object, user } = event;
  const code = status?.code ?? 0;
  const how = `${verb} ${outcome} ${code} ${user === undefined ? '-' : '+'}`;
  return object === undefined ? how : `${how} ${object.resource}.${object.group}/${object.subresource}`;
}
