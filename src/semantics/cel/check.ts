import { type Call, type Comprehension, type Node, qualifiedName, type Select } from './ast.ts';
import { CallResolver } from './call-resolver.ts';
import type { Environment } from './environment.ts';
import { CompileError } from './error.ts';
import type { Overload } from './function.ts';
import { bool, dyn, formatType, int, listOf, mapOf, named, optionalOf, type Type, typeOfName } from './type.ts';
import { moreGeneral, Substitution } from './unify.ts';
import { typeNameOf } from './value.ts';

/** What the checker found out about the nodes of one expression. */
export interface Checked {
  readonly type: Type;
  /** The variable that an identifier or a selection stands for. */
  readonly variables: ReadonlyMap<Node, string>;
  /** The type that an identifier or a selection names. */
  readonly typeNames: ReadonlyMap<Node, string>;
  /** The overloads that a call may be of. Where a call's target is only part of a name, it is in `isNamespaced`. */
  readonly overloads: ReadonlyMap<Node, readonly Overload[]>;
  readonly isNamespaced: ReadonlySet<Node>;
}

/**
 * Finds the types of an expression, and refuses what cannot be right whatever the variables hold: names that nobody
 * declared, and calls that no overload takes. Throws a CompileError. Source: cel-go checker/checker.go.
 */
export function check(node: Node, environment: Environment): Checked {
  const checker = new Checker(environment);
  const type = checker.check(node, undefined);
  return {
    type: checker.substitution.resolve(type, 'dyn for the unknown'),
    variables: checker.variables,
    typeNames: checker.typeNames,
    overloads: checker.calls.overloads,
    isNamespaced: checker.isNamespaced,
  };
}

/** The variables of comprehensions, innermost first. */
interface Scope {
  readonly names: ReadonlyMap<string, Type>;
  readonly outer: Scope | undefined;
}

class Checker {
  readonly substitution = new Substitution();
  readonly variables = new Map<Node, string>();
  readonly typeNames = new Map<Node, string>();
  readonly isNamespaced = new Set<Node>();
  readonly calls: CallResolver;
  private readonly environment: Environment;

  constructor(environment: Environment) {
    this.environment = environment;
    this.calls = new CallResolver(environment, this.substitution);
  }

  check(node: Node, scope: Scope | undefined): Type {
    const type = this.typeOf(node, scope);
    if (this.substitution.isTooLarge(type)) throw new CompileError('the type of this is too large', node.offset);
    return type;
  }

  private typeOf(node: Node, scope: Scope | undefined): Type {
    switch (node.kind) {
      case 'literal':
        return named(typeNameOf(node.value));
      case 'identifier':
        return this.name(node, node.name, scope) ?? this.calls.undeclared(node.name, node);
      case 'select':
        return this.select(node, scope);
      case 'index':
        return this.calls.resolveCall(node, node.isOptional ? '_[?_]' : '_[_]', {
          types: [this.check(node.operand, scope), this.check(node.index, scope)],
          isMember: false,
        });
      case 'call':
        return this.call(node, scope);
      case 'logic':
        for (const term of node.terms) {
          const type = this.check(term, scope);
          if (!this.substitution.assign(bool, type)) this.mismatch(bool, type, term);
        }
        return bool;
      case 'conditional': {
        const types = [node.condition, node.yes, node.no].map((part) => this.check(part, scope));
        return this.calls.resolveCall(node, '_?_:_', { types, isMember: false });
      }
      case 'list':
        return this.list(node, scope);
      case 'map':
        return this.map(node, scope);
      case 'comprehension':
        return this.comprehension(node, scope);
      case 'bind':
        return this.bind(node, scope);
    }
  }

  /** A variable or a type by its name, which may have dots. */
  private name(node: Node, name: string, scope: Scope | undefined): Type | undefined {
    const bare = name.startsWith('.') ? name.slice(1) : name;
    if (bare === name) {
      for (let here = scope; here !== undefined; here = here.outer) {
        const found = here.names.get(name);
        if (found !== undefined) {
          this.variables.set(node, name);
          return found;
        }
      }
    }
    const declared = this.environment.variables.get(bare);
    if (declared !== undefined) {
      this.variables.set(node, name);
      return declared;
    }
    if (!this.environment.typeNames.has(bare)) return undefined;
    this.typeNames.set(node, bare);
    return { kind: 'type', of: typeOfName(bare) };
  }

  private select(node: Select, scope: Scope | undefined): Type {
    const name = qualifiedName(node);
    if (name !== undefined && !isLocal(name, scope)) {
      const type = this.name(node, name, scope);
      if (type !== undefined) return type;
    }
    const operand = this.substitution.resolve(this.check(node.operand, scope));
    const target = operand.kind === 'optional' ? operand.of : operand;
    const field = this.field(target, node);
    if (node.isTest) return bool;
    return operand.kind === 'optional' || node.isOptional ? optionalOf(field) : field;
  }

  private field(target: Type, node: Select): Type {
    switch (target.kind) {
      case 'dyn':
        return dyn;
      case 'parameter':
        this.substitution.assign(dyn, target);
        return dyn;
      case 'map':
        return target.value;
      case 'object': {
        const field = target.fields.get(node.field);
        if (field === undefined) throw new CompileError(`undefined field '${node.field}'`, node.offset);
        return field;
      }
      default:
        throw new CompileError(`type '${formatType(target)}' does not support field selection`, node.offset);
    }
  }

  private call(node: Call, scope: Scope | undefined): Type {
    if (node.target === undefined) {
      const name = node.name.startsWith('.') ? node.name.slice(1) : node.name;
      this.calls.overloadsNamed(name, node);
      return this.calls.resolveCall(node, name, {
        types: node.args.map((arg) => this.check(arg, scope)),
        isMember: false,
      });
    }
    const args = node.args.map((arg) => this.check(arg, scope));
    const prefix = qualifiedName(node.target);
    if (prefix !== undefined && !isLocal(prefix, scope)) {
      const name = `${prefix.startsWith('.') ? prefix.slice(1) : prefix}.${node.name}`;
      if (this.environment.functions.has(name)) {
        this.isNamespaced.add(node);
        return this.calls.resolveCall(node, name, { types: args, isMember: false });
      }
      this.calls.refuseNewer(name, node);
    }
    return this.calls.resolveCall(node, node.name, {
      types: [this.check(node.target, scope), ...args],
      isMember: true,
    });
  }

  private list(node: Extract<Node, { kind: 'list' }>, scope: Scope | undefined): Type {
    let item: Type | undefined;
    for (const { value, isOptional } of node.items) {
      const type = this.content(this.check(value, scope), isOptional, value);
      item = this.join(item, type, value);
    }
    return listOf(item ?? this.substitution.fresh());
  }

  private map(node: Extract<Node, { kind: 'map' }>, scope: Scope | undefined): Type {
    let key: Type | undefined;
    let value: Type | undefined;
    for (const entry of node.entries) {
      key = this.join(key, this.check(entry.key, scope), entry.key);
      value = this.join(
        value,
        this.content(this.check(entry.value, scope), entry.isOptional, entry.value),
        entry.value,
      );
    }
    return mapOf(key ?? this.substitution.fresh(), value ?? this.substitution.fresh());
  }

  /** `?e` in a list or map: what is in the optional. */
  private content(type: Type, isOptional: boolean, node: Node): Type {
    if (!isOptional) return type;
    const resolved = this.substitution.resolve(type);
    if (resolved.kind === 'optional') return resolved.of;
    if (resolved.kind === 'dyn' || resolved.kind === 'parameter') return dyn;
    return this.mismatch(optionalOf(dyn), resolved, node);
  }

  private join(before: Type | undefined, type: Type, node: Node): Type {
    if (before === undefined) return type;
    if (this.substitution.assign(before, type)) return moreGeneral(before, type);
    return this.environment.allowsMixedLiterals ? dyn : this.mismatch(before, type, node);
  }

  private comprehension(node: Comprehension, scope: Scope | undefined): Type {
    const range = this.substitution.resolve(this.check(node.range, scope));
    const { key, item } = this.iterated(range, node);
    const [first, second] = node.variables;
    const names = new Map<string, Type>();
    if (second === undefined) names.set(first, range.kind === 'map' ? key : item);
    else names.set(first, key).set(second, item);
    const inner: Scope = { names, outer: scope };
    if (node.predicate !== undefined) this.predicate(node, node.predicate, inner);
    const made = node.transform === undefined ? dyn : this.check(node.transform, inner);
    switch (node.loop) {
      case 'all':
      case 'exists':
      case 'existsOne':
        return bool;
      case 'filter':
        return listOf(range.kind === 'map' ? key : item);
      case 'map':
      case 'transformList':
        return listOf(made);
      case 'transformMap':
        return mapOf(key, made);
      case 'transformMapEntry': {
        const entry = mapOf(this.substitution.fresh(), this.substitution.fresh());
        if (!this.substitution.assign(made, entry)) this.mismatch(entry, made, node);
        return this.substitution.resolve(entry);
      }
    }
  }

  private predicate(node: Comprehension, predicate: Node, scope: Scope): void {
    const type = this.check(predicate, scope);
    if (this.substitution.assign(type, bool)) return;
    const operator = node.loop === 'all' ? '_&&_' : node.loop === 'exists' ? '_||_' : '_?_:_';
    this.calls.noOverload(operator, [bool, type], predicate);
  }

  private iterated(range: Type, node: Comprehension): { readonly key: Type; readonly item: Type } {
    switch (range.kind) {
      case 'list':
        return { key: int, item: range.item };
      case 'map':
        return { key: range.key, item: range.value };
      case 'dyn':
        return { key: dyn, item: dyn };
      case 'parameter':
        this.substitution.assign(dyn, range);
        return { key: dyn, item: dyn };
      default: {
        const found = formatType(range);
        const message = `expression of type '${found}' cannot be range of a comprehension (must be list, map, or dynamic)`;
        throw new CompileError(message, node.range.offset);
      }
    }
  }

  private bind(node: Extract<Node, { kind: 'bind' }>, scope: Scope | undefined): Type {
    const target = this.substitution.resolve(this.check(node.target, scope));
    const content = this.substitution.fresh();
    if (!this.substitution.assign(target, optionalOf(content))) this.calls.noOverload('hasValue', [target], node, true);
    const names = new Map([[node.variable, this.substitution.resolve(content)]]);
    const result = this.check(node.result, { names, outer: scope });
    if (!node.isFlat) return optionalOf(result);
    const flat = optionalOf(this.substitution.fresh());
    if (!this.substitution.assign(result, flat)) this.calls.noOverload('_?_:_', [bool, result, flat], node);
    return this.substitution.resolve(flat);
  }

  private mismatch(expected: Type, found: Type, node: Node): never {
    const [wanted, given] = [expected, found].map((type) => formatType(this.substitution.resolve(type)));
    throw new CompileError(`expected type '${wanted}' but found '${given}'`, node.offset);
  }
}

/** Whether the first part of a name is a variable of a comprehension. */
function isLocal(name: string, scope: Scope | undefined): boolean {
  const dot = name.indexOf('.');
  const root = dot === -1 ? name : name.slice(0, dot);
  for (let here = scope; here !== undefined; here = here.outer) if (here.names.has(root)) return true;
  return false;
}
