import type { Judgement } from '../engine/judge.ts';
import type { Suppression } from '../engine/suppressed.ts';
import { counted } from './names.ts';

const bearers = {
  configuration: 'by the configuration',
  annotation: 'in annotations',
  comment: 'in comments',
  peer: 'in annotations for other scanners',
} as const;

/** How many findings do not count, and why; undefined where all do. Not made safe for a terminal. */
export function suppressedWords({ suppressed = [], baseline }: Judgement): string | undefined {
  const parts: string[] = [];
  const accepted = suppressed.flatMap(({ by }) => (by.kind === 'exception' ? [by.exception.origin.by] : []));
  if (accepted.length > 0) {
    const byBearer = Object.entries(bearers).flatMap(([by, words]) => {
      const count = accepted.filter((bearer) => bearer === by).length;
      return count === 0 ? [] : [`${count} ${words}`];
    });
    parts.push(`${counted(accepted.length, 'finding')} accepted and not counted (${byBearer.join(', ')})`);
  }
  if (baseline !== undefined) {
    const notes = [
      ...(baseline.worse === 0 ? [] : [`${baseline.worse} of it worse and so counted`]),
      ...(baseline.gone === 0 ? [] : [`${baseline.gone} of it gone`]),
    ];
    const gone = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
    parts.push(`${counted(baseline.known, 'finding')} not counted for the baseline ${baseline.file}${gone}`);
  }
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** Why one finding does not count: `accepted: REASON, OWNER, until 2027-01-31, bulwark.yaml:3:5`. */
export function suppressionWords(by: Suppression): string {
  if (by.kind === 'baseline') return `in the baseline ${by.file}`;
  const { reason, owner, expires, origin } = by.exception;
  const parts = [reason, owner, expires === undefined ? '' : `until ${expires}`, origin.place];
  return `accepted: ${parts.filter((part) => part !== '').join(', ')}`;
}
