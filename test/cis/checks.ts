import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** One place that a check of the benchmark looks at, as the data of the checks describes it. */
export type Evidence =
  | { readonly kind: 'flag'; readonly process: string; readonly flag: string; readonly valueType: string }
  | { readonly kind: 'env'; readonly process: string; readonly name: string }
  | { readonly kind: 'config'; readonly file: string; readonly path: string; readonly valueType: string }
  | { readonly kind: 'file-mode' | 'file-owner'; readonly paths: readonly string[]; readonly pathSet: string }
  | { readonly kind: 'api' };

export interface Condition {
  readonly op: string;
  readonly value?: string | number | boolean | readonly string[];
  /** Of a map: the entry that counts. */
  readonly key?: string;
  readonly detail?: string;
}

type Passes = boolean | { readonly flagsOnly: boolean; readonly withConfigFile: boolean } | null;

export interface Check {
  readonly id: string;
  readonly component: string;
  readonly title: string;
  readonly evidence: readonly Evidence[];
  readonly precedence: string | null;
  readonly condition: Condition;
  readonly automated: boolean;
  readonly defaultIfUnset: {
    readonly passes: Passes;
    readonly byVersion?: Readonly<Record<string, { readonly passes: boolean }>>;
  } | null;
}

const file = resolve(import.meta.dirname, '../../../shared/facts/cis-checks.json');

export const checksAvailable: boolean = existsSync(file);

/** The checks that the benchmark calls automated; none where their data is not here. */
export const automatedChecks: readonly Check[] = checksAvailable
  ? (Object.values(JSON.parse(readFileSync(file, 'utf8'))) as Check[]).filter(({ automated }) => automated)
  : [];

/** Says aloud that a suite is skipped, and why. */
export function warnIfNoChecks(suite: string): void {
  if (!checksAvailable) console.warn(`${suite} is skipped: there is no ../shared/facts/cis-checks.json`);
}

export function isAboutFiles({ condition }: Check): boolean {
  return condition.op === 'mode-at-most' || condition.op === 'owner-eq';
}
