import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  builtInRules,
  createDetector,
  type DetectionRule,
  type Detector,
  loadRules,
  type RuleFile,
} from '../detect/index.ts';
import { BulwarkError } from '../model/errors.ts';
import type { Terminal } from './terminal.ts';
import type { WatchFlags } from './watch.ts';

const shownProblems = 10;

/** Detections with the built-in rules and those of `--rules`. Throws `usage` for rules that cannot be served. */
export async function openDetector(
  { rules: folders, builtin }: Pick<WatchFlags, 'rules' | 'builtin'>,
  { cwd }: Terminal,
): Promise<Detector> {
  const files = (await Promise.all(folders.map((folder) => rulesIn(resolve(cwd, folder))))).flat();
  const { rules: own, problems } = loadRules(files);
  if (problems.length > 0) {
    const lines = problems.slice(0, shownProblems).map(({ path, line, message }) => `${path}:${line}: ${message}`);
    const more = problems.length > shownProblems ? [`and ${problems.length - shownProblems} more`] : [];
    throw new BulwarkError(
      'usage',
      `--rules: ${[...lines, ...more].join('\n  ')}`,
      'mend the rules, or take them out of the folder',
    );
  }
  const rules = [...(builtin ? builtInRules() : []), ...own];
  if (rules.length === 0)
    throw new BulwarkError('usage', 'there is no rule to watch with', 'leave out --no-builtin, or add --rules');
  refuseRepeated(rules);
  return createDetector({ rules });
}

function refuseRepeated(rules: readonly DetectionRule[]): void {
  const names = new Set<string>();
  for (const { name } of rules) {
    if (names.has(name)) {
      throw new BulwarkError(
        'usage',
        `two rules are named "${name}"`,
        'give your own another name, or add --no-builtin',
      );
    }
    names.add(name);
  }
}

async function rulesIn(folder: string): Promise<readonly RuleFile[]> {
  let names: readonly string[];
  try {
    names = await readdir(folder, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BulwarkError('usage', `--rules: ${reason}`, 'name a folder with Sigma rules', { cause });
  }
  const chosen = names.filter((name) => /\.ya?ml$/.test(name)).toSorted();
  return Promise.all(
    chosen.map(async (name) => {
      const path = join(folder, name);
      return { path, text: await readFile(path, 'utf8') };
    }),
  );
}
