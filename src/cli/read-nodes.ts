import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { collectNode } from '../collect/node/collect.ts';
import { withDistinctNames } from '../collect/node/distinct-names.ts';
import { nothingFound } from '../collect/node/nothing-found.ts';
import type { Collected } from '../collect/snapshot.ts';
import { BulwarkError } from '../model/errors.ts';
import type { NodeEvidence } from '../model/node.ts';
import type { Gap } from '../model/snapshot.ts';
import type { EvidenceFlags } from './evidence.ts';
import type { Terminal } from './terminal.ts';

/** The nodes that `--node`, `--root` and `--node-bundle` name. Throws `usage` where one cannot be read at all. */
export async function readNodes(
  flags: Pick<EvidenceFlags, 'node' | 'root' | 'nodeBundle'>,
  terminal: Terminal,
): Promise<Collected & { readonly nodes: readonly NodeEvidence[] }> {
  const nodes: NodeEvidence[] = [];
  const gaps: Gap[] = [];
  const asked = [
    ...(flags.node === true ? [{ from: 'host', named: '/' } as const] : []),
    ...[...new Set(flags.root)].map((named) => ({ from: 'root', named }) as const),
    ...[...new Set(flags.nodeBundle)].map((named) => ({ from: 'bundle', named }) as const),
  ];
  for (const { from, named } of asked) {
    try {
      const at = resolve(terminal.cwd, named);
      if (from === 'bundle') await findFile(at);
      const collected = await collectNode({ from, at });
      // Reports name places as the user did.
      const node = { ...collected.node, at: named };
      nodes.push(node);
      const empty = nothingFound(node, collected.gaps);
      gaps.push(...collected.gaps, ...(empty === undefined ? [] : [empty]));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const hint = from === 'bundle' ? 'name a file that "bulwark node script" wrote' : 'name the top folder of a node';
      throw new BulwarkError('usage', `cannot read the node at ${named}: ${reason}`, hint, { cause: error });
    }
  }
  return { objects: [], inputs: [], gaps, nodes: withDistinctNames(nodes) };
}

/** Throws where no file that may be read is at the path. What is no bundle is a gap of its own. */
async function findFile(path: string): Promise<void> {
  const file = await open(path);
  try {
    if ((await file.stat()).isDirectory()) throw new Error('it is a folder');
  } finally {
    await file.close();
  }
}
