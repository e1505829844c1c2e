import type { Place } from '../engine/finding.ts';
import type { Edit } from '../model/edit.ts';
import { formatPath, type Path } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { LeftFinding, PlannedFix } from './plan.ts';

/**
 * Fields that must stay because somebody has decided to live with what is found there. A fix of another finding that
 * would change one of them is left out.
 */
export class Guard {
  private readonly byObject = new Map<KubeObject, Kept>();

  /** `edits` are those that would mend the excepted finding, and `by` is where the exception stands. */
  keep({ object, path }: Place, { edits, by }: { readonly edits: readonly Edit[]; readonly by: string }): void {
    let kept = this.byObject.get(object);
    if (kept === undefined) {
      kept = { whole: new Map(), above: new Map() };
      this.byObject.set(object, kept);
    }
    // The field to blame itself may be as wide as a container, within which others may well be mended.
    markAbove(kept, path, by);
    for (const target of edits.flatMap(targetsOf)) {
      kept.whole.set(formatPath(target), by);
      markAbove(kept, target, by);
    }
  }

  /** The fix, or why it has to stay undone. */
  let(planned: PlannedFix | LeftFinding): PlannedFix | LeftFinding {
    if ('cause' in planned) return planned;
    const { finding, place, edits } = planned;
    const kept = this.byObject.get(place.object);
    if (kept === undefined) return planned;
    for (const target of edits.flatMap(targetsOf)) {
      const by = keptBy(kept, target);
      if (by !== undefined) return { finding, place, cause: 'excepted', detail: by };
    }
    return planned;
  }
}

/** Where the exceptions stand, by path. */
interface Kept {
  /** Fields that stay with all that is in them. */
  readonly whole: Map<string, string>;
  /** Fields that must not be replaced or removed, since what stays is in them. */
  readonly above: Map<string, string>;
}

function markAbove({ above }: Kept, path: Path, by: string): void {
  for (let length = 1; length <= path.length; length += 1) above.set(formatPath(path.slice(0, length)), by);
}

function keptBy({ whole, above }: Kept, target: Path): string | undefined {
  const within = above.get(formatPath(target));
  if (within !== undefined) return within;
  for (let length = target.length; length > 0; length -= 1) {
    const by = whole.get(formatPath(target.slice(0, length)));
    if (by !== undefined) return by;
  }
  return undefined;
}

/** What an edit changes: the items that it adds to or takes from a list, not the list. */
function targetsOf(edit: Edit): readonly Path[] {
  switch (edit.op) {
    case 'set':
    case 'remove':
      return [edit.path];
    case 'append':
      return [[...edit.path, JSON.stringify(edit.value)]];
    case 'remove-items':
      return edit.values.map((value) => [...edit.path, JSON.stringify(value)]);
  }
}
