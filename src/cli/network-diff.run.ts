import { resolve } from 'node:path';
import { exitCodes } from '../engine/exit-code.ts';
import { type Facts, factsOf } from '../facts/facts.ts';
import { networkDiff } from '../facts/network-diff.ts';
import { networkEnforcement } from '../facts/network-enforcement.ts';
import { BulwarkError } from '../model/errors.ts';
import { networkDiffJson, networkDiffMarkdown, networkDiffText } from '../report/network-diff.ts';
import { enforcementLines } from '../report/network-words.ts';
import { styleOf } from '../report/style.ts';
import { visibleShort } from '../report/visible.ts';
import type { NetworkFlags, NetworkSession } from './network.ts';
import { tellProblems } from './network-facts.ts';

/** Prints which connections differ between two sets of manifests or snapshots. Returns the exit code: 1 for a difference. */
export async function runNetworkDiff(
  [before, after]: readonly [string, string],
  flags: NetworkFlags,
  { terminal, color }: NetworkSession,
): Promise<number> {
  const read = async (path: string): Promise<Facts> => {
    const facts = await readSide(path, terminal);
    for (const { what, reason } of facts.snapshot.gaps)
      terminal.err(`bulwark: ${visibleShort(`${what}: ${reason}`, 300)}\n`);
    tellProblems(facts, (text) => terminal.err(text));
    return facts;
  };
  const old = await read(before);
  const next = await read(after);
  const diff = networkDiff(old, next);
  const enforcement = next.get(networkEnforcement);
  if (flags.output === 'json') await terminal.out(networkDiffJson(diff, enforcement));
  else if (flags.output === 'markdown') await terminal.out(networkDiffMarkdown(diff, enforcement));
  else {
    const options = { style: styleOf(color), width: terminal.width };
    await terminal.out(enforcementLines(enforcement, options));
    await terminal.out(networkDiffText(diff, options));
  }
  return diff.changes.length === 0 ? exitCodes.clean : exitCodes.findings;
}

/** A file that is a snapshot is read as one, and everything else as manifests. */
async function readSide(path: string, terminal: NetworkSession['terminal']): Promise<Facts> {
  if (/\.json(?:\.gz)?$/.test(path)) {
    const { readSnapshot } = await import('../collect/snapshot-file.ts');
    try {
      return factsOf(await readSnapshot(resolve(terminal.cwd, path)));
    } catch (error) {
      if (!(error instanceof BulwarkError) || error.code !== 'snapshot-invalid' || path.endsWith('.gz')) throw error;
    }
  }
  const [{ collectManifests }, { assembleSnapshot }] = await Promise.all([
    import('../collect/manifests/collect.ts'),
    import('../collect/snapshot.ts'),
  ]);
  const { cwd, stdin } = terminal;
  const collected = await collectManifests({ paths: [path], cwd, stdin, render: { mode: 'auto' } });
  return factsOf(assembleSnapshot([collected], terminal.now().toISOString()));
}
