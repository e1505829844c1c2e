import { fail } from '../error.ts';
import { type Library, overload } from '../function.ts';
import { Double, Duration, isPlainMap, MapValue, Opaque, Optional, Timestamp, Uint, type Value } from '../value.ts';

/** Whether a value is the zero of its type. Source: cel-go common/types (traits.Zeroer). */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === '' || value === 0) return true;
  if (typeof value !== 'object') return false;
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  if (value instanceof Double) return value.value === 0;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Duration || value instanceof Timestamp) return value.nanoseconds === 0n;
  if (value instanceof MapValue) return value.entries.size === 0;
  if (value instanceof Optional) return value.value === undefined;
  return !(value instanceof Opaque) && isPlainMap(value) && Object.keys(value).length === 0;
}

/** Kubernetes 1.28. Source: cel-go cel/library.go (OptionalTypes). `or` and `orValue` are also evaluated lazily. */
export const optionals: Library = {
  name: 'optional types',
  since: 28,
  overloads: [
    overload('optional.of(V): optional<V>', { run: (value: Value) => new Optional(value) }),
    overload('optional.ofNonZeroValue(V): optional<V>', {
      run: (value: Value) => (isZero(value) ? Optional.none : new Optional(value)),
    }),
    overload('optional.none(): optional<V>', { run: () => Optional.none }),
    overload('optional<V>..value(): V', {
      run: ({ value }: Optional) => (value === undefined ? fail('optional.none() dereference') : value),
    }),
    overload('optional<V>..hasValue(): bool', { run: ({ value }: Optional) => value !== undefined }),
    overload('optional<V>..or(optional<V>): optional<V>', {
      run: (first: Optional, second: Optional) => (first.value === undefined ? second : first),
    }),
    overload('optional<V>..orValue(V): V', {
      run: ({ value }: Optional, other: Value) => (value === undefined ? other : value),
    }),
  ],
};
