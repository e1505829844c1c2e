import type { ChosenEdition } from '../engine/choose-edition.ts';
import type { Judgement } from '../engine/judge.ts';

/** How a report is to look. Formats for machines take no more of it than the benchmarks. */
export interface ReportOptions {
  readonly color: 'always' | 'never';
  /** Columns that a line may fill. */
  readonly width: number;
  /** `full` shows every finding, and those of low severity as the others. */
  readonly detail: 'short' | 'full';
  /** Benchmarks whose rows are reported, each with its state. */
  readonly benchmarks?: readonly ChosenEdition[];
  /** Whether findings that exceptions or a baseline cover are listed, and not only counted. */
  readonly suppressed?: 'shown';
}

/** A report as pieces of text in order: a large one never is one string. */
export type ReportFormat = (judgement: Judgement, options: ReportOptions) => Iterable<string>;
