import { resolve } from 'node:path';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { reweighed } from '../engine/reweigh.ts';
import { formatNodeDiff, formatNodeReport } from '../fix/node/format-node-report.ts';
import { mendNode } from '../fix/node/mend-node.ts';
import { type WrittenFile, writeNode } from '../fix/node/write-node.ts';
import { BulwarkError } from '../model/errors.ts';
import { exemption } from './configuration.ts';
import { tellMisgivings } from './exception-misgivings.ts';
import type { FixFlags } from './fix.ts';
import { readNodes } from './read-nodes.ts';
import { rulesOf, turnedOff } from './rules.ts';
import type { Terminal } from './terminal.ts';

/** Mends this machine or the node whose root is mounted here. Returns the exit code. */
export async function runFixNode(flags: FixFlags, terminal: Terminal): Promise<number> {
  const roots = [...(flags.node === true ? ['/'] : []), ...(flags.root ?? [])];
  const [root] = roots;
  if (root === undefined || roots.length > 1) {
    throw new BulwarkError('usage', 'fix mends one node at a time', 'give --node or --root once');
  }
  const collected = await readNodes(flags, terminal);
  const snapshot = assembleSnapshot([collected], terminal.now().toISOString());
  const rules = await rulesOf(flags, terminal.cwd);
  const { all, configuration, judging } = rules;
  const off = turnedOff(rules, flags);
  const isOff = new Set(off.map(({ id }) => id));
  const chosen = new Set([...judging.controls, ...off].map(({ id }) => id));
  const mode = flags.dryRun === true ? 'diff' : 'write';
  const mended = mendNode({
    snapshot,
    // All of them judge the outcome, whichever are to be mended.
    judging: { ...judging, controls: reweighed(all, configuration.severities).filter(({ id }) => !isOff.has(id)) },
    accept: await exemption({ configuration, flags, controls: all }),
    turnedOff: off,
    select: ({ control }) => chosen.has(control.id),
    allow: flags.mayBreak === true ? 'may-break' : 'safe',
  });
  const at = resolve(terminal.cwd, root);
  const written: readonly WrittenFile[] =
    mode === 'write' ? await writeNode(at, mended.files) : mended.files.map((file) => ({ file }));
  tellMisgivings(mended.accepted, terminal);
  for (const { what, reason } of collected.gaps) terminal.err(`bulwark: ${what}: ${reason}\n`);
  const report = formatNodeReport({ mode, written, left: mended.left }, Math.min(terminal.width, 120));
  if (mode === 'diff') {
    await terminal.out(formatNodeDiff(mended.files));
    terminal.err(report);
  } else await terminal.out(report);
  const untouched = written.some(({ refused }) => refused !== undefined);
  if (untouched || collected.gaps.length > 0) return exitCodes.incomplete;
  // What --only names is there and stays: whoever asked for it must not take it for done.
  const stays = mended.left.some(({ cause }) => cause !== 'excepted' && cause !== 'turned-off');
  const unmended = flags.only.length > 0 && written.length === 0 && stays;
  return unmended ? exitCodes.findings : exitCodes.clean;
}
