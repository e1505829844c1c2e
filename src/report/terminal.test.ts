import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fixtureControls, fixtureJudgement, livePod } from '../../test/golden/fixture.ts';
import { plainFinding } from '../../test/plain-finding.ts';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { type Judgement, judge } from '../engine/judge.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { ReportOptions } from './report-format.ts';
import { terminal } from './terminal.ts';
import { textWidth } from './text-width.ts';

function print(judgement: Judgement, options: Partial<ReportOptions> = {}): string {
  return [...terminal(judgement, { color: 'never', width: 80, detail: 'short', ...options })].join('');
}

const empty = { schema: 'bulwark.snapshot/v1', takenAt: '', objects: [], inputs: [], gaps: [] } as const;
const controls = fixtureControls.filter(({ id }) => id === 'example/privileged' || id === 'example/host-pid');

function judgeObjects(objects: readonly KubeObject[]): Judgement {
  return judge({ ...empty, objects }, { controls });
}

const cleanPod = decodeManifest(
  'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a }] }\n',
  'a.yaml',
).objects;

describe('the terminal report', () => {
  it('says little of a clean scan', () => {
    expect(print(judgeObjects(cleanPod))).toBe('No findings\n1 object evaluated by 2 controls\n');
  });

  it('does not call a scan of nothing clean', () => {
    expect(print(judgeObjects([]))).toBe(
      'Nothing was evaluated, so nothing can be said\n0 objects evaluated by 2 controls\n',
    );
  });

  it('does not call an incomplete scan clean', () => {
    const gaps = [{ code: 'unavailable', what: 'pods', reason: 'timed out' }] as const;
    const text = print(judge({ ...empty, objects: cleanPod, gaps }, { controls }));
    expect(text).toContain('No findings in what could be judged\n');
    expect(text).toContain('Incomplete: 1 gap where nothing answered\n  pods: timed out\n');
  });

  it.each([60, 80, 140])('keeps to %i columns, apart from places', (width) => {
    for (const detail of ['short', 'full'] as const) {
      for (const line of print(fixtureJudgement(), { width, detail }).split('\n')) {
        const words = line.trim().replace(/.*(?=bulwark explain)/, '');
        const isPlace = !words.includes(' ') || /\.yaml(?::\d+|\s\()/.test(words);
        expect(isPlace || textWidth(line) <= width, line).toBe(true);
      }
    }
  });

  it('writes no escape unless colour is asked for, and then only colour', () => {
    const plain = print(fixtureJudgement());
    const colored = print(fixtureJudgement(), { color: 'always' });
    expect(plain).not.toMatch(/[^\P{Cc}\n]/u);
    expect(colored).not.toBe(plain);
    expect(stripVTControlCharacters(colored)).toBe(plain);
  });

  it('spells out what hostile names hold', () => {
    const text = print(fixtureJudgement());
    expect(text).toContain('Pod odd\\u001b[31m\\u202ename: container');
    expect(text).not.toMatch(/\u202e/);
  });

  it('cuts a name of any length', () => {
    expect(print(judgeObjects([livePod('x'.repeat(100_000))])).length).toBeLessThan(2_000);
  });

  it('names some of many objects and counts the rest, or names all', () => {
    const objects = Array.from({ length: 42 }, (_, index) => livePod(`pod-${index + 10}`));
    const short = print(judgeObjects(objects));
    expect(short.match(/Pod kube-system\/pod-\d+/g)).toEqual(
      ['10', '11', '12', '13', '14'].map((index) => `Pod kube-system/pod-${index}`),
    );
    expect(short).toContain('and 37 more; --verbose shows all');
    const full = print(judgeObjects(objects), { detail: 'full' });
    expect(full.match(/Pod kube-system\/pod-\d+/g)).toHaveLength(42);
    expect(full).not.toMatch(/and \d+ more/);
  });

  it('puts the gravest first, then what affects most', () => {
    const titles = print(fixtureJudgement(), { detail: 'full' }).match(/^(?:CRITICAL|HIGH|MEDIUM|LOW) .*$/gm);
    expect(titles).toEqual([
      'CRITICAL  example/privileged fails for 5 containers in 4 workloads',
      'HIGH  example/host-pid fails for 1 workload',
      'MEDIUM  example/named fails for 1 object',
      'LOW  example/mutable-tag fails for 2 containers in 1 workload',
    ]);
  });

  it('offers a fix only where there is a file to mend', () => {
    expect(print(judgeObjects([livePod('a')]))).not.toContain('bulwark fix');
    expect(print(fixtureJudgement())).toMatch(/edits that mend 2 of the 4\s+controls\s+that\s+fail;/);
  });

  it('manages 150,000 objects that fail one control', () => {
    const [finding] = fixtureJudgement().findings;
    if (finding === undefined) throw new Error('the fixture has no findings');
    const findings = Array.from({ length: 150_000 }, (_, index) => ({
      ...plainFinding(finding),
      owner: livePod(`p${index}`),
    }));
    const text = print({ ...fixtureJudgement(), findings }, { detail: 'full' });
    expect(text.match(/Pod kube-system\/p\d+, in /g)).toHaveLength(150_000);
  });
});
