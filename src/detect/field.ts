import type { FieldValue } from './truth.ts';
import type { EventView } from './view.ts';

/**
 * How early a field is known: `shape` from what is asked for and how it ended (verb, resource, code); `caller`
 * from who asked and how (user, user agent, addresses, which annotations there are); `header` from all that stands
 * outside the bodies and is alike for many requests; `event` from the whole event.
 */
const stages = ['shape', 'caller', 'header', 'event'] as const;
export type KnownFrom = (typeof stages)[number];

/** What a rule may ask of an event. */
export interface Field {
  readonly name: string;
  readonly known: KnownFrom;
  /** The lowest audit level at which the field can be told. */
  readonly level: 'Metadata' | 'Request' | 'RequestResponse';
  read(view: EventView): FieldValue;
}

/** A field of our own, with what the documentation says of it. */
export interface DerivedField extends Field {
  readonly about: string;
}

/** Whether a field that is known from `field` can be told from no more than `have`. */
export function isKnown(field: KnownFrom, have: KnownFrom): boolean {
  return stages.indexOf(field) <= stages.indexOf(have);
}
