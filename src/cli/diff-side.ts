import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readJsonFile } from '../collect/baseline-file.ts';
import { isRevision, withRevision } from '../collect/git-revision.ts';
import { collectManifests } from '../collect/manifests/collect.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { readSnapshot } from '../collect/snapshot-file.ts';
import { type ComparedRun, readReport } from '../engine/comparison.ts';
import { judge } from '../engine/judge.ts';
import { BulwarkError } from '../model/errors.ts';
import { isObject, own } from '../model/json.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { comparedRun } from '../report/compared-run.ts';
import { exempted } from './configuration.ts';
import type { ConfigurationFlags } from './configuration-options.ts';
import type { Rules } from './rules.ts';
import type { Terminal } from './terminal.ts';

export interface SideOptions {
  readonly paths: readonly string[];
  readonly rules: Rules;
  readonly flags: ConfigurationFlags & { readonly render: boolean };
  readonly terminal: Terminal;
}

/** One side of a comparison: read as the report that it is, or judged. */
export async function runOf(name: string, options: SideOptions): Promise<ComparedRun> {
  const { terminal, paths } = options;
  const { cwd } = terminal;
  const full = resolve(cwd, name);
  if (!name.startsWith('git:') && existsSync(full)) {
    if (statSync(full).isDirectory()) {
      const within = paths.map((path) => join(name, path)).filter((path) => existsSync(resolve(cwd, path)));
      const chosen = paths.length === 0 ? [name] : within;
      return judged(await manifests(chosen, { ...options, cwd }), { name, ...options });
    }
    return fileRun(name, options);
  }
  const revision = name.replace(/^git:/, '');
  if (!(await isRevision(revision, cwd))) {
    throw new BulwarkError(
      'usage',
      `${name} is neither a file or folder nor a git revision`,
      'write a path as it is from here, and a revision as git does: main, HEAD~1, v1.2',
    );
  }
  return withRevision({ revision, cwd, paths }, async (folder) => {
    const there = paths.filter((path) => existsSync(join(folder, path)));
    const chosen = paths.length === 0 ? ['.'] : there;
    return judged(await manifests(chosen, { ...options, cwd: folder }), { name, ...options });
  });
}

/** A JSON report, a snapshot, or a manifest. */
async function fileRun(name: string, options: SideOptions): Promise<ComparedRun> {
  const { terminal } = options;
  const { cwd } = terminal;
  if (name.endsWith('.gz')) return judged(await readSnapshot(resolve(cwd, name)), { name, ...options });
  if (!name.endsWith('.json')) return judged(await manifests([name], { ...options, cwd }), { name, ...options });
  const value = await readJsonFile(name, cwd);
  const schema = isObject(value) ? own(value, 'schema') : undefined;
  if (schema === 'bulwark.snapshot/v1') return judged(await readSnapshot(resolve(cwd, name)), { name, ...options });
  if (typeof schema !== 'string') return judged(await manifests([name], { ...options, cwd }), { name, ...options });
  const run = readReport(value, name);
  if (!('problem' in run)) return run;
  const hint = 'give a report of `bulwark scan -o json=FILE`; a baseline has not enough to compare';
  throw new BulwarkError('baseline-invalid', `${name}: ${run.problem}`, hint);
}

async function manifests(
  paths: readonly string[],
  { flags, terminal, cwd }: SideOptions & { readonly cwd: string },
): Promise<Snapshot> {
  const takenAt = terminal.now().toISOString();
  if (paths.length === 0) return assembleSnapshot([], takenAt);
  const collected = await collectManifests({
    paths,
    cwd,
    stdin: terminal.stdin,
    render: { mode: flags.render ? 'auto' : 'never' },
  });
  return assembleSnapshot([collected], takenAt);
}

async function judged(
  snapshot: Snapshot,
  { name, rules, flags }: SideOptions & { readonly name: string },
): Promise<ComparedRun> {
  const judgement = judge(snapshot, rules.judging);
  const { configuration, all } = rules;
  return comparedRun(await exempted(judgement, { configuration, flags, controls: all }), name);
}
