import type { FileEvidence } from '../../model/node.ts';

/** Linux gives up after as many links. */
const maxLinks = 40;

/** One name that is looked up on the way to a file, in the folder that holds it. */
export interface Step {
  readonly folderPath: string;
  /** Undefined where the evidence does not have it. */
  readonly folder: FileEvidence | undefined;
  readonly entry: FileEvidence | undefined;
}

/** The way that the kernel goes to a path, links followed. */
export interface Walk {
  readonly steps: readonly Step[];
  /** What the path comes to; undefined where nothing is known to be there. */
  readonly end: FileEvidence | undefined;
}

/** Goes the way from `/` to `path` along recorded files. A path with too many links comes to nothing. */
export function walkTo(files: ReadonlyMap<string, FileEvidence>, path: string): Walk {
  const steps: Step[] = [];
  const left = path.split('/').reverse();
  let at: string[] = [];
  let links = 0;
  while (left.length > 0) {
    const name = left.pop() as string;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at.pop();
      continue;
    }
    const folderPath = `/${at.join('/')}`;
    const entry = files.get(`/${[...at, name].join('/')}`);
    steps.push({ folderPath, folder: files.get(folderPath), entry });
    if (entry?.target === undefined) {
      at.push(name);
      continue;
    }
    links += 1;
    if (links > maxLinks) return { steps, end: undefined };
    left.push(...entry.target.split('/').reverse());
    if (entry.target.startsWith('/')) at = [];
  }
  return { steps, end: files.get(`/${at.join('/')}`) };
}
