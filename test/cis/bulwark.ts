import { collectNode } from '../../src/collect/node/collect.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { controls } from '../../src/controls/registry.ts';
import { benchmarkResults, type CheckState } from '../../src/engine/benchmark.ts';
import { editions } from '../../src/engine/benchmark-editions.ts';
import { judge } from '../../src/engine/judge.ts';
import type { NodeEvidence } from '../../src/model/node.ts';

const edition = editions.find(({ id }) => id === 'cis-1.12');
const rows = edition?.rows.filter(({ automated }) => automated) ?? [];
const answering = new Set(rows.flatMap((row) => row.controls));
const judged = controls.filter(({ id }) => answering.has(id));

/** How Bulwark answers each automated row of the benchmark, by its number. */
export type States = ReadonlyMap<string, CheckState>;

export async function statesOfRoot(folder: string): Promise<States> {
  const { node } = await collectNode({ at: folder, from: 'root', name: 'node-1' });
  return statesOfNode({ ...node, at: '/' });
}

export function statesOfNode(node: NodeEvidence): States {
  if (edition === undefined) throw new Error('cis-1.12 is missing');
  const snapshot = assembleSnapshot([{ objects: [], inputs: [], gaps: [], nodes: [node] }], '2026-11-21T00:00:00Z');
  const judgement = judge(snapshot, { controls: judged, profiles: ['security', 'reliability'] });
  if (judgement.errors.length > 0) throw new Error(JSON.stringify(judgement.errors));
  return new Map(benchmarkResults({ ...edition, rows }, judgement).map(({ check, state }) => [check.id, state]));
}
