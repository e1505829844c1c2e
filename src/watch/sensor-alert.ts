import { createHash } from 'node:crypto';
import type { Alert } from '../model/alert.ts';
import type { Severity } from '../model/severity.ts';

interface SensorProblem {
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly source: string;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly message: string;
  readonly next: readonly string[];
}

/** An alert about the log itself: nobody is named as its actor. Impair Defenses: Disable or Modify Cloud Logs. */
export function sensorAlert(problem: SensorProblem): Alert {
  const { rule, title, severity, source, from, to, count, message, next } = problem;
  const first = new Date(from).toISOString();
  const id = createHash('sha256').update(`${rule}\n${source}\n${first}`).digest('hex').slice(0, 16);
  return {
    id,
    revision: 0,
    rule,
    title,
    severity,
    attack: ['T1562.008'],
    actor: { user: '', impersonated: '', groups: [], source: '', userAgent: '' },
    targets: [source],
    message,
    next,
    first,
    last: new Date(to).toISOString(),
    count,
    events: [],
    causes: [],
  };
}
