import type { AnyControl, Profile } from '../controls/control.ts';
import type { Finding } from '../engine/finding.ts';
import { type Judgement, type JudgeOptions, judge } from '../engine/judge.ts';
import type { KubeObject, Snapshot } from '../model/snapshot.ts';
import { unifiedDiff } from './diff.ts';
import { FileRefusal } from './file-refusal.ts';
import { ManifestFile } from './manifest-file.ts';
import { mend } from './mend.ts';
import { type LeftFinding, type PlanOptions, planFixes } from './plan.ts';
import { replaceFile } from './write-file.ts';

export interface FixOptions extends PlanOptions {
  /** What was collected, manifests among it. The rest of it is evidence too: a LimitRange, a namespace. */
  readonly snapshot: Snapshot;
  /** Whose findings are to be mended. */
  readonly controls: readonly AnyControl[];
  /** All that judge the outcome, the former among them; the same unless given. */
  readonly verifying?: readonly AnyControl[];
  /** Those of `verifying` that the configuration leaves out: what they find is counted, and stays. */
  readonly turnedOff?: readonly AnyControl[];
  /** Moves the findings that somebody has decided to live with to `suppressed`: they stay. */
  readonly accept?: (judgement: Judgement) => Judgement;
  readonly profiles?: readonly Profile[];
  /** What the names of files are relative to, as in the collection. */
  readonly cwd?: string;
  /** `diff` writes nothing. */
  readonly mode: 'write' | 'diff';
}

export interface FixedFile {
  /** As the snapshot names it. */
  readonly file: string;
  /** From the text that was read to the mended one, for `patch -p1` or `git apply`. */
  readonly diff: string;
  readonly mended: readonly Finding[];
}

export interface FixReport {
  readonly mode: FixOptions['mode'];
  /** Files that were mended, or would be; by name. */
  readonly files: readonly FixedFile[];
  /** Findings that stay, each with the reason. */
  readonly left: readonly LeftFinding[];
  /** Of the texts as they were, without what was accepted. */
  readonly before: Judgement;
  /** Of the texts as mended. Where a file could not be written it is not what is on disk: `left` says so. */
  readonly judgement: Judgement;
}

/**
 * Mends manifests: plans fixes for what the controls find in the snapshot, makes them in the files' texts, judges the
 * texts again, and writes those that hold. Each file is replaced at once or not at all. A file that cannot be read or
 * written, or no longer holds what the snapshot says, is left alone and its findings are in `left`.
 */
export async function fixManifests(options: FixOptions): Promise<FixReport> {
  const { snapshot, controls, mode } = options;
  const judging = judgingOf(options);
  const judgeAgain = (now: Snapshot): Judgement => accepted(judge(now, judging), options);
  const judgement = judgeAgain(snapshot);
  const chosen = new Set(controls.map(({ id }) => id));
  const planning: PlanOptions = { ...options, select: (finding) => isChosen(finding, chosen, options) };
  const plan = planFixes(judgement, planning);
  const opened = await openFiles([...plan.fixes.keys()], options);
  const mended = mend(judgement, opened.names, {
    ...planning,
    judging,
    judge: judgeAgain,
  });
  const left: LeftFinding[] = [...turnedOff(judgement, options)];
  for (const finding of mended.left) {
    const reason = opened.refused.get(finding.place.object.source.file);
    left.push(
      reason === undefined || finding.cause !== 'refused' ? finding : { ...finding, cause: 'file', detail: reason },
    );
  }
  const files: FixedFile[] = [];
  for (const [file, fixes] of mended.fixes) {
    const reason = mode === 'write' ? await write(file) : undefined;
    if (reason !== undefined) {
      for (const { finding, place } of fixes) left.push({ finding, place, cause: 'file', detail: reason });
      continue;
    }
    const diff = unifiedDiff(file.name, file.before, file.after);
    files.push({ file: file.name, diff, mended: [...new Set(fixes.map(({ finding }) => finding))] });
  }
  files.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  return { mode, files, left, before: judgement, judgement: mended.judgement };
}

/**
 * All controls judge together, those too that are not to be mended: exceptions of theirs hold, and a fix must not make
 * anything worse for them. But what they find keeps nobody from mending the same thing for another reason.
 */
function judgingOf({ controls, verifying = controls, profiles, settings }: FixOptions): JudgeOptions {
  const chosen = new Set(controls.map(({ id }) => id));
  const uncovered = (control: AnyControl): AnyControl => {
    const coveredBy = control.coveredBy.filter((id) => chosen.has(id));
    return coveredBy.length === control.coveredBy.length ? control : { ...control, coveredBy };
  };
  return { controls: verifying.map(uncovered), ...(profiles && { profiles }), ...(settings && { settings }) };
}

function accepted(judgement: Judgement, { accept }: FixOptions): Judgement {
  return accept === undefined ? judgement : accept(judgement);
}

function isChosen(finding: Finding, chosen: ReadonlySet<string>, { select }: FixOptions): boolean {
  return chosen.has(finding.control.id) && (select === undefined || select(finding));
}

/** What controls find that the configuration leaves out. */
function turnedOff({ findings }: Judgement, { turnedOff: off = [] }: FixOptions): readonly LeftFinding[] {
  const ids = new Set(off.map(({ id }) => id));
  return findings.flatMap((finding) => {
    if (!ids.has(finding.control.id)) return [];
    return finding.places.map((place): LeftFinding => ({ finding, place, cause: 'turned-off' }));
  });
}

interface OpenFiles {
  /** By every name that the snapshot has for a file: one may be there through a symbolic link too. */
  readonly names: ReadonlyMap<string, ManifestFile>;
  readonly refused: ReadonlyMap<string, string>;
}

async function openFiles(names: readonly string[], options: FixOptions): Promise<OpenFiles> {
  const objects = new Map<string, KubeObject[]>(names.map((name) => [name, []]));
  for (const object of options.snapshot.objects) {
    if (object.source.rendered === undefined) objects.get(object.source.file)?.push(object);
  }
  const opened = new Map<string, ManifestFile>();
  const byPath = new Map<string, ManifestFile>();
  const refused = new Map<string, string>();
  for (const [name, inFile] of objects) {
    try {
      const file = await ManifestFile.open(name, options.cwd ?? process.cwd(), inFile);
      const same = byPath.get(file.path) ?? file;
      byPath.set(file.path, same);
      opened.set(name, same);
    } catch (error) {
      if (!(error instanceof FileRefusal)) throw error;
      refused.set(name, error.message);
    }
  }
  return { names: opened, refused };
}

async function write(file: ManifestFile): Promise<string | undefined> {
  try {
    await replaceFile({ path: file.path, expected: file.bytes, content: file.after });
    return undefined;
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    return error.message;
  }
}
