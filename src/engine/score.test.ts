import { describe, expect, it } from 'vitest';
import { controls } from '../controls/registry.ts';
import { factsOf } from '../facts/facts.ts';
import type { Severity } from '../model/severity.ts';
import { fail, type Verdict } from '../model/verdict.ts';
import { judge, type VerdictCounts } from './judge.ts';
import { reweighed } from './reweigh.ts';
import { scoreOf } from './score.ts';

function scored(rows: readonly [Severity, Partial<VerdictCounts>][]) {
  const coverage = new Map(
    rows.map(([severity, counts], index) => {
      const control = { ...controls[index], severity } as (typeof controls)[number];
      const none = { pass: 0, fail: 0, 'not-applicable': 0, unknown: 0, manual: 0, error: 0 };
      return [control, { ...none, ...counts }] as const;
    }),
  );
  return scoreOf({ coverage });
}

describe('the score', () => {
  it.each<[string, [Severity, Partial<VerdictCounts>][], number | undefined, number | undefined]>([
    ['nothing', [], undefined, undefined],
    ['nothing that applies', [['high', { 'not-applicable': 5 }]], undefined, undefined],
    [
      'everything passes',
      [
        ['high', { pass: 3 }],
        ['low', { pass: 1 }],
      ],
      100,
      100,
    ],
    ['everything fails', [['high', { fail: 3 }]], 0, 100],
    ['half of one control', [['high', { pass: 1, fail: 1 }]], 50, 100],
    [
      'a grave failure among light passes',
      [
        ['critical', { fail: 1 }],
        ['low', { pass: 100 }],
      ],
      9,
      100,
    ],
    [
      'many objects do not drown a control',
      [
        ['high', { fail: 1 }],
        ['high', { pass: 9999 }],
      ],
      50,
      100,
    ],
    ['one in a thousand is not all', [['high', { pass: 999, fail: 1 }]], 99, 100],
    [
      'information counts nothing',
      [
        ['info', { fail: 9 }],
        ['high', { pass: 1 }],
      ],
      100,
      100,
    ],
    ['what is unknown is no pass', [['high', { pass: 1, unknown: 3 }]], 100, 25],
    ['nor what is manual or broke', [['high', { pass: 1, manual: 1, error: 1 }]], 100, 33],
    ['nothing decided', [['high', { unknown: 3 }]], undefined, 0],
    [
      'thirds are whole',
      [
        ['high', { pass: 3 }],
        ['high', { pass: 3 }],
        ['high', { pass: 3 }],
      ],
      100,
      100,
    ],
  ])('%s', (_, rows, score, coverage) => {
    expect(scored(rows)).toMatchObject({ score, coverage });
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
