import type { AnyControl } from '../controls/control.ts';
import { controls } from '../controls/registry.ts';
import { BulwarkError } from '../model/errors.ts';
import { nearest } from './nearest.ts';

/**
 * The controls that `--only` and `--skip` leave. Each names a control (`pods/privileged`) or a component (`pods`), or
 * several with commas between them.
 */
export function selectControls(flags: { only: readonly string[]; skip: readonly string[] }): readonly AnyControl[] {
  const only = flags.only.flatMap(splitNames).map(matching);
  const skip = new Set(flags.skip.flatMap(splitNames).flatMap(matching));
  const chosen = only.length === 0 ? controls : controls.filter((control) => only.some((set) => set.includes(control)));
  return chosen.filter((control) => !skip.has(control));
}

export function findControl(id: string): AnyControl {
  const exact = controls.find((control) => control.id === id);
  if (exact !== undefined) return exact;
  const tails = controls.filter((control) => control.id.endsWith(`/${id}`));
  const [tail] = tails;
  if (tail !== undefined && tails.length === 1) return tail;
  throw unknownControl(id);
}

function splitNames(names: string): readonly string[] {
  return names.split(',').filter((name) => name !== '');
}

function matching(name: string): readonly AnyControl[] {
  const component = controls.filter((control) => control.id.startsWith(`${name.replace(/\/$/, '')}/`));
  return component.length > 0 ? component : [findControl(name)];
}

function unknownControl(id: string): BulwarkError {
  const components = new Set(controls.map((control) => control.id.slice(0, control.id.indexOf('/'))));
  const near = nearest(id, [...components, ...controls.map((control) => control.id)]);
  const hint = near === undefined ? 'run "bulwark controls" for the list' : `did you mean ${near}?`;
  return new BulwarkError('unknown-control', `there is no control "${id}"`, hint);
}
