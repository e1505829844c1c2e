import type { Finding } from '../engine/finding.ts';
import type { Judgement } from '../engine/judge.ts';
import { type Severity, severities } from '../model/severity.ts';

/** Gravest first, zeros included. */
export function countSeverities(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}

export const gravestFirst: readonly Severity[] = severities.toReversed();

/** Whether everything that was asked for was read and judged. */
export function isComplete({ errors, gaps, inputs }: Judgement): boolean {
  return errors.length === 0 && gaps.length === 0 && inputs.unparsable === 0;
}

/** What a control threw, in a line. */
export function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
