import { isList, isObject, type Json, own } from '../model/json.ts';

/** The findings of an earlier run, by fingerprint. */
export interface Baseline {
  /** As the user named it. */
  readonly file: string;
  readonly fingerprints: ReadonlySet<string>;
  readonly notice?: string;
}

/** What a baseline file and a JSON report say they are. */
export const baselineSchema = 'bulwark.baseline/v1';
export const reportSchema = 'bulwark.report/v1';

const print = /^[0-9a-f]{32}$/;

export type ReadBaseline = Baseline | { readonly problem: string };

/**
 * Reads a baseline: what `--write-baseline` wrote, or a JSON report. `version` is this program's: fingerprints stay
 * the same from one to the next, and controls do not.
 */
export function readBaseline(value: Json, { file, version }: { file: string; version: string }): ReadBaseline {
  if (!isObject(value)) return { problem: 'it is no JSON object' };
  const schema = own(value, 'schema');
  if (schema !== baselineSchema && schema !== reportSchema) {
    const found = typeof schema === 'string' ? schema.slice(0, 100) : 'no schema';
    return { problem: `it must be ${baselineSchema} or ${reportSchema}, and is ${found}` };
  }
  const fingerprints = new Set<string>();
  for (const key of ['findings', 'suppressed']) {
    const list = own(value, key);
    if (list === undefined && key === 'suppressed') continue;
    if (!isList(list)) return { problem: `${key} must be a list` };
    for (const [index, item] of list.entries()) {
      if (key === 'suppressed' && isAccepted(item)) continue;
      const found = typeof item === 'string' ? item : isObject(item) ? own(item, 'fingerprint') : undefined;
      if (typeof found !== 'string' || !print.test(found)) return { problem: `${key}[${index}] has no fingerprint` };
      fingerprints.add(found);
    }
  }
  const wrote = versionOf(value);
  if (wrote === version) return { file, fingerprints };
  const by = wrote === undefined ? 'an unknown version' : `version ${wrote.slice(0, 40)}`;
  const notice = `${file} was written by ${by} and this is ${version}: new controls may find what was there before`;
  return { file, fingerprints, notice };
}

/** An exception has an end, and what it covered then counts. */
function isAccepted(item: Json): boolean {
  const suppression = isObject(item) ? own(item, 'suppression') : undefined;
  return isObject(suppression) && own(suppression, 'kind') === 'exception';
}

function versionOf(value: Json): string | undefined {
  const tool = isObject(value) ? own(value, 'tool') : undefined;
  const version = isObject(tool) ? own(tool, 'version') : undefined;
  return typeof version === 'string' ? version : undefined;
}
