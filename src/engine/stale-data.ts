import type { AnyControl } from '../controls/control.ts';
import type { Gap } from '../model/snapshot.ts';
import { ageInDays, type DataSet, dataSets, dataState } from './data-sets.ts';

interface Told {
  /** Passes that rest on data which is too old: the scan is incomplete. */
  readonly gaps: readonly Gap[];
  /** Data that is getting old. */
  readonly notes: readonly Gap[];
}

/**
 * What has to be said of the age of the data on which passes of a scan rest, on the day of its evidence. What failed
 * stays wrong however old the data is, and a scan that asked nothing of a set needs no newer one.
 */
export function staleData(
  coverage: ReadonlyMap<AnyControl, { readonly pass: number }>,
  takenAt: string,
  sets: readonly DataSet[] = dataSets,
): Told {
  const aged = sets.filter((set) => ['aging', 'stale'].includes(dataState(set, takenAt)));
  if (aged.length === 0) return { gaps: [], notes: [] };
  const passes = new Map([...coverage].map(([{ id }, { pass }]) => [id, pass]));
  const gaps: Gap[] = [];
  const notes: Gap[] = [];
  for (const set of aged) {
    const passed = set.controls.reduce((sum, id) => sum + (passes.get(id) ?? 0), 0);
    if (passed === 0) continue;
    (dataState(set, takenAt) === 'stale' ? gaps : notes).push(gapOf(set, takenAt, passed));
  }
  return { gaps, notes };
}

function gapOf(set: DataSet, takenAt: string, passed: number): Gap {
  const { id, about, asOf } = set;
  const months = Math.floor((ageInDays(set, takenAt) ?? 0) / 30);
  const rest = passed === 1 ? 'one pass rests' : `${passed} passes rest`;
  return {
    code: 'unavailable',
    what: `data/${id}`,
    reason: `${about}: as of ${asOf}, ${months} months before the evidence, and ${rest} on it`,
    hint: 'a newer version of Bulwark has newer data; "bulwark data" shows all',
  };
}
