import type { AnyControl } from '../controls/control.ts';
import { controls } from '../controls/registry.ts';
import { BulwarkError } from '../model/errors.ts';
import { nearest } from './nearest.ts';

/** The controls that `--only` and `--skip` leave. Each names a control (`pods/privileged`) or a component (`pods`). */
export function selectControls(flags: { only: readonly string[]; skip: readonly string[] }): readonly AnyControl[] {
  const only = flags.only.map(matching);
  const skip = new Set(flags.skip.flatMap(matching));
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

function matching(name: string): readonly AnyControl[] {
  const component = controls.filter((control) => control.id.startsWith(`${name.replace(/\/$/, '')}/`));
  return component.length > 0 ? component : [findControl(name)];
}

function unknownControl(id: string): BulwarkError {
  const near = nearest(
    id,
    controls.map((control) => control.id),
  );
  const hint = near === undefined ? 'run "bulwark controls" for the list' : `did you mean ${near}?`;
  return new BulwarkError('unknown-control', `there is no control "${id}"`, hint);
}
