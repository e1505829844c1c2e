import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { BulwarkError } from '../model/errors.ts';
import { isObject, type Json, own } from '../model/json.ts';
import { formatPath, type Path } from '../model/path.ts';
import { visible } from '../report/visible.ts';
import { type AuditPolicy, readAuditPolicy } from '../semantics/audit-policy/index.ts';
import { parseYaml, YamlError } from '../yaml/parse.ts';
import type { Terminal } from './terminal.ts';

/** A policy as it stands in its file. */
export interface PolicyFile {
  /** As the user named it; `-` for standard input. */
  readonly name: string;
  readonly text: string;
  readonly value: Json;
  /** Keys that are there twice: the value has the last. */
  readonly repeated: readonly Path[];
  /** The line of a field, from 1. */
  lineOf(path: Path): number;
}

/** The most that a policy may be, in bytes: those that people write have some thousand. */
const maxBytes = 4 * 1024 * 1024;

/** Reads one YAML or JSON document. Throws `usage` where it cannot be read, with the line where that is known. */
export async function readPolicyFile(name: string, terminal: Terminal): Promise<PolicyFile> {
  const text = name === '-' ? (await terminal.stdin()).toString('utf8') : readText(name, terminal.cwd);
  if (text.length > maxBytes) {
    throw new BulwarkError('usage', `${visible(name)} is larger than 4 MiB`, 'name an audit policy (kind: Policy)');
  }
  try {
    const { value, positions, duplicateKeys } = parseYaml(text, 1);
    if (!isObject(value) || own(value, 'kind') === 'Event' || own(value, 'kind') === 'EventList') {
      const found = isObject(value) ? 'an audit log' : 'no audit policy';
      throw new BulwarkError('usage', `${visible(name)} holds ${found}`, 'name a file with "kind: Policy"');
    }
    const repeated = duplicateKeys.map(({ path }) => path);
    return { name, text, value, repeated, lineOf: (path) => positions.locate(path)?.line ?? 1 };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const place = `${visible(name)}:${error.line}:${error.column}`;
    throw new BulwarkError('usage', `${place}: ${visible(error.message)}`, 'correct the YAML', { cause: error });
  }
}

/** As `readPolicyFile`, and refuses what the API server would refuse: there is nothing to say of such a policy. */
export async function readWorkingPolicy(
  name: string,
  terminal: Terminal,
  options: { readonly minor?: number | undefined },
): Promise<{ readonly file: PolicyFile; readonly policy: AuditPolicy }> {
  const file = await readPolicyFile(name, terminal);
  const { policy, problems } = readAuditPolicy(file.value, options);
  const refused = problems.filter(({ ignored }) => ignored === undefined);
  const [first] = refused;
  if (first !== undefined) {
    const more = refused.length === 1 ? '' : ` (and ${refused.length - 1} more)`;
    const message = `${visible(name)}:${file.lineOf(first.path)}: the API server refuses this policy: ${visible(first.message)}${more}`;
    throw new BulwarkError('usage', message, `see "bulwark audit policy lint ${visible(name)}"`);
  }
  for (const { path, message } of problems) {
    terminal.err(`bulwark: ${visible(name)}:${file.lineOf(path)}: ${visible(message)}\n`);
  }
  for (const path of file.repeated) {
    terminal.err(
      `bulwark: ${visible(name)}:${file.lineOf(path)}: ${visible(formatPath(path))} is there twice: the last one counts\n`,
    );
  }
  return { file, policy };
}

export function readText(name: string, cwd: string): string {
  const path = resolve(cwd, name);
  try {
    if (statSync(path).size > maxBytes) {
      throw new BulwarkError('usage', `${visible(name)} is larger than 4 MiB`, 'name the file of a policy or manifest');
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof BulwarkError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new BulwarkError('usage', `cannot read ${visible(name)}: ${visible(reason)}`, 'name a file that exists', {
      cause: error,
    });
  }
}
