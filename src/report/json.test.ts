import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { fixtureControls, fixtureJudgement, fixtureSnapshot, livePod } from '../../test/golden/fixture.ts';
import { plainFinding } from '../../test/plain-finding.ts';
import type { Finding } from '../engine/finding.ts';
import { type Judgement, judge } from '../engine/judge.ts';
import type { Positions } from '../model/snapshot.ts';
import { json } from './json.ts';
import { sarif } from './sarif.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const schema: object = JSON.parse(readFileSync(join(root, 'schema/report.schema.json'), 'utf8'));
const valid = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

function reportOf(judgement: Judgement): Record<string, unknown> {
  return JSON.parse([...json(judgement)].join(''));
}

describe('the JSON report', () => {
  it('is what its schema says', () => {
    valid(reportOf(fixtureJudgement()));
    expect(valid.errors).toBeNull();
  });

  it('is what its schema says with what lies in an etcd', () => {
    const stored = { live: { count: 2, examples: ['a/b'] }, old: { count: 0, examples: [] }, freed: 1 };
    const key = { form: 'encrypted', provider: 'aescbc', version: 'v1', key: 'key1' } as const;
    const data = {
      ...({ from: 'file', at: 'etcd.db', size: { total: 1, inUse: 1 }, revision: 1 } as const),
      ...{ otherKeys: 0, complete: true },
      ...{ resources: [{ resource: 'secrets', stored: [{ as: key, ...stored }] }], problems: [] },
    } as const;
    const report = reportOf(judge({ ...fixtureSnapshot(), etcd: [data] }, { controls: [] }));
    valid(report);
    expect(valid.errors).toBeNull();
    expect(report['etcd']).toMatchObject([{ resources: [{ stored: [{ form: 'encrypted', live: 2, freed: 1 }] }] }]);
  });

  it('is what its schema says for a scan of nothing', () => {
    const nothing = { ...fixtureSnapshot(), objects: [], inputs: [], gaps: [] };
    const report = reportOf(judge(nothing, { controls: [] }));
    valid(report);
    expect(valid.errors).toBeNull();
    expect(report.findings).toEqual([]);
  });

  it.each([
    ['a finding without a fingerprint', { fingerprint: undefined }],
    ['a finding with a field of its own', { line: 3 }],
    ['another verdict', { verdict: 'pass' }],
  ])('is not, with %s', (_, change) => {
    const report = reportOf(fixtureJudgement());
    const [finding] = report.findings as object[];
    expect(valid(JSON.parse(JSON.stringify({ ...report, findings: [{ ...finding, ...change }] })))).toBe(false);
  });

  it.each([
    ['json', json],
    ['sarif', sarif],
  ])('%s has the same bytes whatever the order of the evidence and the time of the snapshot', (_, format) => {
    const snapshot = fixtureSnapshot();
    const turned = {
      ...snapshot,
      takenAt: '2030-01-01T00:00:00Z',
      objects: snapshot.objects.toReversed(),
      inputs: snapshot.inputs.toReversed(),
      gaps: snapshot.gaps.toReversed(),
    };
    const text = [...format(judge(turned, { controls: fixtureControls.toReversed() }))].join('');
    expect(text).toBe([...format(fixtureJudgement())].join(''));
  });

  it('tells the Pod that was read from the object to go to', () => {
    const deployment = fixtureSnapshot().objects[0];
    const [finding] = fixtureJudgement().findings;
    if (deployment === undefined || finding === undefined) throw new Error('the fixture is empty');
    const pod = livePod('web-1');
    const found = { ...plainFinding(finding), owner: deployment, subject: { ...finding.subject, object: pod } };
    const report = reportOf({ ...fixtureJudgement(), findings: [found] });
    expect((report.findings as { subject: unknown }[])[0]?.subject).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'web',
      container: finding.subject.container?.name,
      containerRole: finding.subject.container?.role,
      observedIn: { apiVersion: 'v1', kind: 'Pod', namespace: 'kube-system', name: 'web-1' },
    });
  });

  it.each([
    ['json', json],
    ['sarif', sarif],
  ])('%s of 50,000 findings comes in pieces and is made as it is taken', (_, format) => {
    let located = 0;
    const judgement = { ...fixtureJudgement(), findings: manyFindings(50_000, () => (located += 1)) };
    const pieces = format(judgement)[Symbol.iterator]();
    expect(pieces.next().done).toBe(false);
    expect(located).toBeLessThan(1_000);
    let longest = 0;
    let length = 0;
    for (let piece = pieces.next(); piece.done !== true; piece = pieces.next()) {
      longest = Math.max(longest, piece.value.length);
      length += piece.value.length;
    }
    expect(located).toBe(50_000);
    expect(length).toBeGreaterThan(15_000_000);
    expect(longest).toBeLessThan(200_000);
  });
});

function manyFindings(count: number, onLocate: () => void): Finding[] {
  const [finding] = fixtureJudgement().findings;
  if (finding === undefined) throw new Error('the fixture has no findings');
  const positions: Positions = {
    locate: () => {
      onLocate();
      return { line: 1, column: 1, endLine: 1, endColumn: 2 };
    },
    toJSON: () => null,
  };
  return Array.from({ length: count }, (_, index) => {
    const pod = livePod(`pod-${index}`);
    const owner = { ...pod, source: { ...pod.source, file: `pod-${index}.yaml`, positions } };
    const places = [{ object: owner, path: finding.failure.at }];
    return { ...plainFinding(finding), owner, identity: `${finding.control.id}\n${index}`, places };
  });
}
