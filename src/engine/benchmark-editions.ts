import base from '../../data/benchmarks/cis-1.12.json' with { type: 'json' };
import data from '../../data/benchmarks/cis-editions.json' with { type: 'json' };
import type { Distribution } from '../model/component.ts';

/** A row of a benchmark: its number in this edition, and the controls that answer it. */
export interface BenchmarkCheck {
  readonly id: string;
  /** In our words. */
  readonly title: string;
  /** The benchmark says that a program can decide it. */
  readonly automated: boolean;
  readonly controls: readonly string[];
  /** What this edition asks otherwise than the controls do. */
  readonly differs?: string;
  /** Why this edition leaves the row out for its distribution. */
  readonly leftOut?: string;
  /** Why no control answers it. */
  readonly reason?: string;
  /** The permission bits that this edition allows, where the controls allow fewer. */
  readonly allowedMode?: number;
}

export interface BenchmarkEdition {
  readonly id: string;
  readonly title: string;
  /** Minor versions of Kubernetes 1.x that it is meant for, first and last. */
  readonly kubernetes: readonly [number, number];
  /** Absent: any distribution that runs its own control plane. */
  readonly distribution?: Distribution;
  readonly rows: readonly BenchmarkCheck[];
}

interface EditionData {
  readonly id: string;
  readonly title: string;
  readonly kubernetes: readonly number[];
  readonly distribution?: string;
  /** Number in this edition to number in cis-1.12. */
  readonly same: Readonly<Record<string, string>>;
  readonly differs: Readonly<Record<string, string>>;
  readonly own: readonly { readonly id: string; readonly title: string; readonly automated: boolean }[];
  readonly otherwiseAutomated: readonly string[];
}

/** What answers a row of an edition's own, or why nothing does. */
interface Answer {
  readonly controls?: readonly string[];
  readonly differs?: string;
  readonly reason?: string;
}

/** By title: the same requirement has another number in each edition. */
const answers: ReadonlyMap<string, Answer> = new Map(Object.entries(data.answers as Record<string, Answer>));

/** All of them by name; their rows are made when they are asked for. */
export const editions: readonly BenchmarkEdition[] = [
  edition({ id: base.id, title: base.title, kubernetes: base.kubernetes }, () => base.rows),
  ...(data.editions as unknown as readonly EditionData[]).map((each) => edition(each, () => rowsOf(each))),
];

function edition(
  { id, title, kubernetes, distribution }: Pick<EditionData, 'id' | 'title' | 'kubernetes' | 'distribution'>,
  makeRows: () => readonly BenchmarkCheck[],
): BenchmarkEdition {
  let rows: readonly BenchmarkCheck[] | undefined;
  return {
    id,
    title,
    kubernetes: [kubernetes[0] ?? 0, kubernetes[1] ?? 0],
    // The data names them as the model does; a test holds it to that.
    ...(distribution !== undefined && { distribution: distribution as Distribution }),
    get rows() {
      rows ??= makeRows();
      return rows;
    },
  };
}

function rowsOf({ same, differs, own, otherwiseAutomated }: EditionData): readonly BenchmarkCheck[] {
  const byId = new Map(base.rows.map((row) => [row.id, row]));
  const otherwise = new Set(otherwiseAutomated);
  const rows: BenchmarkCheck[] = own.map((row) => ({
    controls: [],
    ...row,
    ...answers.get(row.title),
    ...noteOf(differs[row.id]),
  }));
  for (const [id, of] of Object.entries(same)) {
    const row = byId.get(of);
    if (row === undefined) continue;
    const automated = otherwise.has(id) ? !row.automated : row.automated;
    rows.push({ id, title: row.title, automated, controls: row.controls, ...noteOf(differs[id]) });
  }
  return rows.sort(byNumber);
}

function noteOf(differs: string | undefined): Pick<BenchmarkCheck, 'differs' | 'leftOut' | 'allowedMode'> {
  if (differs === undefined) return {};
  if (/^(?:Does not apply|Cannot be changed)/.test(differs)) return { leftOut: differs };
  return differs.startsWith('Asks for mode 644 or stricter instead of 600')
    ? { differs, allowedMode: 0o644 }
    : { differs };
}

/** `1.2.9` before `1.2.10`. */
function byNumber({ id: a }: BenchmarkCheck, { id: b }: BenchmarkCheck): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (const [index, step] of left.entries()) {
    const difference = step - (right[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
