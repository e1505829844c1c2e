import type { AssertionResult } from '../facts/network-assertions.ts';
import type { Enforcement } from '../facts/network-enforcement.ts';
import { listed, type TextOptions } from './network-list.ts';
import { enforcementJson, enforcementLines } from './network-words.ts';
import { wrap } from './text-width.ts';
import { visible } from './visible.ts';

export interface ShownAssertions {
  readonly results: readonly AssertionResult[];
  readonly enforcement: Enforcement;
}

/** A line for each requirement, and for those that do not hold a connection that shows it. */
export function assertionsText({ results, enforcement }: ShownAssertions, { style, width }: TextOptions): string {
  const columns = Math.max(40, Math.min(width, 140));
  const lines: string[] = [];
  for (const { assertion, verdict, example } of results) {
    const paint = verdict === 'holds' ? style.good : verdict === 'broken' ? style.alarming : style.strong;
    const word = verdict === 'unknown' ? 'not known' : verdict;
    lines.push(...wrap(visible(assertion.text), { width: columns, lead: `${word}: ` }).map(paint));
    if (example === undefined) continue;
    lines.push(...wrap(listed(example.from), { width: columns, lead: '  from  ' }));
    lines.push(...wrap(listed(example.to), { width: columns, lead: '  to    ' }));
  }
  const holding = results.filter(({ verdict }) => verdict === 'holds').length;
  lines.push('', `${holding} of ${results.length} requirements ${results.length === 1 ? 'holds' : 'hold'}.`);
  return enforcementLines(enforcement, { style, width }) + lines.map((line) => `${line}\n`).join('');
}

export function assertionsJson({ results, enforcement }: ShownAssertions): string {
  const rows = results.map(({ assertion: { line, text }, verdict, example }) => ({
    line,
    text,
    verdict,
    example: example ?? null,
  }));
  return `${JSON.stringify({ enforcement: enforcementJson(enforcement), requirements: rows }, null, 2)}\n`;
}
