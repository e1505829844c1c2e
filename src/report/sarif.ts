import { fingerprint } from '../engine/fingerprint.ts';
import type { Judgement } from '../engine/judge.ts';
import type { Exception } from '../model/exception.ts';
import { jsonLines } from './json-lines.ts';
import { compareText } from './location.ts';
import { sortFindings } from './order.ts';
import { sarifLocations } from './sarif-locations.ts';
import { sarifMessage } from './sarif-message.ts';
import { notificationDescriptors, notifications } from './sarif-notifications.ts';
import { sarifLevels, sarifRule } from './sarif-rules.ts';
import { isComplete } from './summary.ts';
import { tool } from './tool.ts';

/** A SARIF 2.1.0 log with one run. The same evidence gives the same bytes. */
export function sarif(judgement: Judgement): Iterable<string> {
  const controls = judgement.controls.toSorted((a, b) => compareText(a.id, b.id));
  const ruleIndex = new Map(controls.map((control, index) => [control.id, index]));
  const driver = new Map<string, unknown>([
    ['name', tool.name],
    ['semanticVersion', tool.version],
    ['rules', controls.map(sarifRule)],
    ['notifications', notificationDescriptors],
  ]);
  const invocation = new Map<string, unknown>([
    ['executionSuccessful', isComplete(judgement)],
    ['toolExecutionNotifications', notifications(judgement, ruleIndex)],
  ]);
  const run = new Map<string, unknown>([
    ['tool', new Map([['driver', driver]])],
    ['columnKind', 'utf16CodeUnits'],
    ['originalUriBaseIds', uriBases(judgement)],
    ['invocations', [invocation]],
    ['results', results(judgement, ruleIndex)],
  ]);
  return jsonLines(
    new Map<string, unknown>([
      ['$schema', 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'],
      ['version', '2.1.0'],
      ['runs', [run]],
    ]),
  );
}

/** All findings, those that do not count among them: with why (3.27.23), and how they compare with a baseline (3.27.24). */
function* results(judgement: Judgement, ruleIndex: ReadonlyMap<string, number>): Generator<unknown> {
  const { findings, suppressed = [], baseline, worse } = judgement;
  const byFinding = new Map(suppressed.map(({ finding, by }) => [finding, by]));
  const all = suppressed.length === 0 ? findings : [...findings, ...byFinding.keys()];
  for (const finding of sortFindings(all)) {
    const by = byFinding.get(finding);
    const isKnown = by?.kind === 'baseline';
    yield {
      ruleId: finding.control.id,
      ruleIndex: ruleIndex.get(finding.control.id) ?? -1,
      level: sarifLevels[finding.severity],
      message: sarifMessage(finding.message),
      locations: sarifLocations(finding),
      partialFingerprints: { 'bulwark/v1': fingerprint(finding) },
      ...(baseline !== undefined &&
        by?.kind !== 'exception' && {
          baselineState: isKnown ? 'unchanged' : worse?.has(finding) ? 'updated' : 'new',
        }),
      ...(by?.kind === 'exception' && { suppressions: [sarifSuppression(by.exception)] }),
      properties: { severity: finding.severity },
    };
  }
}

function sarifSuppression({ reason, owner, expires, origin }: Exception): unknown {
  return {
    kind: origin.by === 'configuration' ? 'external' : 'inSource',
    status: 'accepted',
    ...(reason !== '' && { justification: reason }),
    properties: { place: origin.place, ...(owner !== '' && { owner }), ...(expires !== undefined && { expires }) },
  };
}

/** Only the consumer knows where the source root is, so it has no URI here. The API server's is known. */
function uriBases({ snapshot }: Judgement): unknown {
  const cluster = snapshot.cluster === undefined ? undefined : serverUri(snapshot.cluster.server);
  return {
    '%SRCROOT%': { description: { text: 'The folder in which the scan was run.' } },
    ...(cluster !== undefined && { CLUSTER: { uri: cluster } }),
  };
}

/** SARIF 3.14.14: the base ends with a slash. Credentials in a URL are nobody's business here. */
function serverUri(server: string): string | undefined {
  if (!URL.canParse(server)) return undefined;
  const url = new URL(server);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  return `${url.origin}${url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`}`;
}
