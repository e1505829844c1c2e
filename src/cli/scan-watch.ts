import { resolve } from 'node:path';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { displayName } from '../collect/manifests/find-files.ts';
import { defaultMaxFileBytes, readTextFile } from '../collect/manifests/read-text.ts';
import type { Finding } from '../engine/finding.ts';
import { copiesIn, type FindingRecord, FindingRecords, recordOf, worsening } from '../engine/finding-record.ts';
import type { Judgement } from '../engine/judge.ts';
import { logicalName } from '../engine/lasting-name.ts';
import type { Gap, KubeObject, SkippedInput, Snapshot } from '../model/snapshot.ts';
import type { ScanChange } from '../report/scan-change.ts';
import { FolderWatch } from './folder-watch.ts';

/** How a scan is made again, of everything or of some objects in the light of everything. */
export interface Rescan {
  take(): Promise<Snapshot>;
  judge(snapshot: Snapshot, only?: ReadonlySet<KubeObject>): Promise<Judgement>;
}

/** Editors write a file in several steps: a change counts when it has been quiet for so long. */
const quietMs = 15;
/** How long after the last change the rest is judged again, for what depends on the changed file. */
const settledMs = 400;

/**
 * A scan that follows its files. A changed manifest is judged alone, by what the whole says of it; then the rest is
 * judged again for what depends on it. Whatever else changes (a chart, a kustomization, a file that comes or goes)
 * makes everything be read again.
 */
export class ScanWatch {
  private readonly cwd: string;
  private readonly rescan: Rescan;
  private readonly tell: (change: ScanChange) => void;
  private readonly folders: FolderWatch;
  private readonly changed = new Map<string, number>();
  private snapshot: Snapshot;
  private findings: readonly Recorded[];
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(options: {
    readonly cwd: string;
    readonly rescan: Rescan;
    readonly snapshot: Snapshot;
    readonly judgement: Judgement;
    readonly tell: (change: ScanChange) => void;
  }) {
    this.cwd = options.cwd;
    this.rescan = options.rescan;
    this.tell = options.tell;
    this.snapshot = options.snapshot;
    this.findings = recorded(options.judgement);
    this.folders = new FolderWatch({
      file: (path) => this.notice(path),
      folderGone: (path) => this.noticeFolder(path),
      problem: (text) => {
        this.tell({ file: undefined, appeared: [], gone: [], problems: [text], milliseconds: 0 });
      },
    });
  }

  /** Throws what the system says where a path cannot be watched. */
  async start(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.folders.add(resolve(this.cwd, path));
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.folders.close();
    clearTimeout(this.timer);
    await this.working;
  }

  private notice(file: string): void {
    if (watched.test(file)) this.mark(file);
  }

  /** A folder that went matters only where something was read in it. */
  private noticeFolder(folder: string): void {
    const name = `${displayName(folder, this.cwd)}/`;
    const { objects, inputs } = this.snapshot;
    const isIn = (file: string) => name === './' || file.startsWith(name);
    if (objects.some(({ source }) => isIn(source.file)) || inputs.some(({ file }) => isIn(file))) this.mark(folder);
  }

  private mark(path: string): void {
    if (this.closed) return;
    if (!this.changed.has(path)) this.changed.set(path, performance.now());
    this.wait(quietMs, () => this.changes());
  }

  private wait(milliseconds: number, work: () => Promise<void>): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.working = this.working.then(work);
    }, milliseconds);
  }

  private async changes(): Promise<void> {
    const changed = [...this.changed];
    this.changed.clear();
    const begun = Math.min(...changed.map(([, at]) => at));
    const alone = changed.every(([file]) => this.isAlone(displayName(file, this.cwd)));
    if (!alone) return this.everything(begun, 'read');
    for (const [file, at] of changed) await this.file(file, at);
    if (!this.closed) this.wait(settledMs, () => this.everything(performance.now(), 'kept'));
  }

  /** Whether a file gives objects that nothing else is rendered from. */
  private isAlone(name: string): boolean {
    const { objects, inputs } = this.snapshot;
    const isPlain = objects.some(({ source }) => source.file === name && source.rendered === undefined);
    const isBroken = inputs.some(({ file, bucket }) => file === name && bucket === 'unparsable');
    return (
      (isPlain || isBroken) &&
      !objects.some(({ source: { rendered } }) => rendered !== undefined && name.startsWith(`${rendered.from}/`))
    );
  }

  private async file(path: string, begun: number): Promise<void> {
    const name = displayName(path, this.cwd);
    const read = await readTextFile(path, name, defaultMaxFileBytes);
    if ('gap' in read) return this.everything(begun, 'read');
    const decoded = decodeManifest(read.text, name);
    const before = this.snapshot;
    const former = before.objects.filter(({ source }) => source.file === name);
    const others = before.objects.filter(({ source }) => source.file !== name);
    this.snapshot = {
      ...before,
      objects: [...others, ...decoded.objects],
      inputs: [...before.inputs.filter(({ file }) => file !== name), ...decoded.inputs],
      gaps: [...before.gaps.filter(({ what }) => what !== name), ...decoded.gaps],
    };
    // Copies of its objects in other files share findings with them, and are judged as well.
    const names = new Set([...former, ...decoded.objects].map(logicalName));
    const copies = others.filter((object) => names.has(logicalName(object)));
    const judgement = await this.rescan.judge(this.snapshot, new Set([...decoded.objects, ...copies]));
    const about: Recorded[] = [];
    const rest: Recorded[] = [];
    for (const each of this.findings) (names.has(each.owner) || standsIn(each, name) ? about : rest).push(each);
    this.compare(about, {
      judged: recorded(judgement),
      rest,
      file: name,
      problems: problemsIn(decoded, { of: name }),
      begun,
    });
  }

  /** Judges everything, as it was kept or as it is read again, and tells what has become different. */
  private async everything(begun: number, how: 'read' | 'kept'): Promise<void> {
    if (this.closed) return;
    const known = new Set(problemsIn(this.snapshot));
    if (how === 'read') this.snapshot = await this.rescan.take();
    const judgement = await this.rescan.judge(this.snapshot);
    const problems = problemsIn(this.snapshot).filter((problem) => !known.has(problem));
    this.compare(this.findings, {
      judged: recorded(judgement),
      rest: [],
      file: undefined,
      problems,
      begun,
      ...(how === 'kept' && { silent: 'without change' }),
    });
  }

  /** Tells how findings differ from what they were, and keeps them; those of a file that cannot be read stay as they were. */
  private compare(
    before: readonly Recorded[],
    change: {
      readonly judged: readonly Recorded[];
      readonly rest: readonly Recorded[];
      readonly file: string | undefined;
      readonly problems: readonly string[];
      readonly begun: number;
      readonly silent?: 'without change';
    },
  ): void {
    const { judged, rest, file, problems, begun, silent } = change;
    const [earlier, later] = [new FindingRecords(before), new FindingRecords(judged)];
    const unread = unreadFiles(this.snapshot);
    const isUnread = ({ files = [] }: Recorded) => unread.size > 0 && files.some((each) => unread.has(each));
    const kept = before.filter((each) => isUnread(each) && later.of(each).length === 0);
    const appeared = missing(judged, earlier);
    const open = new Set(kept.map(({ finding }) => finding));
    const gone = missing(before, later).filter((finding) => !open.has(finding));
    this.findings = [...rest, ...judged, ...kept];
    if (silent !== undefined && appeared.length + gone.length === 0) return;
    this.tell({ file, appeared, gone, problems, milliseconds: performance.now() - begun });
  }
}

/** A finding with what a later one is held against. */
interface Recorded extends FindingRecord {
  readonly finding: Finding;
  /** Logical name of the object to go to. */
  readonly owner: string;
}

function recorded({ findings, snapshot }: Judgement): readonly Recorded[] {
  const copies = copiesIn(snapshot);
  return findings.map((finding) => ({ ...recordOf(finding, copies), finding, owner: logicalName(finding.owner) }));
}

/** Those that the others do not have, or not as bad. */
function missing(of: readonly Recorded[], from: FindingRecords): readonly Finding[] {
  return of.flatMap((record) => {
    const same = from.of(record);
    return same.length > 0 && worsening(record, same, 'same') === undefined ? [] : [record.finding];
  });
}

type Read = Pick<Snapshot, 'inputs' | 'gaps'>;

/** What could not be read or understood; of one file, without its name. */
function problemsIn({ inputs, gaps }: Read, { of }: { readonly of?: string } = {}): readonly string[] {
  const named = (file: string, text: string) => (of === file ? text : `${file}: ${text}`);
  return [
    ...gaps.map(({ what, reason }: Gap) => named(what, reason)),
    ...inputs.flatMap(({ file, bucket, line, reason }: SkippedInput) =>
      bucket === 'unparsable' ? [named(file, `${line === undefined ? '' : `line ${line}: `}${reason}`)] : [],
    ),
  ];
}

function unreadFiles({ inputs, gaps }: Read): ReadonlySet<string> {
  return new Set([
    ...inputs.flatMap(({ file, bucket }) => (bucket === 'unparsable' ? [file] : [])),
    ...gaps.flatMap(({ code, what }) => (code === 'malformed' ? [] : [what])),
  ]);
}

/** What can change a scan: manifests, and what charts and kustomizations are made of. */
const watched =
  /\.(?:ya?ml|json|tpl|gitignore|bulwarkignore)$|[/\\](?:Kustomization|Chart\.lock|NOTES\.txt|\.helmignore)$/i;

function standsIn({ files = [] }: Recorded, name: string): boolean {
  return files.length === 1 && files[0] === name;
}
