import type { Json } from '../model/json.ts';

/**
 * Three values, so that and is the smaller and or the greater of two: a test of something that the audit level left out
 * is unknown, and a rule that comes out unknown does not fire.
 */
export const truth = { no: 0, unknown: 1, yes: 2 } as const;
export type Truth = (typeof truth)[keyof typeof truth];

/** Stands for a value that the event would show at a higher audit level. */
export const hidden: unique symbol = Symbol('hidden');

/** What a field holds: `undefined` where it is known to be absent. Of a list any element may match. */
export type FieldValue = Json | undefined | typeof hidden;

export function truthOf(condition: boolean): Truth {
  return condition ? truth.yes : truth.no;
}
