import pc from 'picocolors';
import type { Severity } from '../model/severity.ts';

/** Colours by meaning. Apply them to finished lines or words: their codes have a length but no width. */
export interface Style {
  severity(severity: Severity, text: string): string;
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  alarming(text: string): string;
}

export function styleOf(color: 'always' | 'never'): Style {
  const colors = pc.createColors(color === 'always');
  const bySeverity = {
    critical: (text: string) => colors.bold(colors.red(text)),
    high: colors.red,
    medium: colors.yellow,
    low: colors.cyan,
    info: colors.dim,
  };
  return {
    severity: (severity, text) => bySeverity[severity](text),
    strong: colors.bold,
    faint: colors.dim,
    good: colors.green,
    alarming: colors.red,
  };
}
