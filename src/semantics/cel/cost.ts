import { sizeOfMap } from './equality.ts';
import { isPlainMap, Opaque, type Value } from './value.ts';

/** Units for each character that is looked at, and for each character of a regular expression. Source: cel-go common/cost.go. */
const perCharacter = 0.1;
const perPatternCharacter = 0.25;

/** Source: cel-go interpreter/runtimecost.go (actualSize); texts are counted in UTF-16 units here. */
export function costSize(value: Value): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  if (Array.isArray(value)) return value.length;
  if (value instanceof Opaque) return value.costSize;
  if (value instanceof Uint8Array) return value.length;
  return isPlainMap(value) ? sizeOfMap(value) : 1;
}

export function traversal(value: Value): number {
  return Math.ceil(costSize(value) * perCharacter);
}

/** The first is read, and as much again is made. */
export function twoTraversals(value: Value): number {
  return Math.ceil(costSize(value) * 2 * perCharacter);
}

/** Of the shorter of two. */
export function comparison(left: Value, right: Value): number {
  const size = typeof left === 'number' || typeof right === 'number' ? 1 : Math.min(costSize(left), costSize(right));
  return Math.ceil(size * perCharacter);
}

/** Lists that are longer cost more here than upstream, which does not copy them: doubling one would take all memory. */
const freeItems = 1000;

export function concatenation(left: Value, right: Value): number {
  if (Array.isArray(left) && Array.isArray(right)) {
    const items = left.length + right.length;
    return items <= freeItems ? 1 : Math.ceil(items * perCharacter);
  }
  if (typeof left !== 'string' && !(left instanceof Uint8Array)) return 1;
  return Math.ceil((costSize(left) + costSize(right)) * perCharacter);
}

export function patternMatch(text: Value, pattern: Value): number {
  return Math.ceil((1 + costSize(text)) * perCharacter) * Math.ceil(costSize(pattern) * perPatternCharacter);
}

export function substringSearch(text: Value, part: Value): number {
  return traversal(text) * traversal(part);
}
