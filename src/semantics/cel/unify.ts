import { dyn, isSameType, listOf, mapOf, optionalOf, type Type } from './type.ts';

/** Of a type: lists within lists as deep as an expression may be, and more. */
const mostParts = 2000;

/** What type parameters stand for so far. What an attempt that fails has bound is taken back. */
export class Substitution {
  private readonly bound = new Map<string, Type>();
  /** What was bound before, newest last: to undo in reverse. */
  private readonly trail: { readonly name: string; readonly before: Type | undefined }[] = [];
  private made = 0;

  /** A type that is not known yet. */
  fresh(): Type {
    this.made += 1;
    return { kind: 'parameter', name: `_var${this.made}` };
  }

  /** Whether a value of `from` may stand where `to` is asked for, pairwise; binds parameters so that it may. */
  assignAll(from: readonly Type[], to: readonly Type[]): boolean {
    if (from.length !== to.length) return false;
    const mark = this.trail.length;
    for (const [index, type] of from.entries()) {
      const wanted = to[index];
      if (wanted === undefined || !this.unify(type, wanted)) {
        this.undo(mark);
        return false;
      }
    }
    return true;
  }

  assign(from: Type, to: Type): boolean {
    return this.assignAll([from], [to]);
  }

  /** The type with all that is known put in; parameters that stand for nothing become dyn where `isLast`. */
  resolve(type: Type, end: 'keep parameters' | 'dyn for the unknown' = 'keep parameters'): Type {
    switch (type.kind) {
      case 'parameter': {
        const found = this.bound.get(type.name);
        if (found !== undefined) return this.resolve(found, end);
        return end === 'dyn for the unknown' ? dyn : type;
      }
      case 'list':
        return listOf(this.resolve(type.item, end));
      case 'map':
        return mapOf(this.resolve(type.key, end), this.resolve(type.value, end));
      case 'optional':
        return optionalOf(this.resolve(type.of, end));
      case 'type':
        return { kind: 'type', of: this.resolve(type.of, end) };
      default:
        return type;
    }
  }

  /** Whether a type has more parts than anyone writes: each step of an expression can double it. */
  isTooLarge(type: Type): boolean {
    const open = [type];
    for (let parts = 0; parts < mostParts; parts += 1) {
      const next = open.pop();
      if (next === undefined) return false;
      if (next.kind === 'list') open.push(next.item);
      else if (next.kind === 'map') open.push(next.key, next.value);
      else if (next.kind === 'optional' || next.kind === 'type') open.push(next.of);
      else if (next.kind === 'parameter') open.push(...this.boundTo(next.name));
    }
    return true;
  }

  private boundTo(name: string): readonly Type[] {
    const bound = this.bound.get(name);
    return bound === undefined ? [] : [bound];
  }

  private undo(mark: number): void {
    while (this.trail.length > mark) {
      const entry = this.trail.pop();
      if (entry === undefined) return;
      if (entry.before === undefined) this.bound.delete(entry.name);
      else this.bound.set(entry.name, entry.before);
    }
  }

  private bind(name: string, type: Type): void {
    this.trail.push({ name, before: this.bound.get(name) });
    this.bound.set(name, type);
  }

  /** Source: cel-go checker/types.go (internalIsAssignable). */
  private unify(left: Type, right: Type): boolean {
    if (right.kind === 'parameter') {
      const { isValid, isBound } = this.substitutes(left, right);
      if (isValid) return true;
      if (isBound) return false;
    }
    if (left.kind === 'parameter') return this.substitutes(right, left).isValid;
    if (left.kind === 'dyn' || right.kind === 'dyn') return true;
    if (isNull(left)) return isNullable(right);
    if (isNull(right)) return isNullable(left);
    switch (left.kind) {
      case 'list':
        return right.kind === 'list' && this.unify(left.item, right.item);
      case 'map':
        return right.kind === 'map' && this.unify(left.key, right.key) && this.unify(left.value, right.value);
      case 'optional':
        return right.kind === 'optional' && this.unify(left.of, right.of);
      case 'type':
        // Types of different things may be compared.
        return right.kind === 'type';
      default:
        return isSameType(left, right);
    }
  }

  private substitutes(
    type: Type,
    parameter: Extract<Type, { kind: 'parameter' }>,
  ): { readonly isValid: boolean; readonly isBound: boolean } {
    if (isSameType(type, parameter)) return { isValid: true, isBound: true };
    const bound = this.bound.get(parameter.name);
    if (bound === undefined) {
      if (this.mentions(type, parameter.name)) return { isValid: false, isBound: false };
      this.bind(parameter.name, type);
      return { isValid: true, isBound: false };
    }
    if (isSameType(type, bound)) return { isValid: true, isBound: true };
    if (!this.unify(type, bound)) return { isValid: false, isBound: true };
    const general = moreGeneral(type, bound);
    if (!this.mentions(general, parameter.name)) this.bind(parameter.name, general);
    return { isValid: true, isBound: true };
  }

  private mentions(type: Type, name: string): boolean {
    switch (type.kind) {
      case 'parameter': {
        if (type.name === name) return true;
        const bound = this.bound.get(type.name);
        return bound !== undefined && this.mentions(bound, name);
      }
      case 'list':
        return this.mentions(type.item, name);
      case 'map':
        return this.mentions(type.key, name) || this.mentions(type.value, name);
      case 'optional':
      case 'type':
        return this.mentions(type.of, name);
      default:
        return false;
    }
  }
}

/** Of two types that agree, the one that says less. Source: cel-go checker/types.go (mostGeneral). */
export function moreGeneral(left: Type, right: Type): Type {
  return isLessSpecific(left, right) ? left : right;
}

function isLessSpecific(left: Type, right: Type): boolean {
  if (left.kind === 'dyn' || left.kind === 'parameter') return true;
  if (right.kind === 'dyn' || right.kind === 'parameter') return false;
  switch (left.kind) {
    case 'list':
      return right.kind === 'list' && isLessSpecific(left.item, right.item);
    case 'map':
      return right.kind === 'map' && isLessSpecific(left.key, right.key) && isLessSpecific(left.value, right.value);
    case 'optional':
      return right.kind === 'optional' && isLessSpecific(left.of, right.of);
    case 'type':
      return true;
    default:
      return isSameType(left, right);
  }
}

function isNull(type: Type): boolean {
  return type.kind === 'named' && type.name === 'null_type';
}

const neverNull = new Set(['bool', 'bytes', 'double', 'int', 'string', 'uint']);

/** Source: cel-go checker/types.go (internalIsAssignableNull). */
function isNullable(type: Type): boolean {
  if (type.kind === 'named') return !neverNull.has(type.name);
  return type.kind === 'object' || type.kind === 'optional';
}
