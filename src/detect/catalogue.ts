import { actorFields } from './actor-fields.ts';
import { eventFields, openField, openPrefixes } from './event-fields.ts';
import type { DerivedField, Field } from './field.ts';
import { objectFields } from './object-fields.ts';
import { podFields } from './pod-fields.ts';
import { rbacFields } from './rbac-fields.ts';
import { requestFields } from './request-fields.ts';

/** The fields that Bulwark adds to those of the event, by theme. */
export const derivedFields: readonly { readonly title: string; readonly fields: readonly DerivedField[] }[] = [
  { title: 'Who asked', fields: actorFields },
  { title: 'What was asked', fields: requestFields },
  { title: 'Pods and workloads', fields: podFields },
  { title: 'Roles and bindings', fields: rbacFields },
  { title: 'Other objects', fields: objectFields },
];

const byName: ReadonlyMap<string, Field> = new Map(
  [...eventFields, ...derivedFields.flatMap(({ fields }) => fields)].map((field) => [field.name, field]),
);

/** The field of that name; undefined where events have none. */
export function findField(name: string): Field | undefined {
  return byName.get(name) ?? openField(name);
}

/** The name that a misspelt one most likely means. */
export function suggestField(name: string): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length * 0.35)) + 1;
  const word = name.toLowerCase();
  for (const candidate of [...byName.keys(), ...openPrefixes.map((prefix) => prefix.slice(0, -1))]) {
    const lower = candidate.toLowerCase();
    const tail = lower.slice(lower.indexOf('.') + 1);
    const away = Math.min(distance(word, lower), word === tail ? 0 : distance(word, tail) + 1);
    if (away < least) {
      least = away;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(cost, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
