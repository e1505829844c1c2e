import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import type { Json } from '../model/json.ts';
import { comparedRun } from '../report/compared-run.ts';
import { comparisonJson } from '../report/comparison-json.ts';
import { comparisonMarkdown } from '../report/comparison-markdown.ts';
import { comparisonText } from '../report/comparison-text.ts';
import { json } from '../report/json.ts';
import { type ComparedRun, compareRuns, readReport } from './comparison.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const schema = JSON.parse(readFileSync(join(root, 'schema/diff.schema.json'), 'utf8'));
const valid = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

const asked = new Set(['pods/host-network', 'pods/host-pid', 'pods/host-ipc', 'pods/host-port']);
const chosen = controls.filter(({ id }) => asked.has(id));
const pod = (fields: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  ${fields}\n  containers: []\n`;

function runOf(name: string, fields: string, without: string[] = []): ComparedRun {
  const run = chosen.filter(({ id }) => !without.includes(id));
  return comparedRun(judgeText(run, pod(fields)), name);
}

const before = runOf('before', 'hostNetwork: true\n  hostPID: true\n  hostIPC: true');
const after = runOf('after', 'hostPID: true\n  hostIPC: true\n  # so\n  hostNetwork: false', ['pods/host-ipc']);

describe('what changed between two runs', () => {
  it('is new, gone, kept, or not comparable', () => {
    const { added, gone, kept, incomparable } = compareRuns(after, before);
    expect(added.map(({ control, place }) => `${control} ${place}`)).toEqual(['pods/host-network example.yaml:5']);
    expect(gone).toEqual([]);
    expect(kept).toBe(1);
    expect(incomparable.map(({ control, side }) => `${control} ${side}`)).toEqual(['pods/host-ipc after']);
    expect(compareRuns(before, after).gone.map(({ control }) => control)).toEqual(['pods/host-network']);
  });

  it('is another severity', () => {
    const graver = {
      ...before,
      findings: before.findings.map((finding) => ({ ...finding, severity: 'critical' as const })),
    };
    const { changed, added } = compareRuns(before, graver);
    expect(added).toEqual([]);
    expect(changed.map(({ finding, was }) => `${finding.control} ${was} ${finding.severity}`)).toEqual([
      'pods/host-ipc high critical',
      'pods/host-network high critical',
      'pods/host-pid high critical',
    ]);
  });

  it('is worse where more is listed, and lighter where it is less grave', () => {
    const [first] = before.findings;
    if (first === undefined) throw new Error('no finding');
    const run = (more: object): ComparedRun => ({ ...before, findings: [{ ...first, ...more }] });
    const [few, many] = [run({ items: ['a'] }), run({ items: ['a', 'b'] })];
    expect(compareRuns(few, many).changed).toMatchObject([{ was: 'high', worse: { items: ['b'] } }]);
    expect(compareRuns(many, few)).toMatchObject({ changed: [], kept: 1 });
    expect(compareRuns(run({ message: 'x' }), run({ message: 'y' })).changed).toMatchObject([
      { worse: { words: ['y'] } },
    ]);
    const older = { ...run({ message: 'x' }), version: '0.0.1' };
    expect(compareRuns(older, run({ message: 'y' }))).toMatchObject({ changed: [], kept: 1 });
    const { changed } = compareRuns(few, run({ items: ['a'], severity: 'low' }));
    expect(changed.map(({ was, worse }) => [was, worse])).toEqual([['high', undefined]]);
  });

  it('is not known where a side could not read the file', () => {
    const broken = comparedRun(judgeText(chosen, 'a: ['), 'broken');
    expect(compareRuns(before, broken)).toMatchObject({ gone: [], added: [] });
    const { incomparable } = compareRuns(before, broken);
    expect(incomparable.map(({ side, why }) => `${side} ${why}`)).toEqual([
      'before file',
      'before file',
      'before file',
    ]);
    expect(compareRuns(broken, before)).toMatchObject({ added: [], incomparable: { length: 3 } });
  });

  it('is the same whether a side is judged or read from its report', () => {
    const judgement = judgeText(chosen, pod('hostNetwork: true\n  hostPID: true'));
    const report: Json = JSON.parse([...json(judgement)].join(''));
    const read = readReport(report, 'x');
    const judged = comparedRun(judgement, 'x');
    const byPrint = (run: ComparedRun) => run.findings.toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
    if ('problem' in read) throw new Error(read.problem);
    expect(byPrint(read)).toEqual(byPrint(judged));
    expect({ ...read, findings: [] }).toEqual({ ...judged, findings: [] });
  });

  it('is nothing between a run and itself', () => {
    expect(compareRuns(before, before)).toMatchObject({ added: [], gone: [], changed: [], incomparable: [], kept: 3 });
  });
});

describe('a comparison is told', () => {
  const comparison = compareRuns(after, { ...before, complete: false });

  it('as text', () => {
    const text = comparisonText(comparison, { color: 'never', width: 100, detail: 'full' });
    expect(text).toContain('New: 1 finding\n  HIGH  pods/host-network\n    example.yaml:5  Pod shop/web: ');
    expect(text).toContain('From after to before: 1 new, 0 gone, 1 as before, 1 not comparable');
    expect(text).toContain('Incomplete: not all of before could be read');
  });

  it('as Markdown, in which no name is markup', () => {
    const hostile = compareRuns(
      { ...after, findings: [] },
      { ...before, findings: before.findings.map((each) => ({ ...each, object: 'Pod <img src=x>|[a](http://b)' })) },
    );
    const text = comparisonMarkdown(hostile);
    expect(text).toContain('### 2 new findings, 0 gone');
    expect(text).not.toMatch(/<img|\]\(http/);
  });

  it('as JSON', () => {
    const value = JSON.parse([...comparisonJson(comparison)].join(''));
    valid(value);
    expect(valid.errors).toBeNull();
    expect(value).toMatchObject({
      schema: 'bulwark.diff/v1',
      summary: { new: 1, gone: 0, changed: 0, kept: 1, incomparable: 1 },
      new: [{ control: 'pods/host-network', severity: 'high', object: 'Pod shop/web' }],
      after: { name: 'before', complete: false },
    });
  });
});

describe('reading a report', () => {
  it.each<[string, Json, string]>([
    ['a list', [], 'it is no bulwark.report/v1'],
    ['a baseline', { schema: 'bulwark.baseline/v1' }, 'it is no bulwark.report/v1'],
    ['a report of nothing', { schema: 'bulwark.report/v1' }, 'findings or coverage are missing'],
    ['a finding of nothing', { schema: 'bulwark.report/v1', findings: [{}], coverage: [] }, 'findings[0]'],
  ])('%s is refused', (_, value, problem) => {
    expect(readReport(value, 'x')).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('never throws', () => {
    const list = fc.array(fc.jsonValue());
    fc.assert(
      fc.property(list, list, list, (findings, coverage, suppressed) => {
        readReport({ schema: 'bulwark.report/v1', findings, coverage, suppressed } as Json, 'x');
      }),
      { numRuns: 200 },
    );
  });
});
