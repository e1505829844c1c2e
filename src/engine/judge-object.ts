import type { AnyControl } from '../controls/control.ts';
import { factsOf } from '../facts/facts.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Workload } from '../model/workload.ts';
import { type Judgement, Run } from './judge.ts';

export interface ObjectToJudge {
  readonly controls: readonly AnyControl[];
  /** The object as the pod that it is or makes; undefined where it is none. */
  readonly workload: Workload | undefined;
}

/**
 * Judges the objects of a small snapshot as `judge` does, without its account of what was asked and of how old data is:
 * for whoever judges thousands a second.
 */
export function judgeObject(
  snapshot: Snapshot,
  { controls, workload }: ObjectToJudge,
): Pick<Judgement, 'findings' | 'undecided' | 'errors'> {
  const run = new Run(factsOf(snapshot), controls);
  for (const object of snapshot.objects) {
    run.object({ object, path: [], template: '' });
    if (workload?.object === object) run.workload(workload, object);
  }
  return { findings: run.ledger.findings(), undecided: run.undecided(), errors: run.errors };
}
