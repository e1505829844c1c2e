import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import nodeVulnerabilities from '../controls/versions/node-vulnerabilities.ts';
import { ageInDays, dataSets, dataState } from './data-sets.ts';
import { exitCodeOf } from './exit-code.ts';
import { judge } from './judge.ts';
import { unreadIn } from './unread.ts';

const node = (version: string) =>
  `apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {nodeInfo: {kubeletVersion: ${version}, operatingSystem: linux}}\n`;

function judged(version: string, takenAt: string) {
  return judge(assembleSnapshot([decodeManifest(node(version), 'node.yaml')], takenAt), {
    controls: [nodeVulnerabilities],
  });
}

describe('data that a scan needs', () => {
  it.each([
    ['2026-11-21T00:00:00Z', 'v1.36.1', 0, 0, 0],
    ['2027-02-01T00:00:00Z', 'v1.36.1', 0, 1, 0],
    ['2027-09-01T00:00:00Z', 'v1.36.1', 1, 0, 3],
    // What fails is wrong however old the data is.
    ['2027-09-01T00:00:00Z', 'v1.24.1', 0, 0, 1],
    // Evidence from before the data, and without a date.
    ['2021-01-01T00:00:00Z', 'v1.36.1', 0, 0, 0],
    ['', 'v1.36.1', 0, 0, 0],
  ])('on %s, of %s: %i gaps, %i notes, exit code %i', (takenAt, version, gaps, notes, code) => {
    const judgement = judged(version, takenAt);
    expect([judgement.gaps.length, unreadIn(judgement).length]).toEqual([gaps, notes]);
    expect(exitCodeOf(judgement, 'low')).toBe(code);
  });

  it('is told with its day and what rests on it', () => {
    expect(judged('v1.36.1', '2027-09-01T00:00:00Z').gaps[0]).toMatchObject({
      what: 'data/cves',
      reason:
        'known vulnerabilities by version: as of 2026-08-21, 12 months before the evidence, and one pass rests on it',
    });
  });

  it('does not matter where nothing is asked of it', () => {
    expect(judgeText([nodeVulnerabilities], 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n').gaps).toEqual([]);
  });
});

describe('each data set', () => {
  it('has a day, a source, and thresholds that follow each other', () => {
    for (const set of dataSets) {
      expect(set.asOf, set.id).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(set.sources.length, set.id).toBeGreaterThan(0);
      if (set.gapAfter !== undefined)
        expect(set.gapAfter, set.id).toBeGreaterThan(set.noticeAfter ?? Number.POSITIVE_INFINITY);
      expect(dataState(set, `${set.asOf}T00:00:00Z`), set.id).toMatch(/^(fresh|lasting)$/);
      expect(ageInDays(set, '')).toBeUndefined();
    }
  });
});
