import type { Judgement } from '../engine/judge.ts';
import type { ReportOptions } from './report-format.ts';
import { type Style, styleOf } from './style.ts';

/** How to print, for every part of the terminal report. */
export interface Page extends ReportOptions {
  readonly style: Style;
  /** Columns for running text: lines of more are hard to read. */
  readonly proseWidth: number;
  /** As `Judgement.worse`. */
  readonly worse?: Judgement['worse'];
}

export function pageOf(options: ReportOptions): Page {
  return { ...options, style: styleOf(options.color), proseWidth: Math.min(options.width, 100) };
}
