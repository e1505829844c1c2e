import { compareSeverity, type Severity } from '../model/severity.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { Finding } from './finding.ts';
import type { Judgement } from './judge.ts';

/** How well things stand, with what that is made of. */
export interface Score {
  /** 0 to 100, rounded down: 100 is no finding but of severity info. Undefined: no control could decide anything. */
  readonly score: number | undefined;
  /** Of all findings that count; absent where there is none. */
  readonly gravest?: Severity;
  /** Objects that a control passed or failed, and those of them that have a finding that counts. */
  readonly objects: number;
  readonly affected: number;
  /** Controls that passed or failed somewhere. */
  readonly controls: number;
  /** Percent of the verdicts that were due and could be reached, rounded down. Undefined: none was due. */
  readonly coverage: number | undefined;
  /** Verdicts of pass or fail, and those that were due. */
  readonly decided: number;
  readonly due: number;
}

/** What an object loses by its gravest finding, and what it could lose to the gravest control that judged it. */
const weights: Readonly<Record<Severity, number>> = { critical: 10, high: 5, medium: 2, low: 1, info: 0 };

/** The score that nothing exceeds while there is a finding of a severity. */
const ceilings: Readonly<Record<Severity, number>> = { critical: 50, high: 75, medium: 90, low: 99, info: 100 };

/**
 * The share of what objects could lose that they have not lost, times the ceiling that the gravest finding leaves. Of
 * each object the gravest finding alone counts. Findings that exceptions or a baseline cover count as what they are.
 */
export function scoreOf(judgement: Pick<Judgement, 'coverage' | 'judged' | 'findings' | 'suppressed'>): Score {
  const { judged } = judgement;
  const worst = worstByObject(judgement);
  let [whole, lost, affected] = [0, 0, 0];
  let gravest: Severity = 'info';
  for (const [object, severity] of judged) {
    const found = worst.get(object) ?? 'info';
    const loss = weights[found];
    whole += Math.max(weights[severity], loss);
    lost += loss;
    if (loss > 0) affected += 1;
    if (compareSeverity(found, gravest) > 0) gravest = found;
  }
  return {
    score: whole === 0 ? undefined : Math.floor((ceilings[gravest] * (whole - lost)) / whole + 1e-9),
    ...(gravest !== 'info' && { gravest }),
    objects: judged.size,
    affected,
    ...coverageOf(judgement),
  };
}

function worstByObject({
  findings,
  suppressed = [],
}: Pick<Judgement, 'findings' | 'suppressed'>): ReadonlyMap<KubeObject, Severity> {
  const worst = new Map<KubeObject, Severity>();
  const note = (object: KubeObject, severity: Severity) => {
    const known = worst.get(object);
    if (known === undefined || compareSeverity(severity, known) > 0) worst.set(object, severity);
  };
  const add = ({ owner, subject, severity, places }: Finding) => {
    if (weights[severity] === 0) return;
    note(owner, severity);
    // Copies of an object in several files are one finding, and several objects.
    if (subject.object === owner) for (const { object } of places) note(object, severity);
  };
  for (const finding of findings) add(finding);
  for (const { finding } of suppressed) add(finding);
  return worst;
}

function coverageOf({
  coverage,
}: Pick<Judgement, 'coverage'>): Pick<Score, 'controls' | 'coverage' | 'decided' | 'due'> {
  let [controls, decided, due] = [0, 0, 0];
  for (const { pass, fail, unknown, manual, error } of coverage.values()) {
    decided += pass + fail;
    due += pass + fail + unknown + manual + error;
    if (pass + fail > 0) controls += 1;
  }
  return { controls, coverage: due === 0 ? undefined : Math.floor((100 * decided) / due), decided, due };
}
