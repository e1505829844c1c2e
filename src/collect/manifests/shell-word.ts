/** `text` as one word of a POSIX shell, quoted only where it has to be: for commands that a hint tells to run. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
