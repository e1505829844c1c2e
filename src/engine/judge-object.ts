import type { AnyControl } from '../controls/control.ts';
import type { Facts } from '../facts/facts.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { Workload } from '../model/workload.ts';
import { type Judgement, Run } from './judge.ts';

export interface ObjectToJudge {
  readonly controls: readonly AnyControl[];
  /** Of the object, and of whatever else the controls need. */
  readonly facts: Facts;
  /** The object as the pod that it is or makes; undefined where it is none. */
  readonly workload: Workload | undefined;
}

/**
 * Judges one object as `judge` does, without its account of what was asked and of how old data is: for whoever judges
 * thousands a second.
 */
export function judgeObject(
  object: KubeObject,
  { controls, facts, workload }: ObjectToJudge,
): Pick<Judgement, 'findings' | 'undecided' | 'errors'> {
  const run = new Run(facts, controls);
  run.object({ object, path: [], template: '' });
  if (workload?.object === object) run.workload(workload, object);
  return { findings: run.ledger.findings(), undecided: run.undecided(), errors: run.errors };
}
