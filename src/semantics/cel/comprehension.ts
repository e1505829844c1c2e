import type { Comprehension } from './ast.ts';
import { entriesOf } from './equality.ts';
import { EvaluationError, noSuchOverload } from './error.ts';
import type { Frame, Run } from './frame.ts';
import { type Places, type Planner, putNew } from './plan.ts';
import { adapt, isListValue, isPlainMap, type MapKey, MapValue, type Value } from './value.ts';

/**
 * What a turn costs besides the expressions that are written: upstream, a macro becomes a loop of calls, each of which
 * is counted. Source: cel-go parser/macro.go, interpreter/runtimecost.go.
 */
const turn = {
  all: 3,
  exists: 4,
  /** `accumulator + 1`, and the accumulator alone. */
  counted: 2,
  skipped: 1,
  /** `accumulator + [item]`. */
  appended: 12,
  inserted: 3,
} as const;

/** A loop over what is in a list or map. */
type Loop = (turnOf: (frame: Frame) => 'stop' | 'go on', frame: Frame) => void;

/** A macro that goes through a list or map. */
export function planComprehension(node: Comprehension, planner: Planner, places: Places): Run {
  const range = planner.plan(node.range, places);
  const [first, second] = node.variables;
  const outer = planner.withPlace(places, first);
  const inner = second === undefined ? undefined : planner.withPlace(outer.places, second);
  const scope = (inner ?? outer).places;
  const loop = planLoop(range, outer.place, inner?.place);
  const predicate = node.predicate === undefined ? undefined : planner.plan(node.predicate, scope);
  const transform = node.transform === undefined ? undefined : planner.plan(node.transform, scope);
  switch (node.loop) {
    case 'all':
      return planQuantifier(false, loop, predicate ?? noSuchOverload);
    case 'exists':
      return planQuantifier(true, loop, predicate ?? noSuchOverload);
    case 'existsOne':
      return planExistsOne(loop, predicate ?? noSuchOverload);
    case 'filter':
      return planList(loop, predicate, ({ locals }) => locals[outer.place] as Value, turn.appended + 1);
    case 'map':
    case 'transformList':
      return planList(loop, predicate, transform ?? noSuchOverload, turn.appended);
    case 'transformMap':
      return planMap(loop, predicate, (frame, made) =>
        putNew(made, frame.locals[outer.place] as Value, (transform ?? noSuchOverload)(frame)),
      );
    case 'transformMapEntry':
      return planMap(loop, predicate, (frame, made) => {
        const entry = (transform ?? noSuchOverload)(frame);
        if (!(entry instanceof MapValue) && !isPlainMap(entry)) noSuchOverload();
        for (const [key, value] of entriesOf(entry)) putNew(made, key, value);
      });
  }
}

/** With one variable, lists give their items and maps their keys; with two, indexes and items, keys and values. */
function planLoop(range: Run, first: number, second: number | undefined): Loop {
  return (turnOf, frame) => {
    const { locals } = frame;
    const container = range(frame);
    if (isListValue(container)) {
      for (let index = 0; index < container.length; index += 1) {
        const item = adapt(container[index] as Value);
        if (second === undefined) {
          locals[first] = item;
        } else {
          locals[first] = index;
          locals[second] = item;
        }
        if (turnOf(frame) === 'stop') return;
      }
      return;
    }
    if (!(container instanceof MapValue) && !isPlainMap(container)) noSuchOverload();
    for (const [key, value] of entriesOf(container)) {
      locals[first] = key;
      if (second !== undefined) locals[second] = value;
      if (turnOf(frame) === 'stop') return;
    }
  };
}

/** `decisive` ends it: true for `exists`, false for `all`. Errors count only where nothing decides. */
function planQuantifier(decisive: boolean, loop: Loop, predicate: Run): Run {
  const cost = decisive ? turn.exists : turn.all;
  return (frame) => {
    let isDecided = false;
    let error: EvaluationError | undefined;
    loop((inside) => {
      inside.meter.spend(cost);
      try {
        const value = predicate(inside);
        if (value === decisive) {
          isDecided = true;
          return 'stop';
        }
        if (typeof value !== 'boolean') error ??= new EvaluationError('no such overload');
      } catch (thrown) {
        if (!(thrown instanceof EvaluationError)) throw thrown;
        error ??= thrown;
      }
      return 'go on';
    }, frame);
    frame.meter.spend(1);
    if (isDecided) return decisive;
    if (error !== undefined) throw error;
    return !decisive;
  };
}

function planExistsOne(loop: Loop, predicate: Run): Run {
  return (frame) => {
    let count = 0;
    loop((inside) => {
      const holds = isTrue(predicate(inside));
      inside.meter.spend(holds ? turn.counted : turn.skipped);
      if (holds) count += 1;
      return 'go on';
    }, frame);
    frame.meter.spend(2);
    return count === 1;
  };
}

function planList(loop: Loop, predicate: Run | undefined, item: Run, cost: number): Run {
  return (frame) => {
    const made: Value[] = [];
    loop((inside) => {
      if (predicate !== undefined && !isTrue(predicate(inside))) {
        inside.meter.spend(turn.skipped);
        return 'go on';
      }
      made.push(item(inside));
      inside.meter.spend(cost);
      return 'go on';
    }, frame);
    frame.meter.spend(1);
    return made;
  };
}

function planMap(
  loop: Loop,
  predicate: Run | undefined,
  add: (frame: Frame, made: Map<MapKey, readonly [Value, Value]>) => void,
): Run {
  return (frame) => {
    const made = new Map<MapKey, readonly [Value, Value]>();
    loop((inside) => {
      if (predicate !== undefined && !isTrue(predicate(inside))) {
        inside.meter.spend(turn.skipped);
        return 'go on';
      }
      add(inside, made);
      inside.meter.spend(turn.inserted);
      return 'go on';
    }, frame);
    frame.meter.spend(1);
    return new MapValue(made);
  };
}

function isTrue(value: Value): boolean {
  return typeof value === 'boolean' ? value : noSuchOverload();
}
