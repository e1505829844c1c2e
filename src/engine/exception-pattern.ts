/** Whether a name in an exception stands for more than itself. */
export function hasWildcard(pattern: string): boolean {
  return pattern.includes('*');
}

/** Whether a name is meant by a pattern in which `*` stands for any run of characters. Takes linear time. */
export function matchesName(pattern: string, name: string): boolean {
  if (!hasWildcard(pattern)) return pattern === name;
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let from = first.length;
  const end = name.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const at = name.indexOf(part, from);
    if (at === -1 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}

/** Whether a field is the one that a pattern means, or lies below it. Both are written as reports print them. */
export function matchesPath(pattern: string, path: string): boolean {
  return matchesName(pattern, path) || matchesName(`${pattern}.*`, path) || matchesName(`${pattern}[*`, path);
}
