import type { Meter } from './meter.ts';
import type { Value } from './value.ts';

/** The variables that an expression may ask for, by the names that its environment declares. A Map will do. */
export interface Bindings {
  get(name: string): Value | undefined;
}

/** What one evaluation works with. */
export interface Frame {
  readonly bindings: Bindings;
  /** The variables of comprehensions, each in a place of its own. */
  readonly locals: Value[];
  readonly meter: Meter;
}

/** A part of an expression, ready to be evaluated. May throw an EvaluationError or Stopped. */
export type Run = (frame: Frame) => Value;
