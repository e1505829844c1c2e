import type { AnyControl } from '../controls/control.ts';
import { controls } from '../controls/registry.ts';
import { idsNamed, unknownControl } from '../engine/control-names.ts';
import { BulwarkError } from '../model/errors.ts';

interface Selection {
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

/**
 * The controls that `--only` and `--skip` leave of `all`. Each names a control (`pods/privileged`) or a component
 * (`pods`), a pattern with `*`, or several with commas between them.
 */
export function selectControls(selection: Selection, all: readonly AnyControl[] = controls): readonly AnyControl[] {
  const only = new Set(selection.only.flatMap(splitNames).flatMap((name) => matching(name, all)));
  const skip = new Set(selection.skip.flatMap(splitNames).flatMap((name) => matching(name, all)));
  return all.filter((control) => (only.size === 0 || only.has(control)) && !skip.has(control));
}

export function findControl(id: string, all: readonly AnyControl[] = controls): AnyControl {
  const exact = all.find((control) => control.id === id);
  if (exact !== undefined) return exact;
  const tails = all.filter((control) => control.id.endsWith(`/${id}`));
  const [tail] = tails;
  if (tail !== undefined && tails.length === 1) return tail;
  throw unknown(id, all);
}

function splitNames(names: string): readonly string[] {
  return names.split(',').filter((name) => name !== '');
}

function matching(name: string, all: readonly AnyControl[]): readonly AnyControl[] {
  const ids = new Set(
    idsNamed(
      name,
      all.map(({ id }) => id),
    ),
  );
  return ids.size > 0 ? all.filter(({ id }) => ids.has(id)) : [findControl(name, all)];
}

function unknown(id: string, all: readonly AnyControl[]): BulwarkError {
  return new BulwarkError(
    'unknown-control',
    ...unknownControl(
      id,
      all.map((control) => control.id),
    ),
  );
}
