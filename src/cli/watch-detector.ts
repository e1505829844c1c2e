import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  createDetector,
  type DetectionRule,
  type Detector,
  type DetectorOptions,
  type DetectorSettings,
  readSettings,
} from '../detect/index.ts';
import { BulwarkError } from '../model/errors.ts';
import { problemLines, readRules } from './detections-rules.ts';
import type { Terminal } from './terminal.ts';
import type { WatchFlags } from './watch.ts';

const shownProblems = 10;

type DetectionFlags = Pick<WatchFlags, 'rules' | 'builtin' | 'settings'>;

/** Detections with the built-in rules, those of `--rules` and the `--settings`. Throws `usage` for what cannot be served. */
export async function openDetector(flags: DetectionFlags, terminal: Terminal): Promise<Detector> {
  return createDetector(await detectorOptions(flags, terminal));
}

/** What detections are made of, for who makes several. Throws `usage`. */
export async function detectorOptions(
  { rules: folders, builtin, settings: file }: DetectionFlags,
  terminal: Terminal,
): Promise<DetectorOptions> {
  const { rules, problems } = await readRules(terminal, { rules: folders, builtin });
  if (problems.length > 0) {
    const lines = problemLines(problems.slice(0, shownProblems));
    const more = problems.length > shownProblems ? [`and ${problems.length - shownProblems} more`] : [];
    throw new BulwarkError(
      'usage',
      `--rules: ${[...lines, ...more].join('\n  ')}`,
      'mend the rules, or take them out of the folder',
    );
  }
  if (rules.length === 0)
    throw new BulwarkError('usage', 'there is no rule to watch with', 'leave out --no-builtin, or add --rules');
  refuseRepeated(rules);
  return { rules, ...(file !== undefined && (await settingsOf(file, terminal))) };
}

/** What this cluster trusts, and lists of addresses: docs/detections.md shows the file. */
async function settingsOf(path: string, { cwd }: Terminal): Promise<DetectorSettings> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, path), 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BulwarkError('usage', `--settings: ${reason}`, 'docs/detections.md shows such a file', { cause });
  }
  const settings = readSettings({ path, text });
  if (!('message' in settings)) return settings;
  throw new BulwarkError(
    'usage',
    `--settings: ${problemLines([settings]).join()}`,
    'docs/detections.md shows such a file',
  );
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
