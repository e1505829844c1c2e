import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { severities } from '../model/severity.ts';
import { type FindingRecord, FindingRecords, type Wording } from './finding-record.ts';

/** The findings of an earlier run. */
export interface Baseline {
  /** As the user named it. */
  readonly file: string;
  readonly records: FindingRecords;
  readonly wording: Wording;
  readonly notice?: string;
}

/** What a baseline file and a JSON report say they are. */
export const baselineSchema = 'bulwark.baseline/v2';
export const reportSchema = 'bulwark.report/v1';
/** Fingerprints and no more. */
const olderSchema = 'bulwark.baseline/v1';

const print = /^[0-9a-f]{32}$/;

export type ReadBaseline = Baseline | { readonly problem: string };

/**
 * Reads a baseline: what `--write-baseline` wrote, or a JSON report. `version` is this program's: fingerprints stay
 * the same from one to the next, and controls and the wording of messages do not.
 */
export function readBaseline(value: Json, { file, version }: { file: string; version: string }): ReadBaseline {
  if (!isObject(value)) return { problem: 'it is no JSON object' };
  const schema = own(value, 'schema');
  if (schema !== baselineSchema && schema !== olderSchema && schema !== reportSchema) {
    const found = typeof schema === 'string' ? schema.slice(0, 100) : 'no schema';
    return { problem: `it must be ${baselineSchema} or ${reportSchema}, and is ${found}` };
  }
  const records: FindingRecord[] = [];
  for (const key of ['findings', 'suppressed']) {
    const list = own(value, key);
    if (list === undefined && key === 'suppressed') continue;
    if (!isList(list)) return { problem: `${key} must be a list` };
    for (const [index, item] of list.entries()) {
      if (key === 'suppressed' && isAccepted(item)) continue;
      const record = schema === olderSchema ? printIn(item) : readRecord(item);
      if (record === undefined) return { problem: `${key}[${index}] has no fingerprint` };
      records.push(record);
    }
  }
  const wrote = versionOf(value);
  const notices = [
    ...(schema === olderSchema
      ? [
          `${file} is of an older form (${olderSchema}): what has become worse since is not seen until it is written anew`,
        ]
      : []),
    ...(wrote === version ? [] : [otherVersion(file, { wrote, version })]),
  ];
  return {
    file,
    records: new FindingRecords(records),
    wording: wrote === version ? 'same' : 'other',
    ...(notices.length > 0 && { notice: notices.join('; ') }),
  };
}

function otherVersion(file: string, { wrote, version }: { wrote: string | undefined; version: string }): string {
  const by = wrote === undefined ? 'an unknown version' : `version ${wrote.slice(0, 40)}`;
  return `${file} was written by ${by} and this is ${version}: new controls may find what was there before`;
}

/** A finding of a baseline or report; undefined where it has no fingerprint. What else it lacks, it does not say. */
export function readRecord(item: Json): FindingRecord | undefined {
  const known = printIn(item);
  if (known === undefined || !isObject(item)) return known;
  const variantOf = own(item, 'variantOf');
  const severity = severities.find((each) => each === own(item, 'severity'));
  const message = own(item, 'message');
  const items = textsIn(item, 'items');
  const files = textsIn(item, 'files') ?? filesOf(own(item, 'locations'));
  const cleanIn = textsIn(item, 'cleanIn');
  return {
    ...known,
    ...(typeof variantOf === 'string' && print.test(variantOf) && { variantOf }),
    ...(severity !== undefined && { severity }),
    ...(typeof message === 'string' && { message }),
    ...(items !== undefined && { items }),
    ...(files !== undefined && { files }),
    ...(cleanIn !== undefined && { cleanIn }),
  };
}

function printIn(item: Json): FindingRecord | undefined {
  const found = typeof item === 'string' ? item : isObject(item) ? own(item, 'fingerprint') : undefined;
  return typeof found === 'string' && print.test(found) ? { fingerprint: found } : undefined;
}

function textsIn(item: JsonObject, key: string): readonly string[] | undefined {
  const list = own(item, key);
  return isList(list) ? list.filter((each) => typeof each === 'string') : undefined;
}

/** The locations of a report, as `recordOf` has them. */
function filesOf(locations: Json | undefined): readonly string[] | undefined {
  if (!isList(locations)) return undefined;
  const files = locations.flatMap((location) => {
    if (!isObject(location)) return [];
    const rendered = own(location, 'rendered');
    const [source, file] = [own(location, 'source'), own(location, 'file')];
    const from = isObject(rendered) ? own(rendered, 'from') : source === 'cluster' ? undefined : file;
    return typeof from === 'string' ? [from] : [];
  });
  return [...new Set(files)].sort();
}

/** An exception has an end, and what it covered then counts. */
function isAccepted(item: Json): boolean {
  const suppression = isObject(item) ? own(item, 'suppression') : undefined;
  return isObject(suppression) && own(suppression, 'kind') === 'exception';
}

/** The version of Bulwark that wrote a baseline or report. */
export function versionOf(value: Json): string | undefined {
  const tool = isObject(value) ? own(value, 'tool') : undefined;
  const version = isObject(tool) ? own(tool, 'version') : undefined;
  return typeof version === 'string' ? version : undefined;
}
