import { nearest } from '../model/nearest.ts';
import { hasWildcard, matchesName } from './exception-pattern.ts';

/**
 * The ids that a name stands for: a control (`pods/privileged`), a component (`pods`, `pods/`) or a pattern with `*`.
 * Empty where there is none.
 */
export function idsNamed(name: string, ids: Iterable<string>): readonly string[] {
  const component = `${name.replace(/\/$/, '')}/`;
  const isPattern = hasWildcard(name);
  const found: string[] = [];
  for (const id of ids) {
    if (id === name || id.startsWith(component) || (isPattern && matchesName(name, id))) found.push(id);
  }
  return found;
}

/** Every name that stands for a control or a component, to look for what a misspelt one means. */
function controlNames(ids: Iterable<string>): readonly string[] {
  const all = [...ids];
  return [...new Set(all.map((id) => id.slice(0, id.indexOf('/')))), ...all];
}

/** What is wrong with a name that stands for no control, and what was probably meant. */
export function unknownControl(name: string, ids: readonly string[]): [message: string, hint: string] {
  return [`there is no control "${name}"`, controlHint(name, ids)];
}

export function controlHint(name: string, ids: readonly string[]): string {
  const near = nearest(name, controlNames(ids));
  return near === undefined ? 'run "bulwark controls" for the list' : `did you mean ${near}?`;
}
