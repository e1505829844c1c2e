import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ignore from 'ignore';

const maxDepth = 64;

/**
 * Whether a file is in a git work tree that does not ignore it: the next `git add` takes it. Looks at the .gitignore
 * files from the top of the work tree down and at .git/info/exclude, not at the user's own list of excludes.
 */
export function isUnignored(file: string): boolean {
  const top = workTree(dirname(file));
  if (top === undefined) return false;
  const steps = relative(top, file).split(sep);
  let ignored = isIgnored(join(top, '.git', 'info', 'exclude'), steps.join('/')) ?? false;
  for (let depth = 0; depth < steps.length; depth += 1) {
    const folder = join(top, ...steps.slice(0, depth));
    ignored = isIgnored(join(folder, '.gitignore'), steps.slice(depth).join('/')) ?? ignored;
  }
  return !ignored;
}

function workTree(folder: string): string | undefined {
  let at = folder;
  for (let depth = 0; depth < maxDepth; depth += 1) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
    at = dirname(at);
  }
  return undefined;
}

/** Undefined where the list says nothing of the path. */
function isIgnored(list: string, path: string): boolean | undefined {
  let text: string;
  try {
    text = readFileSync(list, 'utf8');
  } catch {
    return undefined;
  }
  const { ignored, unignored } = ignore().add(text).test(path);
  return ignored ? true : unignored ? false : undefined;
}
