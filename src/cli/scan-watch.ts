import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { displayName } from '../collect/manifests/find-files.ts';
import { defaultMaxFileBytes, readTextFile } from '../collect/manifests/read-text.ts';
import type { Finding } from '../engine/finding.ts';
import { fingerprint } from '../engine/fingerprint.ts';
import type { Judgement } from '../engine/judge.ts';
import type { KubeObject, Snapshot } from '../model/snapshot.ts';
import type { ScanChange } from '../report/scan-change.ts';

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
  private readonly watchers: FSWatcher[] = [];
  private readonly changed = new Map<string, number>();
  private snapshot: Snapshot;
  private findings: ReadonlyMap<string, Finding>;
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
    this.findings = byFingerprint(options.judgement.findings);
  }

  /** Throws what the system says where a path cannot be watched. */
  async start(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const root = resolve(this.cwd, path);
      const isFolder = (await stat(root)).isDirectory();
      // An editor replaces a file by renaming another over it: its folder tells, the file itself would not.
      const folder = isFolder ? root : dirname(root);
      const watcher = watch(folder, { recursive: isFolder }, (_, name) => {
        if (name === null) return;
        const file = resolve(folder, name);
        if (isFolder || file === root) this.notice(file);
      });
      this.watchers.push(watcher);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const watcher of this.watchers) watcher.close();
    clearTimeout(this.timer);
    await this.working;
  }

  private notice(file: string): void {
    if (this.closed || !watched.test(file)) return;
    if (!this.changed.has(file)) this.changed.set(file, performance.now());
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
    const { snapshot } = this;
    const others = snapshot.objects.filter(({ source }) => source.file !== name);
    this.snapshot = {
      ...snapshot,
      objects: [...others, ...decoded.objects],
      inputs: [...snapshot.inputs.filter(({ file }) => file !== name), ...decoded.inputs],
      gaps: [...snapshot.gaps.filter(({ what }) => what !== name), ...decoded.gaps],
    };
    const judged = byFingerprint((await this.rescan.judge(this.snapshot, new Set(decoded.objects))).findings);
    const [before, rest] = split(this.findings, (finding) => standsIn(finding, name));
    this.findings = new Map([...rest, ...judged]);
    this.tell({
      file: name,
      appeared: missing(judged, before),
      gone: missing(before, judged),
      problems: [
        ...decoded.gaps.map(({ reason }) => reason),
        ...decoded.inputs.flatMap(({ bucket, line, reason }) =>
          bucket === 'unparsable' ? [`${line === undefined ? '' : `line ${line}: `}${reason}`] : [],
        ),
      ],
      milliseconds: performance.now() - begun,
    });
  }

  /** Judges everything, as it was kept or as it is read again, and tells what has become different. */
  private async everything(begun: number, how: 'read' | 'kept'): Promise<void> {
    if (this.closed) return;
    if (how === 'read') this.snapshot = await this.rescan.take();
    const judged = byFingerprint((await this.rescan.judge(this.snapshot)).findings);
    const change = {
      file: undefined,
      appeared: missing(judged, this.findings),
      gone: missing(this.findings, judged),
      problems: [],
      milliseconds: performance.now() - begun,
    };
    this.findings = judged;
    if (how === 'read' || change.appeared.length + change.gone.length > 0) this.tell(change);
  }
}

/** What can change a scan: manifests, and what charts and kustomizations are made of. */
const watched = /\.(?:ya?ml|json|tpl|gitignore|bulwarkignore)$|[/\\](?:Chart\.lock|NOTES\.txt|\.helmignore)$/i;

function byFingerprint(findings: readonly Finding[]): ReadonlyMap<string, Finding> {
  return new Map(findings.map((finding) => [fingerprint(finding), finding]));
}

/** A finding that has places in other files, too, is told again when everything is judged. */
function standsIn({ places }: Finding, name: string): boolean {
  return places.every(({ object }) => object.source.file === name);
}

function split(
  findings: ReadonlyMap<string, Finding>,
  isIn: (finding: Finding) => boolean,
): [ReadonlyMap<string, Finding>, ReadonlyMap<string, Finding>] {
  const entries = [...findings];
  return [new Map(entries.filter(([, each]) => isIn(each))), new Map(entries.filter(([, each]) => !isIn(each)))];
}

function missing(of: ReadonlyMap<string, Finding>, from: ReadonlyMap<string, Finding>): readonly Finding[] {
  return [...of].flatMap(([key, finding]) => (from.has(key) ? [] : [finding]));
}
