import components from '../../data/components-eol.json' with { type: 'json' };
import type { ImageReference } from '../model/image-reference.ts';
import { type Severity, severities } from '../model/severity.ts';
import { compareVersions, parseVersion, type Version } from '../model/version.ts';
import { defineFact } from './facts.ts';

/** What is known of an image that is a platform component: a problem, or the reason why none can be ruled out. */
export interface ComponentState {
  readonly problem?: { readonly severity: Severity; readonly says: string };
  readonly reason?: string;
}

/**
 * The platform component that an image is, by the exact name of its repository, and how it stands on the day of the
 * snapshot. Undefined for all other images. Sources and date: `data/components-eol.json`.
 */
export const findComponent = defineFact(
  'platform-component',
  (facts): ((image: ImageReference) => ComponentState | undefined) => {
    const known = new Map<ImageReference, ComponentState>();
    // Without a date there is still the day on which the table was right.
    const today = facts.snapshot.takenAt === '' ? components.retrieved : facts.snapshot.takenAt;
    return (image) => {
      const row = rows.get(image.repository);
      if (row === undefined) return undefined;
      let state = known.get(image);
      if (state === undefined) known.set(image, (state = stateOf(row, image, today)));
      return state;
    };
  },
);

type Row = (typeof components.rows)[number];

const rows: ReadonlyMap<string, Row> = new Map(
  components.rows.flatMap((row) => row.repositories.map((repository): [string, Row] => [repository, row])),
);

function stateOf(row: Row, { tag }: ImageReference, today: string): ComponentState {
  const version = tag === undefined ? undefined : parseVersion(tag);
  const hole = version === undefined ? undefined : vulnerabilityOf(row, version);
  const ended = row.retired !== null && row.retired <= today;
  if (hole !== undefined) {
    const also = ended ? `, and ${row.component} is no longer maintained` : '';
    return { problem: { severity: severityOf(hole.severity), says: `${hole.id}, ${hole.title}${also}` } };
  }
  if (ended) {
    const says = `${row.component} is no longer maintained since ${row.retired}; use ${row.instead}`;
    return { problem: { severity: severityOf(row.severity), says } };
  }
  if (row.retired !== null) return {};
  if (version === undefined) return { reason: `the tag does not tell which version of ${row.component} it is` };
  const line = releaseLineOf(row, version);
  if (line === undefined || line.ended > today) return {};
  const says = `${row.component} ${line.cycle} gets no fixes since ${line.ended}`;
  return { problem: { severity: 'medium', says } };
}

/** A version with less than three numbers is its newest patch, so no hole that a patch has closed is held against it. */
function vulnerabilityOf({ vulnerable }: Row, version: Version): Row['vulnerable'][number] | undefined {
  if (version.numbers.length < 3) return undefined;
  return vulnerable.find(({ ranges }) =>
    ranges.some(({ introduced, fixed }) => {
      const [from, to] = [parseVersion(introduced), parseVersion(fixed)];
      if (from === undefined || to === undefined) return false;
      return compareVersions(version, from) >= 0 && compareVersions(version, to) < 0;
    }),
  );
}

/** The ended line that the version belongs to; whatever is older than all lines of the table has ended with the oldest. */
function releaseLineOf({ cycles }: Row, version: Version): Row['cycles'][number] | undefined {
  let oldest: { line: Row['cycles'][number]; first: Version } | undefined;
  for (const line of cycles) {
    const first = parseVersion(line.cycle);
    if (first === undefined) continue;
    if (first.numbers.every((number, index) => version.numbers[index] === number)) return line;
    if (oldest === undefined || compareVersions(first, oldest.first) < 0) oldest = { line, first };
  }
  return oldest !== undefined && version.numbers.length > 1 && compareVersions(version, oldest.first) < 0
    ? oldest.line
    : undefined;
}

function severityOf(name: string): Severity {
  return severities.find((severity) => severity === name) ?? 'high';
}
