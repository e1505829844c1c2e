import type { AdmissionDecision, AdmissionRequest } from '../../model/admission.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';

/** Results of one namespace's report; the oldest go first. */
const mostResults = 200;
const longestMessage = 500;

/** What the decisions about one object say: nothing where it passed without a word. */
export interface ObjectResults {
  /** `apps/v1 Deployment web`. */
  readonly key: string;
  readonly results: readonly JsonObject[];
}

/** Refusals and warnings as results of a report, as both APIs of reports have them. */
export function resultsOf(request: AdmissionRequest, decision: AdmissionDecision, now: Date): ObjectResults {
  const { kind, namespace, object } = request;
  const name = request.name || (new Reader(object ?? {}, [], []).object('metadata').string('generateName') ?? '');
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  const common = {
    source: 'bulwark',
    scored: true,
    timestamp: { seconds: Math.floor(now.getTime() / 1000), nanos: 0 },
    resources: [{ apiVersion, kind: kind.kind, name, ...(namespace !== '' && { namespace }) }],
  };
  return {
    key: `${apiVersion} ${kind.kind} ${name}`,
    results: [
      ...decision.denials.map(({ policy, message }) => ({
        ...common,
        policy,
        result: 'fail',
        message: message.slice(0, longestMessage),
      })),
      ...decision.warnings.map((message) => ({
        ...common,
        policy: 'warning',
        result: 'warn',
        message: message.slice(0, longestMessage),
      })),
    ].slice(0, 20),
  };
}

/** The results of a report with those of some objects replaced, at most `mostResults` of them. */
export function mergedResults(
  before: Json | undefined,
  changes: ReadonlyMap<string, readonly JsonObject[]>,
): readonly Json[] {
  const kept = (isList(before) ? before : []).filter((result) => !changes.has(keyOfResult(result)));
  return [...kept, ...[...changes.values()].flat()].slice(-mostResults);
}

export function summaryOf(results: readonly Json[]): JsonObject {
  const count = (wanted: string): number =>
    results.filter((result) => isObject(result) && own(result, 'result') === wanted).length;
  return { pass: 0, fail: count('fail'), warn: count('warn'), error: 0, skip: 0 };
}

function keyOfResult(result: Json): string {
  if (!isObject(result)) return '';
  const [resource] = new Reader(result, [], []).objects('resources');
  return ['apiVersion', 'kind', 'name'].map((field) => resource?.string(field) ?? '').join(' ');
}
