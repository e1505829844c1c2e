import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Baseline, baselineSchema, readBaseline } from '../engine/baseline.ts';
import { copiesIn, recordOf } from '../engine/finding-record.ts';
import type { Judgement } from '../engine/judge.ts';
import { BulwarkError } from '../model/errors.ts';
import type { Json } from '../model/json.ts';
import { jsonLines } from '../report/json-lines.ts';
import { objectName } from '../report/names.ts';
import { sortFindings } from '../report/order.ts';
import { tool } from '../report/tool.ts';
import { readTextFile } from './manifests/read-text.ts';

const maxBytes = 512 * 1024 * 1024;

/** Reads a baseline or JSON report. Throws `baseline-invalid`. */
export async function loadBaseline(file: string, cwd: string): Promise<Baseline> {
  const baseline = readBaseline(await readJsonFile(file, cwd), { file, version: tool.version });
  if ('problem' in baseline) throw invalid(file, baseline.problem);
  return baseline;
}

/** A JSON file. Throws `baseline-invalid`. */
export async function readJsonFile(file: string, cwd: string): Promise<Json> {
  const read = await readTextFile(resolve(cwd, file), file, maxBytes);
  if ('gap' in read) throw invalid(file, read.gap.reason);
  try {
    return JSON.parse(read.text) as Json;
  } catch {
    throw invalid(file, 'it is not JSON');
  }
}

/**
 * Writes the findings as a baseline: one a line, with what it is about, so that a change of it can be reviewed, and how
 * bad it is, so that what has become worse is not taken for known. What exceptions cover is not in it: should one expire, its finding is new. Throws `output-unwritable`.
 */
export async function writeBaseline(judgement: Judgement, file: string): Promise<void> {
  const copies = copiesIn(judgement.snapshot);
  const findings = sortFindings(judgement.findings).map((finding) => {
    const { fingerprint, names: _, ...record } = recordOf(finding, copies);
    return {
      control: finding.control.id,
      object: objectName(finding.owner),
      ...(finding.subject.container && { container: finding.subject.container.name }),
      ...record,
      fingerprint,
    };
  });
  const text = jsonLines(
    new Map<string, unknown>([
      ['schema', baselineSchema],
      ['tool', tool],
      ['findings', findings],
    ]),
  );
  try {
    await writeFile(file, [...text].join(''));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BulwarkError('output-unwritable', `cannot write ${file}: ${reason}`, 'choose another --write-baseline', {
      cause: error,
    });
  }
}

function invalid(file: string, reason: string): BulwarkError {
  return new BulwarkError(
    'baseline-invalid',
    `${file}: ${reason}`,
    'give a file that `bulwark scan --write-baseline FILE` or `bulwark scan -o json=FILE` wrote',
  );
}
