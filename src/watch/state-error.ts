import { BulwarkError } from '../model/errors.ts';

/** What a folder for state does not take, in plain words; an error of another kind stays as it is. */
export function stateError(folder: string, cause: unknown): unknown {
  if (cause instanceof BulwarkError || !(cause instanceof Error) || !('code' in cause)) return cause;
  const { code } = cause;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const what = code === 'ENOSPC' ? 'the disk is full' : 'the quota is used up';
    return new BulwarkError(
      'state-unwritable',
      `cannot keep the state in ${folder}: ${what}`,
      'make room and start again: it goes on where it was. In another folder (--state) it would begin anew',
      { cause },
    );
  }
  return new BulwarkError(
    'state-unwritable',
    `cannot keep the state in ${folder}: ${cause.message}`,
    'make the folder one that can be written, and start again: it goes on where it was',
    { cause },
  );
}
