import { type Judgement, type JudgeOptions, judge } from '../engine/judge.ts';
import { formatPath } from '../model/path.ts';
import { compareSeverity } from '../model/severity.ts';
import type { KubeObject, Snapshot } from '../model/snapshot.ts';
import { type ManifestFile, placeOf } from './manifest-file.ts';
import { type LeftFinding, type PlannedFix, type PlanOptions, planFixes } from './plan.ts';
import { faultKey, objectKey, Standing, subjectKey, type Worse } from './verify.ts';

/** A fix may bring another finding to light, which has a fix of its own. More rounds than this do not settle. */
const maxRounds = 5;

/** How often fixes that turn out not to help are left out, and the others made again. */
const maxTries = 4;

export interface MendOptions extends PlanOptions {
  /** By what the outcome is judged: more controls than those that are to be mended, as a rule. */
  readonly judging: JudgeOptions;
  /** Finds what is to be mended; by `judging` unless given. */
  readonly judge?: (snapshot: Snapshot) => Judgement;
}

export interface Mended {
  /** What was mended in each file whose text changed. */
  readonly fixes: ReadonlyMap<ManifestFile, readonly PlannedFix[]>;
  /** Of the texts as they are now. */
  readonly judgement: Judgement;
  readonly left: readonly LeftFinding[];
}

/**
 * Mends the texts of open files and judges the outcome: every finding that was to be mended is gone, and no file has a
 * new finding as grave as one that was mended there. Fixes that fail this are undone. Nothing is written.
 * `judgement` is of the texts as they are, as `options.judge` finds it; `names` are the files by every name that its snapshot
 * has for them.
 */
export function mend(judgement: Judgement, names: ReadonlyMap<string, ManifestFile>, options: MendOptions): Mended {
  return new Mending(judgement.snapshot, names, options).run(judgement);
}

class Mending {
  private readonly snapshot: Snapshot;
  private readonly names: ReadonlyMap<string, ManifestFile>;
  private readonly options: MendOptions;
  private readonly made = new Map<ManifestFile, PlannedFix[]>();
  /** Why a finding is not to be tried again, by subject and message. */
  private readonly hopeless = new Map<string, string>();
  private readonly abandoned = new Map<ManifestFile, string>();
  private now: Snapshot;

  constructor(snapshot: Snapshot, names: ReadonlyMap<string, ManifestFile>, options: MendOptions) {
    this.snapshot = snapshot;
    this.names = names;
    this.options = options;
    this.now = snapshot;
  }

  run(first: Judgement): Mended {
    let judgement = this.makeFixes(first);
    let before: Standing | undefined;
    for (let tries = 1; this.made.size > 0; tries += 1) {
      before ??= new Standing(this.snapshot, this.options.judging);
      if (!this.undoFailures(before, tries < maxTries ? 'one by one' : 'whole files')) break;
      judgement = this.makeFixes(this.judge());
    }
    const plan = planFixes(judgement, this.options);
    const left = [...plan.left];
    for (const fixes of plan.fixes.values()) for (const fix of fixes) left.push(this.leave(fix));
    const fixes = new Map([...this.made].map(([file, made]) => [file, made.filter((fix) => before?.has(fix))]));
    return { fixes, judgement, left };
  }

  /** Rounds of judging and mending, until nothing is left to do. */
  private makeFixes(first: Judgement): Judgement {
    let judgement = first;
    for (let round = 0; round < maxRounds; round += 1) {
      if (!this.makeRound(judgement)) break;
      this.now = { ...this.snapshot, objects: this.currentObjects() };
      judgement = this.judge();
    }
    return judgement;
  }

  private judge(): Judgement {
    return this.options.judge?.(this.now) ?? judge(this.now, this.options.judging);
  }

  private makeRound(judgement: Judgement): boolean {
    let changed = false;
    for (const [name, fixes] of planFixes(judgement, this.options).fixes) {
      const file = this.names.get(name);
      // Another name of a file that is mended under its first one.
      if (file === undefined || file.name !== name || this.abandoned.has(file)) continue;
      const refused = new Set<PlannedFix>();
      const hopeful = fixes.filter((fix) => !this.hopeless.has(fixKey(fix)));
      const changedFile = file.mend(hopeful, (fix, reason) => {
        refused.add(fix);
        this.hopeless.set(fixKey(fix), reason);
      });
      if (!changedFile) continue;
      changed = true;
      const made = this.made.get(file) ?? [];
      made.push(...hopeful.filter((fix) => !refused.has(fix)));
      this.made.set(file, made);
    }
    return changed;
  }

  private currentObjects(): KubeObject[] {
    const byName = new Map<string, ReadonlyMap<string, KubeObject>>();
    return this.snapshot.objects.map((object) => {
      const { file: name, rendered } = object.source;
      const file = this.names.get(name);
      if (file === undefined || rendered !== undefined || !file.isChanged) return object;
      let fresh = byName.get(name);
      if (fresh === undefined) {
        fresh = file.objects(name);
        byName.set(name, fresh);
      }
      return fresh.get(placeOf(object)) ?? object;
    });
  }

  /** Puts back the text of every file in which something went wrong. Returns whether there was any. */
  private undoFailures(before: Standing, how: 'one by one' | 'whole files'): boolean {
    const after = new Standing(this.now, this.options.judging);
    const undo = new Set<ManifestFile>();
    for (const [file, fixes] of this.made) {
      const useless = fixes.filter((fix) => !after.isMended(fix, before));
      if (useless.length === 0) continue;
      undo.add(file);
      for (const fix of useless) this.hopeless.set(fixKey(fix), 'its fix does not mend it here');
      if (how === 'whole files') this.abandoned.set(file, 'its fixes do not go together');
    }
    for (const worse of after.worseThan(before)) {
      for (const file of this.suspects(worse)) {
        undo.add(file);
        this.blame(file, worse, how);
      }
    }
    for (const file of undo) {
      file.reset();
      this.made.delete(file);
    }
    if (undo.size > 0) this.now = { ...this.snapshot, objects: this.currentObjects() };
    return undo.size > 0;
  }

  /** Where a new finding comes from: the file that has it, else any that changed. */
  private suspects({ place, severity, finding }: Worse): readonly ManifestFile[] {
    const own = this.names.get(place.object.source.file);
    const files = own !== undefined && this.made.has(own) ? [own] : [...this.made.keys()];
    return files.filter((file) => {
      const made = this.made.get(file) ?? [];
      const graver = made.filter((fix) => compareSeverity(severity, fix.finding.severity) < 0);
      // What is left of a graver fault, such as a volume that is still there but can no longer be written.
      if (graver.some((fix) => faultKey(fix.finding, fix.place) === faultKey(finding, place))) return false;
      return graver.length < made.length;
    });
  }

  /** No more fixes for the object that has a new finding; where that is not among those mended, none for the file. */
  private blame(file: ManifestFile, { place, finding }: Worse, how: 'one by one' | 'whole files'): void {
    const reason = `mending it would make another finding: ${finding.message}`;
    const same = (this.made.get(file) ?? []).filter((fix) => objectKey(fix.place) === objectKey(place));
    for (const fix of same) this.hopeless.set(fixKey(fix), reason);
    if (same.length === 0 || how === 'whole files') this.abandoned.set(file, reason);
  }

  private leave(fix: PlannedFix): LeftFinding {
    const { finding, place } = fix;
    const file = this.names.get(place.object.source.file);
    const abandoned = file && this.abandoned.get(file);
    if (abandoned !== undefined) return { finding, place, cause: 'file', detail: abandoned };
    const detail = this.hopeless.get(fixKey(fix)) ?? 'its fix changes nothing here';
    return { finding, place, cause: 'refused', detail };
  }
}

/** Tells fixes apart within one text: two containers of one name are one subject at two places. */
function fixKey({ finding, place }: PlannedFix): string {
  return `${subjectKey(finding, place)}\n${formatPath(place.path)}\n${finding.message}`;
}
