import base from '../../data/benchmarks/cis-1.12.json' with { type: 'json' };
import data from '../../data/benchmarks/cis-editions.json' with { type: 'json' };
import type { Distribution } from '../model/component.ts';
import type { BenchmarkCheck, BenchmarkEdition } from './benchmark-editions.ts';

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

/** The rows of 1.12, which the others are told by: where controls answer a part of one, with the rest as reason. */
const baseRows: readonly BenchmarkCheck[] = base.rows;

/** Of CIS, its own numbers; their rows are made when they are asked for. */
export const cisEditions: readonly BenchmarkEdition[] = [
  edition({ id: base.id, title: base.title, kubernetes: base.kubernetes }, () => baseRows),
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
    benchmark: 'cis',
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
  const byId = new Map(baseRows.map((row) => [row.id, row]));
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
    const { title, controls, reason } = row;
    rows.push({ id, title, automated, controls, ...(reason !== undefined && { reason }), ...noteOf(differs[id]) });
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
