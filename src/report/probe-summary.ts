import { severities } from '../model/severity.ts';
import type { Exposure, ProbeResult } from '../semantics/probe/result.ts';
import type { ReportOptions } from './report-format.ts';

export interface ProbeReport {
  /** In the order that the targets were named. */
  readonly results: readonly ProbeResult[];
  /** What was not looked at, and why: each makes the run incomplete. */
  readonly notes: readonly string[];
}

/** Whether an exposure is worth its reason and remedy in a short report. */
export function isWeighty({ severity }: Exposure, detail: ReportOptions['detail']): boolean {
  return detail === 'full' || (severity !== 'low' && severity !== 'info');
}

/** Hosts that could not be looked at, or ports that were not, make a run incomplete. */
export function isProbeComplete({ results, notes }: ProbeReport): boolean {
  return (
    notes.length === 0 &&
    results.every(({ observation: { reach, cut } }) => reach !== 'unresolved' && reach !== 'skipped' && cut !== true)
  );
}

export function probeSeverities({ results }: ProbeReport): Readonly<Record<string, number>> {
  const counts = new Map<string, number>(severities.toReversed().map((severity) => [severity, 0]));
  for (const { exposures } of results)
    for (const { severity } of exposures) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** One line: how much was looked at, and what came of it. */
export function probeCounts(report: ProbeReport): string {
  const { results } = report;
  const hosts = new Set(results.map(({ observation }) => observation.target.host)).size;
  const open = results.filter(({ observation }) => observation.reach === 'open').length;
  const looked = results.filter(
    ({ verdict, observation: { reach } }) => verdict === 'closed' || reach === 'open',
  ).length;
  const found = Object.entries(probeSeverities(report)).filter(([, count]) => count > 0);
  const exposures =
    found.length === 0 ? 'nothing exposed' : found.map(([name, count]) => `${count} ${name}`).join(', ');
  const incomplete = isProbeComplete(report) ? '' : '; not everything could be looked at';
  return `${counted(hosts, 'host')}, ${counted(open, 'listener')} on ${counted(looked, 'port')}: ${exposures}${incomplete}.`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
