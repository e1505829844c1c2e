import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Decider } from '../admission/decide.ts';
import { failOpenNotes } from '../admission/lifelines.ts';
import { loadAdmission, type PolicyText } from '../admission/load.ts';
import type { AnyControl } from '../controls/control.ts';

export interface PolicySourceOptions {
  /** Files, and folders whose `.yaml` and `.yml` files are read. */
  readonly paths: readonly string[];
  readonly controls: readonly AnyControl[];
  readonly serverMinor: () => number | undefined;
  readonly now: () => Date;
}

/** What became of a look at the files; `recompiled`: they are the same, and the server has another version. */
export type Refreshed = 'same' | 'changed' | 'recompiled' | 'refused';

const maxFileBytes = 4 * 1024 * 1024;
const maxFiles = 1000;

/**
 * The policies of files that others change. A set that cannot be read as a whole is not taken: the last good one
 * stays in force, and `problems` says why.
 */
export class PolicySource {
  private readonly options: PolicySourceOptions;
  private seen: string | undefined;
  private decider: Decider | undefined;
  private inForce: string | undefined;
  private wrong: readonly string[] = ['the policies were not read yet'];
  private told: readonly string[] = [];

  constructor(options: PolicySourceOptions) {
    this.options = options;
  }

  /** Undefined until a set could be read. */
  get current(): Decider | undefined {
    return this.decider;
  }

  /** Why the files as they are now are not in force; empty where they are. */
  get problems(): readonly string[] {
    return this.wrong;
  }

  /** What is worth knowing about the set that is in force. */
  get notes(): readonly string[] {
    return this.told;
  }

  /** Looks at the files, and takes them where they changed and are whole. */
  async refresh(): Promise<Refreshed> {
    const { paths, controls, now } = this.options;
    const serverMinor = this.options.serverMinor();
    let texts: readonly PolicyText[];
    try {
      texts = await readTexts(paths);
    } catch (error) {
      return this.refuse(`unreadable ${String(error)}`, [error instanceof Error ? error.message : String(error)]);
    }
    const seen = JSON.stringify([serverMinor, texts]);
    if (seen === this.seen) return 'same';
    const loaded = await loadAdmission(texts, {
      controls,
      now: now(),
      ...(serverMinor !== undefined && { serverMinor }),
    });
    if (loaded.policies === undefined) {
      return this.refuse(
        seen,
        loaded.problems.map(({ place, message }) => `${place}: ${message}`),
      );
    }
    const wasWrong = this.wrong.length > 0;
    this.seen = seen;
    this.wrong = [];
    this.decider = new Decider(loaded.policies, { now });
    this.told = [...loaded.notes, ...failOpenNotes(this.decider.rules().refusing, serverMinor)];
    const inForce = JSON.stringify(texts);
    const isSame = inForce === this.inForce && !wasWrong;
    this.inForce = inForce;
    return isSame ? 'recompiled' : 'changed';
  }

  private refuse(seen: string, problems: readonly string[]): Refreshed {
    const isNews = seen !== this.seen;
    this.seen = seen;
    this.wrong = problems;
    return isNews ? 'refused' : 'same';
  }
}

async function readTexts(paths: readonly string[]): Promise<readonly PolicyText[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) {
      files.push(path);
      continue;
    }
    // A mounted ConfigMap keeps its versions in folders that begin with dots.
    const names = (await readdir(path)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).toSorted();
    if (names.length === 0) throw new Error(`${path} holds no .yaml file`);
    files.push(...names.map((name) => join(path, name)));
  }
  if (files.length > maxFiles) throw new Error(`there are more than ${maxFiles} policy files`);
  const texts: PolicyText[] = [];
  for (const file of files) {
    const { size } = await stat(file);
    if (size > maxFileBytes) throw new Error(`${file} is larger than ${maxFileBytes / 1024 / 1024} MiB`);
    texts.push({ file, text: await readFile(file, 'utf8') });
  }
  return texts;
}
