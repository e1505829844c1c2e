import { isList, isObject, type Json, own } from './json.ts';

/** A way into an object: field names and list indexes, from the object's root. */
export type Path = readonly (string | number)[];

const plainField = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** `spec.containers[0].securityContext`, as kubectl and the API server print field paths. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (plainField.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** RFC 6901 JSON pointer. */
export function jsonPointer(path: Path): string {
  let text = '';
  for (const step of path) {
    const isPlain = typeof step === 'number' || !(step.includes('/') || step.includes('~'));
    text += `/${isPlain ? step : step.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  }
  return text;
}

/** The value at `path`, or undefined where it leaves the object. */
export function valueAt(root: Json | undefined, path: Path): Json | undefined {
  let here: Json | undefined = root;
  for (const step of path) {
    if (typeof step === 'number') here = isList(here) ? here[step] : undefined;
    else here = isObject(here) ? own(here, step) : undefined;
    if (here === undefined) return undefined;
  }
  return here;
}
