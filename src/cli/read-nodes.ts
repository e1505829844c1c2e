import { resolve } from 'node:path';
import { collectNode } from '../collect/node/collect.ts';
import type { Collected } from '../collect/snapshot.ts';
import { BulwarkError } from '../model/errors.ts';
import type { NodeEvidence } from '../model/node.ts';
import type { Gap } from '../model/snapshot.ts';
import type { EvidenceFlags } from './evidence.ts';
import type { Terminal } from './terminal.ts';

/** The nodes that `--node`, `--root` and `--node-bundle` name. Throws `usage` where a folder cannot be read at all. */
export async function readNodes(
  flags: Pick<EvidenceFlags, 'node' | 'root' | 'nodeBundle'>,
  terminal: Terminal,
): Promise<Collected> {
  const nodes: NodeEvidence[] = [];
  const gaps: Gap[] = [];
  const asked = [
    ...(flags.node === true ? [{ from: 'host', named: '/' } as const] : []),
    ...(flags.root ?? []).map((named) => ({ from: 'root', named }) as const),
    ...(flags.nodeBundle ?? []).map((named) => ({ from: 'bundle', named }) as const),
  ];
  for (const { from, named } of asked) {
    try {
      const collected = await collectNode({ from, at: resolve(terminal.cwd, named) });
      // Reports name places as the user did.
      nodes.push({ ...collected.node, at: named });
      gaps.push(...collected.gaps);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new BulwarkError('usage', `cannot read the node at ${named}: ${reason}`, 'name the top folder of a node', {
        cause: error,
      });
    }
  }
  return { objects: [], inputs: [], gaps, nodes };
}
