import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { builtInRules, type DetectionRule, loadRules, type RuleFile, type RuleProblem } from '../detect/index.ts';
import { BulwarkError } from '../model/errors.ts';
import { visible } from '../report/visible.ts';
import { nearest } from './nearest.ts';
import type { Terminal } from './terminal.ts';

export interface RuleChoice {
  readonly rules: readonly string[];
  readonly builtin: boolean;
}

export interface ReadRules {
  readonly rules: readonly DetectionRule[];
  readonly problems: readonly RuleProblem[];
}

/** The built-in rules and those of the folders that `--rules` names. Throws `usage` for a folder that cannot be read. */
export async function readRules({ cwd }: Terminal, { rules: folders, builtin }: RuleChoice): Promise<ReadRules> {
  const files = (await Promise.all(folders.map((folder) => rulesIn(folder, resolve(cwd, folder))))).flat();
  const others = builtin && files.length > 0 ? builtInRules() : [];
  const { rules, problems } = loadRules(files, others);
  return { rules: [...(builtin ? builtInRules() : []), ...rules], problems };
}

/** The rules of those names or ids; all of them for none. Throws `usage` for a name that there is not. */
export function rulesNamed(rules: readonly DetectionRule[], names: readonly string[]): readonly DetectionRule[] {
  if (names.length === 0) return rules;
  return names.map((name) => {
    const found = rules.find((rule) => rule.name === name || rule.id === name);
    if (found !== undefined) return found;
    const near = nearest(
      name,
      rules.map((rule) => rule.name),
    );
    const hint = near === undefined ? 'see "bulwark detections list"' : `did you mean ${near}?`;
    throw new BulwarkError('usage', `there is no detection ${visible(name)}`, hint);
  });
}

export function problemLines(problems: readonly RuleProblem[]): readonly string[] {
  return problems.map(({ path, line, message }) => `${visible(path)}:${line}: ${visible(message)}`);
}

async function rulesIn(shown: string, folder: string): Promise<readonly RuleFile[]> {
  try {
    const names = (await readdir(folder, { recursive: true })).filter((name) => /\.ya?ml$/.test(name)).toSorted();
    return await Promise.all(
      names.map(async (name) => ({ path: join(shown, name), text: await readFile(join(folder, name), 'utf8') })),
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BulwarkError('usage', `--rules: ${reason}`, 'name a folder with Sigma rules', { cause });
  }
}
