import type { Finding, Place } from '../engine/finding.ts';
import type { Judgement } from '../engine/judge.ts';
import type { Suppressed } from '../engine/suppressed.ts';
import { factsOf } from '../facts/facts.ts';
import type { Edit, FixSafety } from '../model/edit.ts';
import type { Settings } from '../model/settings.ts';
import { Faults } from './failures.ts';
import { Guard } from './guard.ts';

export interface PlanOptions {
  /** The most that a fix may do to a workload: `safe` unless asked for more. */
  readonly allow?: FixSafety;
  /** Which findings to mend; all of them unless given. */
  readonly select?: (finding: Finding) => boolean;
  readonly settings?: Settings;
}

/** What mends one finding at one of its places. */
export interface PlannedFix {
  readonly finding: Finding;
  readonly place: Place;
  /** Paths are absolute in the place's object. */
  readonly edits: readonly Edit[];
}

/** Why a finding stays at one of its places. */
export interface LeftFinding {
  readonly finding: Finding;
  readonly place: Place;
  readonly cause: LeftCause;
  /** More about this case, as a clause. */
  readonly detail?: string;
}

export type LeftCause =
  /** Somebody has decided to live with it, or with what its fix would change: `detail` says where that is written. */
  | 'excepted'
  /** The configuration leaves its control out. */
  | 'turned-off'
  /** No fix can decide it. */
  | 'needs-a-person'
  /** A fix exists, and may stop a workload: it has to be allowed. */
  | 'may-break'
  /** Rendered output: the chart or overlay has to change. */
  | 'rendered'
  /** Standard input, or an object of a cluster. */
  | 'not-a-file'
  /** The text does not allow the edit: `detail` says why. */
  | 'refused'
  /** The file could not be read or written, or was left alone: `detail` says why. */
  | 'file';

export interface FixPlan {
  /** By file, in the order of the findings. */
  readonly fixes: ReadonlyMap<string, readonly PlannedFix[]>;
  readonly left: readonly LeftFinding[];
}

/**
 * What would mend the findings of a judgement, file by file, and what nothing here mends. Pure: no file is read.
 * `settings` must be those of the judgement. What exceptions cover stays, and so does all that its fixes would change.
 */
export function planFixes(judgement: Judgement, options: PlanOptions = {}): FixPlan {
  const faults = new Faults(factsOf(judgement.snapshot, options.settings));
  const fixes = new Map<string, PlannedFix[]>();
  const excepted = exceptedPlaces(judgement.suppressed ?? []);
  const guard = guardOf(excepted, faults);
  const left = excepted.filter(({ finding }) => options.select === undefined || options.select(finding));
  for (const finding of judgement.findings) {
    if (options.select !== undefined && !options.select(finding)) continue;
    for (const place of finding.places) {
      const planned = guard.let(planAt(faults, { finding, place }, options.allow ?? 'safe'));
      if ('cause' in planned) {
        left.push(planned);
        continue;
      }
      const { file } = place.object.source;
      const ofFile = fixes.get(file);
      if (ofFile === undefined) fixes.set(file, [planned]);
      else ofFile.push(planned);
    }
  }
  return { fixes, left };
}

function exceptedPlaces(suppressed: readonly Suppressed[]): LeftFinding[] {
  return suppressed.flatMap(({ finding, by }) => {
    const detail = by.kind === 'exception' ? by.exception.origin.place : by.file;
    return finding.places.map((place): LeftFinding => ({ finding, place, cause: 'excepted', detail }));
  });
}

function guardOf(excepted: readonly LeftFinding[], faults: Faults): Guard {
  const guard = new Guard();
  for (const { finding, place, detail = '' } of excepted) {
    guard.keep(place, { edits: editsAt(faults, { finding, place }), by: detail });
  }
  return guard;
}

/** What would mend an excepted finding; nothing where that fails, since nobody asks for it. */
function editsAt(faults: Faults, { finding, place }: FindingAt): readonly Edit[] {
  const { control, message } = finding;
  if (control.fix === undefined || place.object.source.positions === undefined) return [];
  try {
    return faults.at(control, place, message).flatMap((fault) => fault.edits());
  } catch {
    return [];
  }
}

interface FindingAt {
  readonly finding: Finding;
  readonly place: Place;
}

function planAt(faults: Faults, at: FindingAt, allow: FixSafety): PlannedFix | LeftFinding {
  const { finding, place } = at;
  const { control } = finding;
  const { source } = place.object;
  if (control.fix === undefined) return { ...at, cause: 'needs-a-person' };
  if (source.rendered !== undefined) return { ...at, cause: 'rendered', detail: source.rendered.from };
  if (source.positions === undefined || source.file === '-') return { ...at, cause: 'not-a-file' };
  try {
    const edits = faults.at(control, place, finding.message).flatMap((fault) => fault.edits());
    if (edits.length === 0) return { ...at, cause: 'needs-a-person' };
    return control.fix.safety === 'may-break' && allow === 'safe' ? { ...at, cause: 'may-break' } : { ...at, edits };
  } catch (error) {
    // A defect of the control's: it stops this fix and nothing else.
    return { ...at, cause: 'refused', detail: `the fix failed: ${error instanceof Error ? error.message : error}` };
  }
}
