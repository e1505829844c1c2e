import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { compareSeverity, type Severity, severities } from '../model/severity.ts';
import { readRecord, reportSchema, versionOf } from './baseline.ts';
import { type FindingRecord, FindingRecords, type Worsening, worsening } from './finding-record.ts';

/** As much of a finding as two runs can be compared by. */
export interface ComparedFinding extends FindingRecord {
  readonly control: string;
  readonly severity: Severity;
  readonly message: string;
  /** `Deployment shop/web`. */
  readonly object: string;
  readonly container?: string;
  /** `web.yaml:12`, where it stands in a file. */
  readonly place?: string;
}

/** One run, to be compared with another. */
export interface ComparedRun {
  /** As the user named it. */
  readonly name: string;
  /** Of the Bulwark that judged. */
  readonly version: string | undefined;
  readonly findings: readonly ComparedFinding[];
  /** Ids of the controls that ran. */
  readonly controls: ReadonlySet<string>;
  /** Files that were there and could not be read or understood: nobody knows what is in them. */
  readonly unread: ReadonlySet<string>;
  readonly complete: boolean;
}

export interface Comparison {
  readonly before: ComparedRun;
  readonly after: ComparedRun;
  /** Gravest first, then by control and object, as every list here. */
  readonly added: readonly ComparedFinding[];
  readonly gone: readonly ComparedFinding[];
  readonly changed: readonly ChangedFinding[];
  readonly kept: number;
  /** Findings of which nobody knows whether they are new or gone. */
  readonly incomparable: readonly IncomparableFinding[];
}

/** A finding as it is now, and the severity that it had. */
export interface ChangedFinding {
  readonly finding: ComparedFinding;
  readonly was: Severity;
  /** Absent where it is lighter. */
  readonly worse?: Worsening;
}

export interface IncomparableFinding extends ComparedFinding {
  /** The run that has it. */
  readonly side: 'before' | 'after';
  /** Its control did not run for the other, or the other could not read its file. */
  readonly why: 'control' | 'file';
}

/** What changed from one run to another. Findings are of the same matter where their fingerprints are the same. */
export function compareRuns(before: ComparedRun, after: ComparedRun): Comparison {
  const earlier = new FindingRecords(before.findings);
  const later = new FindingRecords(after.findings);
  const wording = before.version !== undefined && before.version === after.version ? 'same' : 'other';
  const added: ComparedFinding[] = [];
  const changed: ChangedFinding[] = [];
  const incomparable: IncomparableFinding[] = [];
  let kept = 0;
  for (const finding of after.findings) {
    const records = earlier.of(finding);
    const [first] = records;
    if (first === undefined) {
      const why = incomparableBy(finding, before);
      if (why === undefined) added.push(finding);
      else incomparable.push({ ...finding, side: 'after', why });
      continue;
    }
    const was = (records.find(({ fingerprint }) => fingerprint === finding.fingerprint) ?? first).severity;
    const worse = worsening(finding, records, wording);
    if (worse !== undefined) changed.push({ finding, was: worse.was ?? was, worse });
    else if (compareSeverity(finding.severity, was) < 0) changed.push({ finding, was });
    else kept += 1;
  }
  const gone: ComparedFinding[] = [];
  for (const finding of before.findings) {
    if (later.of(finding).length > 0) continue;
    const why = incomparableBy(finding, after);
    if (why === undefined) gone.push(finding);
    else incomparable.push({ ...finding, side: 'before', why });
  }
  return {
    before,
    after,
    added: added.sort(byWeight),
    gone: gone.sort(byWeight),
    changed: changed.sort((a, b) => byWeight(a.finding, b.finding)),
    kept,
    incomparable: incomparable.sort(byWeight),
  };
}

/** Why the other run says nothing of a finding that it does not have. */
function incomparableBy({ control, files = [] }: ComparedFinding, other: ComparedRun): 'control' | 'file' | undefined {
  if (!other.controls.has(control)) return 'control';
  return files.some((file) => other.unread.has(file)) ? 'file' : undefined;
}

function byWeight(a: ComparedFinding, b: ComparedFinding): number {
  return (
    compareSeverity(b.severity, a.severity) ||
    compareCodeUnits(a.control, b.control) ||
    compareCodeUnits(a.object, b.object) ||
    compareCodeUnits(a.fingerprint, b.fingerprint)
  );
}

function compareCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Reads a JSON report as one side of a comparison. What is accepted in it does not count. Never throws. */
export function readReport(value: Json, name: string): ComparedRun | { readonly problem: string } {
  if (!isObject(value) || own(value, 'schema') !== reportSchema) return { problem: `it is no ${reportSchema}` };
  const coverage = own(value, 'coverage');
  const list = own(value, 'findings');
  const suppressed = own(value, 'suppressed') ?? [];
  if (!isList(list) || !isList(coverage) || !isList(suppressed)) return { problem: 'findings or coverage are missing' };
  const known = suppressed.filter((item) => textIn(item, 'suppression', 'kind') === 'baseline');
  const findings: ComparedFinding[] = [];
  for (const [index, item] of [...list, ...known].entries()) {
    const finding = isObject(item) ? readFinding(item) : undefined;
    if (finding === undefined) return { problem: `findings[${index}] is not what a report has` };
    findings.push(finding);
  }
  const controls = new Set(coverage.flatMap((item) => textIn(item, 'control') ?? []));
  const summary = own(value, 'summary');
  const complete = isObject(summary) && own(summary, 'complete') === true;
  return { name, version: versionOf(value), findings, controls, unread: unreadIn(value), complete };
}

/** As `comparedRun` has it. */
function unreadIn(report: JsonObject): ReadonlySet<string> {
  const inputs = own(report, 'inputs');
  const documents = isObject(inputs) ? own(inputs, 'documents') : undefined;
  const gaps = own(report, 'gaps');
  return new Set([
    ...(isList(documents) ? documents : []).flatMap((each) =>
      textIn(each, 'bucket') === 'unparsable' ? (textIn(each, 'file') ?? []) : [],
    ),
    ...(isList(gaps) ? gaps : []).flatMap((each) =>
      textIn(each, 'code') === 'malformed' ? [] : (textIn(each, 'what') ?? []),
    ),
  ]);
}

function readFinding(item: JsonObject): ComparedFinding | undefined {
  const record = readRecord(item);
  const [control, message] = ['control', 'message'].map((key) => textIn(item, key));
  const severity = severities.find((each) => each === own(item, 'severity'));
  if (record === undefined || control === undefined || message === undefined || severity === undefined) return;
  const [kind = '', namespace, name = ''] = ['kind', 'namespace', 'name'].map((key) => textIn(item, 'subject', key));
  const container = textIn(item, 'subject', 'container');
  const locations = own(item, 'locations');
  const location = isList(locations) ? locations[0] : undefined;
  const file = textIn(location, 'file');
  const line = isObject(location) ? own(location, 'line') : undefined;
  const place = file === undefined || typeof line !== 'number' ? undefined : `${file}:${line}`;
  return {
    ...record,
    names: [...new Set([name, textIn(item, 'subject', 'observedIn', 'name') ?? name])],
    control,
    severity,
    message,
    object: `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`,
    ...(container !== undefined && { container }),
    ...(place !== undefined && { place }),
  };
}

function textIn(value: Json | undefined, ...keys: readonly string[]): string | undefined {
  let here = value;
  for (const key of keys) here = isObject(here) ? own(here, key) : undefined;
  return typeof here === 'string' ? here : undefined;
}
