import { dataSets, dataState } from '../engine/data-sets.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { dataJson, dataTable } from '../report/data.ts';
import type { DataFlags } from './data.ts';
import { parseTime, takeSnapshot } from './evidence.ts';
import type { Terminal } from './terminal.ts';

/** Prints the data sets. Returns the exit code: 3 where one is stale. */
export async function runData(flags: DataFlags, terminal: Terminal): Promise<number> {
  const now = await dayOf(flags, terminal);
  const width = terminal.outIsTty ? terminal.width : Number.POSITIVE_INFINITY;
  await terminal.out(flags.output === 'json' ? dataJson(dataSets, now) : dataTable(dataSets, { now, width }));
  return dataSets.some((set) => dataState(set, now) === 'stale') ? exitCodes.incomplete : exitCodes.clean;
}

async function dayOf({ from, now }: DataFlags, terminal: Terminal): Promise<string> {
  if (from === undefined && now === undefined) return terminal.now().toISOString();
  const asked = { ...(from !== undefined && { from }), ...(now !== undefined && { now }) };
  if (from === undefined) return parseTime(now ?? '');
  const snapshot = await takeSnapshot([], { render: false, namespace: [], timeout: 30, ...asked }, terminal);
  return snapshot.takenAt;
}
