import { benchmarkResults } from '../engine/benchmark.ts';
import { answeredBy } from '../engine/benchmark-editions.ts';
import type { ChosenEdition } from '../engine/choose-edition.ts';
import type { Finding, FindingSubject } from '../engine/finding.ts';
import { type Copies, cleanPlaces, copiesIn } from '../engine/finding-record.ts';
import { fingerprint, variantFingerprint } from '../engine/fingerprint.ts';
import type { InputCounts } from '../engine/inputs.ts';
import type { ControlError, Judgement } from '../engine/judge.ts';
import { scoreOf } from '../engine/score.ts';
import type { ExceptionNotice, Suppressed, Suppression } from '../engine/suppressed.ts';
import type { Undecided } from '../engine/undecided.ts';
import { unreadOfNodes } from '../engine/unread.ts';
import { formatPath } from '../model/path.ts';
import type { ClusterInfo, Gap, KubeObject, SkippedInput } from '../model/snapshot.ts';
import { etcdRecord } from './etcd-contents.ts';
import { jsonLines } from './json-lines.ts';
import { compareText, locationOf } from './location.ts';
import {
  sortErrors,
  sortFindings,
  sortGaps,
  sortNotices,
  sortPlaces,
  sortSkipped,
  sortSuppressed,
  sortUndecided,
} from './order.ts';
import type { ReportOptions } from './report-format.ts';
import { countSeverities, errorText, isComplete } from './summary.ts';
import { tool } from './tool.ts';

/**
 * The report as `schema/report.schema.json` describes it. The same evidence gives the same bytes: everything is
 * sorted, and neither the clock nor the time of the snapshot is in it.
 */
export function json(
  judgement: Judgement,
  { benchmarks = [] }: Pick<ReportOptions, 'benchmarks'> = {},
): Iterable<string> {
  const { controls, coverage, snapshot } = judgement;
  const context: FindingContext = { copies: copiesIn(snapshot), worse: judgement.worse };
  const ofNodes = unreadOfNodes(judgement);
  const only = benchmarks.length === 1 ? benchmarks[0] : undefined;
  return jsonLines(
    new Map<string, unknown>([
      ['schema', 'bulwark.report/v1'],
      ['tool', tool],
      ['cluster', snapshot.cluster && clusterRecord(snapshot.cluster)],
      ['summary', summaryRecord(judgement)],
      ['findings', mapped(sortFindings(judgement.findings), (finding) => findingRecord(finding, context))],
      [
        'suppressed',
        judgement.suppressed?.length
          ? mapped(sortSuppressed(judgement.suppressed), (each) => suppressedRecord(each, context))
          : undefined,
      ],
      ['baseline', judgement.baseline],
      [
        'exceptionNotices',
        judgement.notices?.length ? mapped(sortNotices(judgement.notices), noticeRecord) : undefined,
      ],
      // One as it always was; several are no longer one record, and stand in a list.
      ['benchmark', only && benchmarkRecord(only, judgement)],
      [
        'benchmarks',
        benchmarks.length > 1 ? mapped(benchmarks, (chosen) => benchmarkRecord(chosen, judgement)) : undefined,
      ],
      [
        'etcd',
        snapshot.etcd &&
          mapped(
            snapshot.etcd.toSorted((a, b) => compareText(a.at, b.at)),
            etcdRecord,
          ),
      ],
      ['inputs', inputsRecord(judgement.inputs)],
      ['gaps', mapped(sortGaps(judgement.gaps), gapRecord)],
      ['unread', ofNodes.length === 0 ? undefined : mapped(sortGaps(ofNodes), gapRecord)],
      [
        'coverage',
        mapped(
          controls.toSorted((a, b) => compareText(a.id, b.id)),
          (control) => {
            const { 'not-applicable': notApplicable = 0, ...counts } = coverage.get(control) ?? noCounts;
            const { pass, fail, unknown, manual, error } = counts;
            const { id, title, severity } = control;
            return { control: id, title, severity, pass, fail, notApplicable, unknown, manual, error };
          },
        ),
      ],
      ['undecided', mapped(sortUndecided(judgement.undecided), undecidedRecord)],
      ['errors', mapped(sortErrors(judgement.errors), errorRecord)],
    ]),
  );
}

function benchmarkRecord({ edition, platform, reasons }: ChosenEdition, judgement: Judgement): unknown {
  const { id, title } = edition;
  return {
    id,
    title,
    platform,
    notes: reasons,
    checks: benchmarkResults(edition, judgement).map(({ check, state, failing }) => ({
      id: check.id,
      title: check.title,
      ...(check.section !== undefined && { section: check.section }),
      automated: check.automated,
      answered: answeredBy(check),
      state: state.kind,
      controls: check.controls,
      ...(failing.length > 0 && { failing: failing.map((control) => control.id) }),
      ...('reasons' in state && state.reasons.length > 0 && { reasons: state.reasons }),
      ...(check.reason !== undefined && check.controls.length > 0 && { notAnswered: check.reason }),
    })),
  };
}

const noCounts = { pass: 0, fail: 0, 'not-applicable': 0, unknown: 0, manual: 0, error: 0 };

function* mapped<T>(items: Iterable<T>, record: (item: T) => unknown): Generator<unknown> {
  for (const item of items) yield record(item);
}

function clusterRecord({ server, version, namespaces, unread = [] }: ClusterInfo): unknown {
  return { server, version, namespaces: namespaces?.toSorted(), unread: sortGaps(unread).map(gapRecord) };
}

function summaryRecord(judgement: Judgement): unknown {
  return {
    complete: isComplete(judgement),
    findings: judgement.findings.length,
    severities: countSeverities(judgement.findings),
    ...(judgement.suppressed !== undefined && { suppressed: judgement.suppressed.length }),
    score: scoreOf(judgement),
    gaps: judgement.gaps.length,
    errors: judgement.errors.length,
  };
}

/** There may be a million of these: what is undefined is left out as the text is written, which is cheaper than a spread. */
function findingRecord(finding: Finding, { copies, worse }: FindingContext): object {
  const { control, severity, subject, owner, message } = finding;
  const fix = control.fix ?? control.mend;
  return {
    control: control.id,
    title: control.title,
    verdict: 'fail',
    severity,
    subject: subjectRecord(subject, owner),
    message,
    locations: sortPlaces(finding.places).map(locationOf),
    items: finding.failure.items,
    cleanIn: cleanPlaces(finding, copies),
    fingerprint: fingerprint(finding),
    variantOf: variantFingerprint(finding),
    worse: worse?.get(finding),
    remedy: finding.failure.remedy,
    fix: fix && { safety: fix.safety },
  };
}

/** What findings are told with. */
interface FindingContext {
  readonly copies: Copies;
  readonly worse: Judgement['worse'];
}

function suppressedRecord({ finding, by }: Suppressed, context: FindingContext): unknown {
  return { ...findingRecord(finding, context), suppression: suppressionRecord(by) };
}

function suppressionRecord(by: Suppression): unknown {
  if (by.kind === 'baseline') return { kind: by.kind, place: by.file };
  const { reason, owner, expires, origin } = by.exception;
  return {
    kind: by.kind,
    by: origin.by,
    place: origin.place,
    reason,
    owner,
    ...(expires !== undefined && { expires }),
  };
}

function noticeRecord({ kind, place, message }: ExceptionNotice): unknown {
  return { kind, place, message };
}

/** `owner` is the object to go to; `observedIn` the object that was read where that is another, such as its Pod. */
function subjectRecord({ object, template, container }: FindingSubject, owner: KubeObject): unknown {
  const { apiVersion, kind, namespace, name } = owner;
  return {
    apiVersion,
    kind,
    namespace,
    name,
    template: template === '' ? undefined : template,
    container: container?.name,
    containerRole: container?.role,
    observedIn: object === owner ? undefined : objectRecord(object),
  };
}

function objectRecord({ apiVersion, kind, namespace, name }: KubeObject): object {
  return { apiVersion, kind, namespace, name };
}

function inputsRecord(inputs: InputCounts): ReadonlyMap<string, unknown> {
  const { evaluated, notApplicable, unparsable, unrendered, unsupported, notJudgedKinds, skipped } = inputs;
  const kinds = [...notJudgedKinds].toSorted(([a], [b]) => compareText(a, b));
  return new Map<string, unknown>([
    ...Object.entries({ evaluated, notApplicable, unparsable, unrendered, unsupported }),
    ['documents', mapped(sortSkipped(skipped), skippedRecord)],
    ['kinds', mapped(kinds, ([kind, { bucket, count }]) => ({ kind, bucket, count }))],
  ]);
}

function skippedRecord({ file, document, line, column, bucket, reason, hint }: SkippedInput): unknown {
  return { file, document, line, column, bucket, reason, hint };
}

function gapRecord({ code, what, reason, hint, region, rule }: Gap): unknown {
  return { code, what, line: region?.line, column: region?.column, reason, hint, rule };
}

function undecidedRecord({ control, kind, reason, subjects }: Undecided): unknown {
  return { control: control.id, verdict: kind, reason, subjects };
}

function errorRecord({ control, subject, error }: ControlError): unknown {
  return {
    control: control.id,
    subject: subjectRecord(subject, subject.object),
    file: subject.object.source.file,
    path: formatPath(subject.path),
    error: errorText(error),
  };
}
