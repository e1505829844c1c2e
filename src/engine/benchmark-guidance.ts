import attack from '../../data/benchmarks/attack.json' with { type: 'json' };
import nsa from '../../data/benchmarks/nsa.json' with { type: 'json' };
import owasp2022 from '../../data/benchmarks/owasp-2022.json' with { type: 'json' };
import owasp2025 from '../../data/benchmarks/owasp-2025.json' with { type: 'json' };
import podSecurity from '../../data/benchmarks/pod-security-standards.json' with { type: 'json' };
import type { BenchmarkEdition } from './benchmark-editions.ts';

/** A benchmark whose rows are for every version of Kubernetes and every distribution. */
export interface Guidance {
  readonly id: string;
  readonly title: string;
  readonly editions: readonly { readonly id: string; readonly title: string }[];
  readonly rows: readonly GuidanceRow[];
}

export interface GuidanceRow {
  readonly id: string;
  readonly title: string;
  readonly section?: string;
  readonly controls: readonly string[];
  readonly reason?: string;
  /** The editions that ask it, by name; absent: all of them. */
  readonly editions?: readonly string[];
}

/** Editions in the order of their age; of the Pod Security Standards, of their strictness. */
export const guidances: readonly Guidance[] = [podSecurity, nsa, owasp2022, owasp2025, attack];

export const guidanceEditions: readonly BenchmarkEdition[] = guidances.flatMap(({ id: benchmark, editions, rows }) =>
  editions.map(({ id, title }) => ({
    id,
    title,
    benchmark,
    rows: rows
      .filter(({ editions: asking }) => asking === undefined || asking.includes(id))
      .map(({ editions: _editions, ...row }) => ({
        ...row,
        automated: row.controls.length > 0 && row.reason === undefined,
      })),
  })),
);
