import type { Call, Node, Select } from './ast.ts';
import { planGuarded, planLogic, planMembership, planOr, prepare, refuseBadTime } from './calls.ts';
import type { Checked } from './check.ts';
import { planComprehension } from './comprehension.ts';
import type { Environment } from './environment.ts';
import { CompileError, fail, noSuchOverload } from './error.ts';
import { fieldOf, hasField, optionalField } from './field-access.ts';
import type { Frame, Run } from './frame.ts';
import type { Overload } from './function.ts';
import { adapt, type MapKey, MapValue, mapKey, Optional, TypeValue, type Value } from './value.ts';

/** Places of the variables of comprehensions, by name. */
export type Places = ReadonlyMap<string, number>;

/** Units of cost. Source: cel-go common/cost.go. */
const units = { access: 1, list: 10, map: 30 } as const;

/** Turns the nodes of one checked expression into functions. */
export class Planner {
  private places = 0;
  private readonly checked: Checked;
  private readonly environment: Pick<Environment, 'checksTimeLiterals'>;

  constructor(checked: Checked, environment: Pick<Environment, 'checksTimeLiterals'>) {
    this.checked = checked;
    this.environment = environment;
  }

  plan(node: Node, places: Places): Run {
    switch (node.kind) {
      case 'literal': {
        const { value } = node;
        return () => value;
      }
      case 'identifier':
        return this.name(node, places) ?? fail(`no such attribute: ${node.name}`);
      case 'select':
        return this.name(node, places) ?? this.select(node, places);
      case 'index':
        return this.index(node, places);
      case 'call':
        return this.call(node, places);
      case 'logic':
        return planLogic(
          node.operator === '||',
          node.terms.map((term) => this.plan(term, places)),
        );
      case 'conditional':
        return this.conditional(node, places);
      case 'list':
        return this.list(node, places);
      case 'map':
        return this.map(node, places);
      case 'comprehension':
        return planComprehension(node, this, places);
      case 'bind':
        return this.bind(node, places);
    }
  }

  /** The places with a new one for a variable. */
  withPlace(places: Places, name: string): { readonly places: Places; readonly place: number } {
    const place = this.places;
    this.places += 1;
    return { places: new Map([...places, [name, place]]), place };
  }

  private name(node: Node, places: Places): Run | undefined {
    const typeName = this.checked.typeNames.get(node);
    if (typeName !== undefined) {
      const value = new TypeValue(typeName);
      return () => value;
    }
    const variable = this.checked.variables.get(node);
    if (variable === undefined) return undefined;
    const place = places.get(variable);
    if (place !== undefined) {
      return ({ locals, meter }) => {
        meter.spend(units.access);
        return locals[place] as Value;
      };
    }
    const name = variable.startsWith('.') ? variable.slice(1) : variable;
    return ({ bindings, meter }) => {
      meter.spend(units.access);
      const value = bindings.get(name);
      return value === undefined ? fail(`no such attribute(s): ${name}`) : adapt(value);
    };
  }

  private select(node: Select, places: Places): Run {
    const operand = this.plan(node.operand, places);
    const { field } = node;
    if (node.isTest) return this.presence(node, operand);
    const cost = accessCost(node.operand);
    if (node.isOptional) {
      return (frame) => {
        const value = operand(frame);
        frame.meter.spend(cost);
        return optionalField(value, field);
      };
    }
    return (frame) => {
      const value = operand(frame);
      frame.meter.spend(cost);
      return fieldOf(value, field);
    };
  }

  /** Kubernetes does not count the test itself, nor the first name of what is tested. */
  private presence(node: Select, operand: Run): Run {
    const { field } = node;
    const credit = isAccess(node.operand) ? units.access : 0;
    return (frame) => {
      const value = operand(frame);
      frame.meter.cost -= credit;
      return hasField(value, field);
    };
  }

  private index(node: Extract<Node, { kind: 'index' }>, places: Places): Run {
    const operand = this.plan(node.operand, places);
    const index = this.plan(node.index, places);
    const cost = accessCost(node.operand);
    const overload = this.overloadsOf(node)[0];
    if (overload === undefined) throw new CompileError('no overload', node.offset);
    return (frame) => {
      const container = operand(frame);
      const key = index(frame);
      frame.meter.spend(cost);
      return overload.run(container, key);
    };
  }

  private overloadsOf(node: Node): readonly Overload[] {
    return this.checked.overloads.get(node) ?? [];
  }

  private call(node: Call, places: Places): Run {
    const receiver = node.target === undefined || this.checked.isNamespaced.has(node) ? [] : [node.target];
    const nodes = [...receiver, ...node.args];
    const overloads = this.overloadsOf(node);
    const args = nodes.map((arg) => this.plan(arg, places));
    const [first, second] = args;
    const [overload] = overloads;
    if (overload === undefined) throw new CompileError(`no overload of ${node.name}`, node.offset);
    if (overload.isMember && overload.library === 'optional types' && first !== undefined && second !== undefined) {
      return planOr(overload.name, first, second);
    }
    if (this.environment.checksTimeLiterals) refuseBadTime(node, overloads);
    const literal = nodes[1];
    const constant = literal?.kind === 'literal' ? prepare(overload, literal.value, node) : undefined;
    if (constant !== undefined) return planGuarded(args, [{ ...overload, ...constant }]);
    if (overload.name === '@in' && literal !== undefined && first !== undefined && isConstant(literal)) {
      return planMembership(first, this.plan(literal, places));
    }
    if (!overload.dispatchesItself || first === undefined) return planGuarded(args, overloads);
    if (second === undefined) {
      return (frame) => {
        const value = first(frame);
        frame.meter.spend(1);
        return overload.run(value);
      };
    }
    return (frame) => {
      const left = first(frame);
      const right = second(frame);
      frame.meter.spend(overload.cost(left, right, null));
      return overload.run(left, right);
    };
  }

  private conditional(node: Extract<Node, { kind: 'conditional' }>, places: Places): Run {
    const [condition, yes, no] = [node.condition, node.yes, node.no].map((part) => this.plan(part, places)) as [
      Run,
      Run,
      Run,
    ];
    return (frame) => {
      const value = condition(frame);
      if (value === true) return yes(frame);
      return value === false ? no(frame) : noSuchOverload();
    };
  }

  private list(node: Extract<Node, { kind: 'list' }>, places: Places): Run {
    const items = node.items.map(({ value, isOptional }) => ({ run: this.plan(value, places), isOptional }));
    const make = (frame: Frame): Value => {
      const list: Value[] = [];
      for (const { run, isOptional } of items) {
        const value = isOptional ? contentOf(run(frame)) : run(frame);
        if (value !== undefined) list.push(value);
      }
      return list;
    };
    return constantly(node, make) ?? charged(make, units.list);
  }

  private map(node: Extract<Node, { kind: 'map' }>, places: Places): Run {
    const entries = node.entries.map((entry) => ({
      key: this.plan(entry.key, places),
      value: this.plan(entry.value, places),
      isOptional: entry.isOptional,
    }));
    const make = (frame: Frame): Value => {
      const made = new Map<MapKey, readonly [Value, Value]>();
      for (const { key, value, isOptional } of entries) {
        const name = key(frame);
        const content = isOptional ? contentOf(value(frame)) : value(frame);
        if (content !== undefined) putNew(made, name, content);
      }
      return new MapValue(made);
    };
    return constantly(node, make) ?? charged(make, units.map);
  }

  /** Upstream, the target is evaluated twice, once to see whether it holds a value: that is counted here. */
  private bind(node: Extract<Node, { kind: 'bind' }>, places: Places): Run {
    const target = this.plan(node.target, places);
    const inner = this.withPlace(places, node.variable);
    const result = this.plan(node.result, inner.places);
    return (frame) => {
      const before = frame.meter.cost;
      const value = target(frame);
      if (!(value instanceof Optional)) return noSuchOverload();
      frame.meter.spend(frame.meter.cost - before + 3);
      if (value.value === undefined) return Optional.none;
      frame.locals[inner.place] = value.value;
      const made = result(frame);
      if (!node.isFlat) return new Optional(made);
      return made instanceof Optional ? made : noSuchOverload();
    };
  }
}

/** Adds an entry to a map that is being made. */
export function putNew(map: Map<MapKey, readonly [Value, Value]>, key: Value, value: Value): void {
  const plain = mapKey(key);
  if (plain === undefined) fail('unsupported key type');
  if (map.has(plain)) fail(`Failed with repeated key: ${String(plain)}`);
  map.set(plain, [key, value]);
}

function isAccess(node: Node): boolean {
  return node.kind === 'identifier' || node.kind === 'select' || node.kind === 'index';
}

/** What is taken out of the result of a call is counted twice, as upstream makes an attribute of it first. */
function accessCost(operand: Node): number {
  return isAccess(operand) || operand.kind === 'conditional' ? units.access : 2 * units.access;
}

/** A literal, or a list or map of literals: the API server makes these once. */
function isConstant(node: Node): boolean {
  if (node.kind === 'literal') return true;
  if (node.kind === 'list') return node.items.every(({ value, isOptional }) => !isOptional && isConstant(value));
  if (node.kind !== 'map') return false;
  return node.entries.every(({ key, value, isOptional }) => !isOptional && isConstant(key) && isConstant(value));
}

function constantly(node: Node, make: (frame: Frame) => Value): Run | undefined {
  if (!isConstant(node)) return undefined;
  let made: Value | undefined;
  return (frame) => {
    // Not before it is asked for, as a map may hold a key twice, which is an error then.
    made ??= make(frame);
    return made;
  };
}

function charged(make: (frame: Frame) => Value, cost: number): Run {
  return (frame) => {
    const made = make(frame);
    frame.meter.spend(cost);
    return made;
  };
}

function contentOf(value: Value): Value | undefined {
  return value instanceof Optional ? value.value : fail(`cannot initialize optional entry from non-optional value`);
}
