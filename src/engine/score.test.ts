import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import { factsOf } from '../facts/facts.ts';
import { type Severity, severities } from '../model/severity.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { fail, type Verdict } from '../model/verdict.ts';
import type { Finding } from './finding.ts';
import { judge, type VerdictCounts } from './judge.ts';
import { reweighed } from './reweigh.ts';
import { scoreOf } from './score.ts';

/** Objects, each with the gravest control that judged it and its findings. */
type Row = readonly [Severity, ...Severity[]];

const [anyControl] = controls;
const object = (index: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  name: `p${index}`,
  namespace: 'a',
  value: {},
  source: { file: 'a.yaml', document: index, base: [] },
});

function scored(rows: readonly Row[], counts: Partial<VerdictCounts> = { pass: 1 }) {
  if (anyControl === undefined) throw new Error('no control');
  const objects = rows.map((_, index) => object(index));
  const findings = rows.flatMap(([, ...severities], index) =>
    severities.map((severity): Finding => {
      const owner = objects[index] ?? object(index);
      const failure = fail('a', []);
      const subject = { object: owner, path: [], template: '' };
      const places = [{ object: owner, path: [] }];
      return { control: anyControl, severity, subject, failure, message: 'a', owner, identity: `${index}`, places };
    }),
  );
  const none = { pass: 0, fail: 0, 'not-applicable': 0, unknown: 0, manual: 0, error: 0 };
  return scoreOf({
    coverage: new Map([[anyControl, { ...none, ...counts }]]),
    judged: new Map(rows.map(([severity], index) => [objects[index] ?? object(index), severity])),
    findings,
  });
}

describe('the score', () => {
  it.each<[string, readonly Row[], number | undefined]>([
    ['nothing', [], undefined],
    ['everything passes', [['critical'], ['low']], 100],
    ['information counts nothing', [['critical', 'info']], 100],
    ['only what judges nothing', [['info']], undefined],
    ['an object alone, and critical', [['critical', 'critical']], 0],
    ['an object alone, and high', [['critical', 'high']], 37],
    ['an object alone, and medium', [['critical', 'medium', 'medium', 'low']], 72],
    ['an object alone, and low', [['critical', 'low']], 89],
    ['half of the objects', [['critical', 'critical'], ['critical']], 25],
    ['objects of little weight do not hide it', [['critical', 'critical'], ['low'], ['low']], 8],
    ['graver than its control', [['low', 'critical'], ['critical']], 25],
    ['one finding or ten of an object are the same', [['critical', 'high', 'high', 'high'], ['critical']], 56],
    [
      'one in a thousand is not all',
      [['critical', 'critical'], ...Array.from({ length: 999 }, (): Row => ['critical'])],
      49,
    ],
    ['one low in a thousand', [['critical', 'low'], ...Array.from({ length: 999 }, (): Row => ['critical'])], 98],
  ])('%s', (_, rows, score) => {
    expect(scored(rows).score).toBe(score);
  });

  it('is below half with a critical finding, and never better for a graver one', () => {
    const rows = fc.array(fc.tuple(fc.constantFrom(...severities), fc.constantFrom(...severities)), { minLength: 1 });
    fc.assert(
      fc.property(rows, fc.nat(), (all, at) => {
        const index = at % all.length;
        const worse = all.map(
          ([judged, found], each): Row => (each === index ? [judged, 'critical'] : [judged, found]),
        );
        const [before, after] = [scored(all).score ?? 100, scored(worse).score ?? 100];
        expect(after).toBeLessThan(50);
        expect(after).toBeLessThanOrEqual(before);
      }),
      { numRuns: 200 },
    );
  });

  it('says what it is made of', () => {
    expect(scored([['critical', 'high', 'low'], ['high'], ['low', 'low']])).toMatchObject({
      gravest: 'high',
      objects: 3,
      affected: 2,
      controls: 1,
    });
  });

  it.each<[string, Partial<VerdictCounts>, number | undefined]>([
    ['everything decided', { pass: 3, fail: 1, 'not-applicable': 5 }, 100],
    ['what is unknown is no pass', { pass: 1, unknown: 3 }, 25],
    ['nor what is manual or broke', { pass: 1, manual: 1, error: 1 }, 33],
    ['nothing decided', { unknown: 3 }, 0],
    ['nothing that applies', { 'not-applicable': 5 }, undefined],
  ])('has the coverage beside it: %s', (_, counts, coverage) => {
    expect(scored([['high']], counts).coverage).toBe(coverage);
  });

  it('counts a workload once, with its pods, and every copy of an object', () => {
    const pod = (name: string, rest: string) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: a${rest}}\nspec: {hostNetwork: true, containers: []}\n`;
    const owner = (uid: string) =>
      `, ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: d, uid: ${uid}, controller: true}]`;
    const daemon =
      'apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d, namespace: a, uid: u}\nspec: {template: {spec: {hostNetwork: true, containers: []}}}\n';
    const chosen = controls.filter(({ id }) => id === 'pods/host-network');
    const text = [daemon, pod('d-1', owner('u')), pod('d-2', owner('u')), pod('x', ''), pod('x', '')].join('---\n');
    expect(scoreOf(judgeText(chosen, text))).toMatchObject({ objects: 3, affected: 3, gravest: 'high', score: 0 });
  });
});

describe('severities of the configuration', () => {
  const [control] = controls.filter(({ id }) => id === 'pods/host-network');
  const asked = { pass: 'pass', fail: [fail('a', [], { severity: 'low' }), fail('b', [])] } as const;

  it.each<[string, () => Verdict | readonly ReturnType<typeof fail>[], string[]]>([
    ['failures, graver ones or lighter', () => asked.fail, ['critical', 'critical']],
    ['a single failure', () => asked.fail[0], ['critical']],
    ['a pass', () => [], []],
  ])('hold for %s', (_, check, severities) => {
    const [heavy] = reweighed(
      [{ ...control, check } as (typeof controls)[number]],
      new Map([['pods/host-network', 'critical']]),
    );
    const takenAt = '2026-11-21T00:00:00Z';
    const snapshot = { schema: 'bulwark.snapshot/v1', takenAt, inputs: [], gaps: [], objects: [] } as const;
    const verdict = (heavy?.check as (subject: object, facts: object) => unknown)({}, factsOf(snapshot));
    expect([verdict].flat().map((each) => (each as { severity: string }).severity)).toEqual(severities);
    expect(judge(snapshot, { controls: heavy === undefined ? [] : [heavy] }).controls[0]?.severity).toBe('critical');
  });

  it('leave the others alone', () => {
    expect(
      reweighed(controls, new Map([['pods/host-network', 'low']])).filter((each) => controls.includes(each)).length,
    ).toBe(controls.length - 1);
  });
});
