import type { ProbeResult } from '../semantics/probe/result.ts';
import { jsonLines } from './json-lines.ts';
import { isProbeComplete, type ProbeReport, probeSeverities } from './probe-summary.ts';
import { tool } from './tool.ts';

/** The report of a probe for programs: `bulwark.probe/v1`, a listener a line, no clock, no body of any answer. */
export function probeJson(report: ProbeReport): Iterable<string> {
  return jsonLines(
    new Map<string, unknown>([
      ['schema', 'bulwark.probe/v1'],
      ['tool', tool],
      ['summary', { complete: isProbeComplete(report), severities: probeSeverities(report) }],
      ['notes', report.notes],
      ['listeners', mapped(report.results)],
    ]),
  );
}

function* mapped(results: readonly ProbeResult[]): Generator<unknown> {
  for (const { observation, name, verdict, sentence, exposures, comparison } of results) {
    const { target, address, reach, transport, listener, tls, answers, identities } = observation;
    const { host, port, node, origin } = target;
    yield {
      host,
      port,
      address,
      node,
      origin,
      reach,
      listener,
      name,
      verdict,
      severity: exposures[0]?.severity,
      sentence,
      exposures,
      transport,
      tls,
      answers,
      comparison,
      identities,
    };
  }
}
