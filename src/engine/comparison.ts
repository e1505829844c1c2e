import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { compareSeverity, type Severity, severities } from '../model/severity.ts';
import { reportSchema } from './baseline.ts';

/** As much of a finding as two runs can be compared by. */
export interface ComparedFinding {
  readonly fingerprint: string;
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
  readonly findings: readonly ComparedFinding[];
  /** Ids of the controls that ran. */
  readonly controls: ReadonlySet<string>;
  readonly complete: boolean;
}

export interface Comparison {
  readonly before: ComparedRun;
  readonly after: ComparedRun;
  /** Gravest first, then by control and object, as every list here. */
  readonly added: readonly ComparedFinding[];
  readonly gone: readonly ComparedFinding[];
  /** The finding as it is now, and what it was. */
  readonly changed: readonly { readonly finding: ComparedFinding; readonly was: Severity }[];
  readonly kept: number;
  /** Findings of controls that ran on one side alone: nobody knows whether they are new. */
  readonly incomparable: readonly (ComparedFinding & { readonly side: 'before' | 'after' })[];
}

/** What changed from one run to another. Findings are the same where their fingerprints are. */
export function compareRuns(before: ComparedRun, after: ComparedRun): Comparison {
  const earlier = new Map(before.findings.map((finding) => [finding.fingerprint, finding]));
  const later = new Set(after.findings.map(({ fingerprint }) => fingerprint));
  const added: ComparedFinding[] = [];
  const changed: { finding: ComparedFinding; was: Severity }[] = [];
  const incomparable: (ComparedFinding & { side: 'before' | 'after' })[] = [];
  let kept = 0;
  for (const finding of after.findings) {
    const was = earlier.get(finding.fingerprint);
    if (was === undefined && !before.controls.has(finding.control)) incomparable.push({ ...finding, side: 'after' });
    else if (was === undefined) added.push(finding);
    else if (was.severity !== finding.severity) changed.push({ finding, was: was.severity });
    else kept += 1;
  }
  const gone: ComparedFinding[] = [];
  for (const finding of before.findings) {
    if (later.has(finding.fingerprint)) continue;
    if (after.controls.has(finding.control)) gone.push(finding);
    else incomparable.push({ ...finding, side: 'before' });
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
  return { name, findings, controls, complete: isObject(summary) && own(summary, 'complete') === true };
}

function readFinding(item: JsonObject): ComparedFinding | undefined {
  const [fingerprint, control, message] = ['fingerprint', 'control', 'message'].map((key) => textIn(item, key));
  const severity = severities.find((each) => each === own(item, 'severity'));
  if (fingerprint === undefined || control === undefined || message === undefined || severity === undefined) return;
  const [kind = '', namespace, name = ''] = ['kind', 'namespace', 'name'].map((key) => textIn(item, 'subject', key));
  const container = textIn(item, 'subject', 'container');
  const locations = own(item, 'locations');
  const location = isList(locations) ? locations[0] : undefined;
  const file = textIn(location, 'file');
  const line = isObject(location) ? own(location, 'line') : undefined;
  const place = file === undefined || typeof line !== 'number' ? undefined : `${file}:${line}`;
  return {
    fingerprint,
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
