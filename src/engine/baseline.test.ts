import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import type { Json } from '../model/json.ts';
import { type Baseline, baselineSchema, readBaseline } from './baseline.ts';
import { copiesIn, FindingRecords, recordOf } from './finding-record.ts';
import type { Judgement } from './judge.ts';
import { withBaseline } from './suppressed.ts';

const asked = new Set(['pods/privileged', 'pods/host-network', 'container-runtime/image-tag', 'pods/host-path']);
const chosen = controls.filter(({ id }) => asked.has(id));
const own = { file: 'base.json', version: '1.0.0' };

function baselineOf(judgement: Judgement, wording: Baseline['wording'] = 'same'): Baseline {
  const copies = copiesIn(judgement.snapshot);
  const records = judgement.findings.map((finding) => recordOf(finding, copies));
  return { file: 'base.json', records: new FindingRecords(records), wording };
}

describe('a baseline', () => {
  const containers = ['a', 'b', 'c'];
  const kinds = fc.record({
    blanks: fc.integer({ min: 0, max: 5 }),
    order: fc.shuffledSubarray(containers, { minLength: 3 }),
    volumes: fc.shuffledSubarray(['logs', 'run'], { minLength: 2 }),
    hash: fc.stringMatching(/^[0-9a-f]{8}$/),
    suffix: fc.stringMatching(/^[a-z0-9]{5}$/),
    style: fc.constantFrom('flow', 'block'),
    file: fc.constantFrom('before', 'after'),
  });

  /** One workload, however it is written down: a Deployment, the ReplicaSet of it, and a pod of that. */
  function written({
    blanks,
    order,
    volumes,
    hash,
    suffix,
    style,
    file,
  }: typeof kinds extends fc.Arbitrary<infer T> ? T : never): string {
    const gap = '# moved\n'.repeat(blanks);
    const container = (name: string): string =>
      style === 'flow'
        ? `    - {name: ${name}, image: nginx, securityContext: {privileged: true}}\n`
        : `    - name: ${name}\n      image: nginx\n      securityContext:\n        privileged: true\n`;
    const paths = volumes.map((name) => `    - {name: ${name}, hostPath: {path: /var/${name}}}\n`).join('');
    const spec = `spec:\n  hostNetwork: true\n  volumes:\n${paths}  containers:\n${order.map(container).join('')}`;
    const template = spec.replaceAll(/^/gm, '    ').trimEnd();
    const labels = `{app: web, pod-template-hash: "${hash}"}`;
    const owner = (kind: string, name: string) =>
      `[{apiVersion: apps/v1, kind: ${kind}, name: ${name}, uid: u, controller: true}]`;
    const objects = [
      `apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: web-${hash}, namespace: shop, labels: ${labels}, ownerReferences: ${owner('Deployment', 'web')}}\nspec:\n  template:\n${template}\n`,
      `apiVersion: v1\nkind: Pod\nmetadata: {name: api-${hash}-${suffix}, namespace: shop, labels: ${labels}, ownerReferences: ${owner('ReplicaSet', `api-${hash}`)}}\n${spec}`,
      `apiVersion: v1\nkind: Pod\nmetadata: {name: log-${suffix}, namespace: shop, ownerReferences: ${owner('DaemonSet', 'log')}}\n${spec}`,
    ];
    const sorted = file === 'before' ? objects : objects.toReversed();
    return sorted.map((text) => `${gap}${text}`).join('---\n');
  }

  it('holds when lines move, containers are reordered, and ReplicaSets and pods get new names', () => {
    fc.assert(
      fc.property(kinds, kinds, (before, after) => {
        const first = judgeText(chosen, written(before));
        const again = withBaseline(judgeText(chosen, written(after)), baselineOf(first));
        expect(first.findings.length).toBeGreaterThan(10);
        expect(again.findings.map(({ identity }) => identity)).toEqual([]);
        expect(again.baseline).toEqual({ file: 'base.json', known: first.findings.length, worse: 0, gone: 0 });
      }),
      { numRuns: 40 },
    );
  });

  it('lets pass what it has, and counts what is new and what is gone', () => {
    const pod = (fields: string) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {${fields}, containers: []}\n`;
    const before = judgeText(chosen, pod('hostNetwork: true, volumes: [{name: a, hostPath: {path: /a}}]'));
    const after = judgeText(chosen, pod('hostNetwork: true, volumes: [{name: b, hostPath: {path: /b}}]'));
    const { findings, suppressed, baseline } = withBaseline(after, baselineOf(before));
    expect(findings.map(({ control }) => control.id)).toEqual(['pods/host-path']);
    expect(suppressed?.map(({ finding, by }) => `${finding.control.id} ${by.kind}`)).toEqual([
      'pods/host-network baseline',
    ]);
    expect(baseline).toEqual({ file: 'base.json', known: 1, worse: 0, gone: 1 });
  });
});

describe('reading a baseline', () => {
  const print = 'a'.repeat(32);
  const tool = { name: 'bulwark', version: '1.0.0' };

  it.each<[string, Json, string[]]>([
    ['a baseline', { schema: baselineSchema, tool, findings: [{ fingerprint: print }] }, [print]],
    ['a report', { schema: 'bulwark.report/v1', tool, findings: [{ fingerprint: print, control: 'x' }] }, [print]],
    [
      'a report, but not what an exception covers in it',
      {
        schema: 'bulwark.report/v1',
        tool,
        findings: [],
        suppressed: [
          { fingerprint: print, suppression: { kind: 'baseline', place: 'x' } },
          { fingerprint: 'b'.repeat(32), suppression: { kind: 'exception', place: 'x' } },
        ],
      },
      [print],
    ],
  ])('%s', (_, value, expected) => {
    const read = readBaseline(value, own);
    if ('problem' in read) throw new Error(read.problem);
    expect(read.records.all.map(({ fingerprint }) => fingerprint)).toEqual(expected);
    expect([read.wording, read.notice]).toEqual(['same', undefined]);
  });

  it('of the older form knows fingerprints alone, and says so', () => {
    const older = { schema: 'bulwark.baseline/v1', tool, findings: [{ fingerprint: print, severity: 'low' }] };
    expect(readBaseline(older, own)).toMatchObject({
      records: { all: [{ fingerprint: print }] },
      notice:
        'base.json is of an older form (bulwark.baseline/v1): what has become worse since is not seen until it is written anew',
    });
  });

  it('takes what is worth comparing from a baseline and from a report', () => {
    const more = { severity: 'high', message: 'm', items: ['a'], cleanIn: ['b.yaml'] };
    const rendered = { source: 'rendered', file: 't.yaml', rendered: { by: 'helm', from: 'chart' } };
    const locations = [{ source: 'file', file: 'a.yaml' }, rendered, { source: 'cluster', file: '/api/v1/x' }];
    const read = (schema: string, item: Json) => readBaseline({ schema, tool, findings: [item] }, own);
    const expected = [{ fingerprint: print, ...more, files: ['a.yaml', 'chart'] }];
    expect(read(baselineSchema, { fingerprint: print, ...more, files: ['a.yaml', 'chart'] })).toMatchObject({
      records: { all: expected },
    });
    expect(read('bulwark.report/v1', { fingerprint: print, ...more, locations })).toMatchObject({
      records: { all: expected },
    });
  });

  it.each<[string, Json, string]>([
    [
      'another version',
      { name: 'bulwark', version: '0.9.0' },
      'base.json was written by version 0.9.0 and this is 1.0.0',
    ],
    ['no version', {}, 'base.json was written by an unknown version and this is 1.0.0'],
  ])('%s gives a notice', (_, wrote, notice) => {
    expect(readBaseline({ schema: baselineSchema, tool: wrote, findings: [] }, own)).toMatchObject({
      notice: expect.stringContaining(notice),
    });
  });

  it.each<[string, Json, string]>([
    ['a list', [], 'it is no JSON object'],
    [
      'a snapshot',
      { schema: 'bulwark.snapshot/v1' },
      'it must be bulwark.baseline/v2 or bulwark.report/v1, and is bulwark.snapshot/v1',
    ],
    ['another schema', { schema: 'bulwark.baseline/v3' }, 'and is bulwark.baseline/v3'],
    ['no schema', {}, 'and is no schema'],
    ['no findings', { schema: baselineSchema }, 'findings must be a list'],
    ['a finding without a fingerprint', { schema: baselineSchema, findings: [{}] }, 'findings[0] has no fingerprint'],
    ['a fingerprint that is none', { schema: baselineSchema, findings: ['x'] }, 'findings[0] has no fingerprint'],
  ])('%s is refused', (_, value, problem) => {
    expect(readBaseline(value, own)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('findings', 'suppressed', 'tool'), (value, key) => {
        readBaseline({ schema: baselineSchema, findings: [], [key]: value as Json }, own);
      }),
      { numRuns: 200 },
    );
  });
});
