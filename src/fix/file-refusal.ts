/** Why a file is left alone, as a clause. */
export class FileRefusal extends Error {}

/** An error of the file system in words; anything else is passed on. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof FileRefusal || !(error instanceof Error) || !('code' in error)) return error;
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'it is no longer there',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'its file system is read-only',
    ENOSPC: 'there is no space left',
    ELOOP: 'its symbolic links go in a circle',
  };
  return new FileRefusal(known[String(error.code)] ?? error.message, { cause: error });
}
