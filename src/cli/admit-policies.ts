import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadAdmission, type PolicyText } from '../admission/load.ts';
import type { AdmissionPolicies } from '../admission/policies.ts';
import { controls } from '../controls/registry.ts';
import { BulwarkError } from '../model/errors.ts';
import { visible } from '../report/visible.ts';
import type { Terminal } from './terminal.ts';

const mostBytes = 4 * 1024 * 1024;

/**
 * The policies of files, and of folders whose `.yaml` and `.yml` files are read; undefined where none are named.
 * Throws `usage` with everything that is wrong with them.
 */
export async function readPolicies(
  paths: readonly string[],
  {
    serverMinor,
    detail,
    terminal,
  }: { readonly serverMinor: number | undefined; readonly detail: 'short' | 'full'; readonly terminal: Terminal },
): Promise<AdmissionPolicies | undefined> {
  if (paths.length === 0) return undefined;
  const texts: PolicyText[] = [];
  for (const path of paths)
    for (const file of await filesOf(path, terminal)) texts.push(await readText(file, terminal));
  const { policies, problems, notes, left } = await loadAdmission(texts, {
    controls,
    now: terminal.now(),
    ...(serverMinor !== undefined && { serverMinor }),
  });
  for (const note of notes) terminal.err(`bulwark: ${visible(note)}\n`);
  if (policies !== undefined && detail === 'full') terminal.err(controlsText(policies, left));
  if (policies !== undefined) return policies;
  const [first, ...more] = problems.map(({ place, message }) => visible(`${place}: ${message}`));
  const rest = more.map((text) => `\n  ${text}`).join('');
  throw new BulwarkError(
    'usage',
    `the policies cannot be used: ${first}${rest}`,
    'mend them; docs/admission.md tells what they can say',
  );
}

/** Each control that judges requests, what it does, and each that a pattern means and that does not, with the reason. */
function controlsText({ controls: chosen }: AdmissionPolicies, left: ReadonlyMap<string, string>): string {
  const judging = chosen.map(({ control, mode, needs }) => {
    const reads = needs.size === 0 ? '' : `, with the cluster's ${[...needs].toSorted().join(', ')}`;
    return `  ${control.id}: ${mode}${reads}`;
  });
  const others = [...left].map(([id, reason]) => `  ${id}: ${reason}`);
  const lines = [
    `${judging.length} controls judge requests:`,
    ...judging.toSorted(),
    ...(others.length === 0 ? [] : [`${others.length} controls are left out:`, ...others.toSorted()]),
  ];
  return lines.map((line) => `${visible(line)}\n`).join('');
}

async function filesOf(path: string, terminal: Terminal): Promise<readonly string[]> {
  const found = await stat(resolve(terminal.cwd, path)).catch(() => undefined);
  if (found === undefined) throw new BulwarkError('usage', `there is no ${visible(path)}`, 'check the path');
  if (!found.isDirectory()) return [path];
  const names = await readdir(resolve(terminal.cwd, path));
  const files = names.filter((name) => /^[^.].*\.ya?ml$/.test(name)).toSorted();
  if (files.length === 0) throw new BulwarkError('usage', `${visible(path)} holds no .yaml file`, 'check the path');
  return files.map((name) => join(path, name));
}

async function readText(file: string, terminal: Terminal): Promise<PolicyText> {
  const path = resolve(terminal.cwd, file);
  const { size } = await stat(path);
  if (size > mostBytes)
    throw new BulwarkError('usage', `${visible(file)} is larger than 4 MiB`, 'is it a policy file?');
  return { file, text: await readFile(path, 'utf8') };
}
