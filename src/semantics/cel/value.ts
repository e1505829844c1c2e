import type { Json, JsonObject } from '../../model/json.ts';

/**
 * A CEL value. JSON is used as it is, without a copy: its whole numbers are CEL ints. An int is a `number` where that is
 * exact and a `bigint` beyond; every other numeric type is an object of its own. Numbers that come out of JSON go
 * through `adapt`, which is the only place where the two worlds meet.
 */
export type Value = Json | bigint | Uint8Array | Opaque | readonly Value[];

export type Int = number | bigint;

/** A value of a type that JSON does not have. Every map, list and scalar that is not one of these is plain. */
export abstract class Opaque {
  /** As `type()` names it. */
  abstract readonly typeName: string;
  abstract equals(other: Value): boolean;

  /** What cost functions take for the size of the value. */
  get costSize(): number {
    return 1;
  }
}

/** A value whose fields are worked out when they are asked for. */
export abstract class Fields extends Opaque {
  equals(other: Value): boolean {
    return other === this;
  }

  /** Undefined where there is no such field. May throw an EvaluationError. */
  abstract field(name: string): Value | undefined;
}

export class Double extends Opaque {
  readonly typeName = 'double';
  readonly value: number;

  constructor(value: number) {
    super();
    this.value = value;
  }

  /** Numbers are compared across types, elsewhere. */
  equals(other: Value): boolean {
    return other instanceof Double && other.value === this.value;
  }
}

export class Uint extends Opaque {
  readonly typeName = 'uint';
  readonly value: bigint;

  constructor(value: bigint) {
    super();
    this.value = value;
  }

  equals(other: Value): boolean {
    return other instanceof Uint && other.value === this.value;
  }
}

export class Duration extends Opaque {
  readonly typeName = 'google.protobuf.Duration';
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    super();
    this.nanoseconds = nanoseconds;
  }

  equals(other: Value): boolean {
    return other instanceof Duration && other.nanoseconds === this.nanoseconds;
  }
}

export class Timestamp extends Opaque {
  readonly typeName = 'google.protobuf.Timestamp';
  /** Since 1970, UTC. */
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    super();
    this.nanoseconds = nanoseconds;
  }

  equals(other: Value): boolean {
    return other instanceof Timestamp && other.nanoseconds === this.nanoseconds;
  }
}

export class TypeValue extends Opaque {
  readonly typeName = 'type';
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  equals(other: Value): boolean {
    return other instanceof TypeValue && other.name === this.name;
  }
}

/** `optional.none()` has no value. */
export class Optional extends Opaque {
  static readonly none = new Optional(undefined);
  readonly typeName = 'optional_type';
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    super();
    this.value = value;
  }

  equals(other: Value): boolean {
    if (!(other instanceof Optional)) return false;
    if (this.value === undefined || other.value === undefined) return this.value === other.value;
    return optionalEquality(this.value, other.value);
  }
}

/** Set by `equality.ts`, which needs this file. */
let optionalEquality: (left: Value, right: Value) => boolean = () => false;

export function compareOptionalsWith(equality: (left: Value, right: Value) => boolean): void {
  optionalEquality = equality;
}

/** A map that an expression makes: its keys may be ints, uints and bools. JSON's maps are plain objects. */
export class MapValue extends Opaque {
  readonly typeName = 'map';
  readonly entries: ReadonlyMap<MapKey, readonly [key: Value, value: Value]>;

  constructor(entries: ReadonlyMap<MapKey, readonly [Value, Value]>) {
    super();
    this.entries = entries;
  }

  /** Maps are compared with plain ones, too, elsewhere. */
  equals(): boolean {
    return false;
  }

  override get costSize(): number {
    return this.entries.size;
  }
}

/** Ints and uints of the same number are the same key. */
export type MapKey = string | boolean | number | bigint;

/** What a value is as a key of a map; undefined where it can be none. */
export function mapKey(value: Value): MapKey | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'bigint':
      return value;
    default:
      if (value instanceof Uint) return plainInt(value.value);
      if (value instanceof Double) return doubleKey(value.value);
      return undefined;
  }
}

function doubleKey(value: number): MapKey | undefined {
  if (!Number.isInteger(value)) return undefined;
  return Number.isSafeInteger(value) ? value + 0 : BigInt(value);
}

const smallest = BigInt(Number.MIN_SAFE_INTEGER);
const largest = BigInt(Number.MAX_SAFE_INTEGER);

/** The one form of an int: a number where it is exact. The range is not looked at. */
export function plainInt(value: bigint): Int {
  return value >= smallest && value <= largest ? Number(value) : value;
}

const intLimit = 2 ** 63;

/** A value as it lies in JSON, or anything else unchanged. Only numbers differ, and only those that are no exact int. */
export function adapt(value: Value): Value {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return Number.isInteger(value) && Math.abs(value) < intLimit ? BigInt(value) : new Double(value);
}

export function isListValue(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** A map of JSON. */
export function isPlainMap(value: Value): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(value instanceof Opaque || value instanceof Uint8Array);
}

/** The name of a value's type, as `type()` gives it. */
export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
    case 'bigint':
      return 'int';
    default:
      if (value === null) return 'null_type';
      if (value instanceof Opaque) return value.typeName;
      if (value instanceof Uint8Array) return 'bytes';
      return Array.isArray(value) ? 'list' : 'map';
  }
}
