import type { Gap, GapCode } from '../../model/snapshot.ts';
import { reasonOf } from '../manifests/find-files.ts';

/** Why a file could not be read. `absent`: there is none, which is no gap unless something names it. */
export interface FileProblem {
  readonly kind: 'absent' | 'outside' | 'unreadable' | 'special' | 'too-large' | 'malformed';
  readonly reason: string;
}

const codes: Readonly<Record<FileProblem['kind'], GapCode>> = {
  absent: 'unreadable',
  outside: 'unreadable',
  unreadable: 'unreadable',
  special: 'unreadable',
  'too-large': 'too-large',
  malformed: 'malformed',
};

const hints: Partial<Record<FileProblem['kind'], string>> = {
  outside: 'a link is followed only inside the root: unpack or mount all of the node, and name its top folder',
};

export function gapOf(path: string, { kind, reason }: FileProblem): Gap {
  const hint = kind === 'unreadable' && reason === 'permission denied' ? 'run it as root' : hints[kind];
  return { code: codes[kind], what: path, reason, ...(hint !== undefined && { hint }) };
}

const gone: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ESRCH']);

/** What a system call's error comes to. */
export function problemOf(error: unknown): FileProblem {
  const failure = error as NodeJS.ErrnoException;
  return { kind: gone.has(failure.code) ? 'absent' : 'unreadable', reason: reasonOf(failure) };
}
