import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import table from '../../data/workload-checks.json' with { type: 'json' };
import { controls } from '../../src/controls/registry.ts';

interface Check {
  readonly id: string;
  readonly title: string;
  readonly type: string;
  readonly controls?: readonly string[];
  /** Why there is no control for it. */
  readonly against?: string;
  /** What is being built that will have it. */
  readonly awaits?: string;
}

const checks: readonly Check[] = table.checks;
const byId = new Map(controls.map((control) => [control.id, control]));
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

describe('the checks that others have', () => {
  it('have a source and a date', () => {
    expect(table.source).toMatch(/.{40}/);
    expect(table.retrieved).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });

  it('have a control, or a reason against it, and not both', () => {
    const undecided = checks.filter(
      ({ controls: ids, against, awaits }) => [ids, against, awaits].filter((each) => each !== undefined).length !== 1,
    );
    expect(undecided.map(({ id }) => id)).toEqual([]);
    const reasons = checks.flatMap(({ id, against }) => (against === undefined || against.length > 40 ? [] : [id]));
    expect(reasons).toEqual([]);
  });

  it('name controls that exist', () => {
    const wrong = checks.flatMap(({ id, controls: ids }) =>
      (ids ?? []).filter((each) => !byId.has(each)).map((each) => `${id}: ${each}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are off by default where they are about reliability', () => {
    const isReliability = ({ type }: Check) => type === 'reliability' || type === 'hygiene';
    const wrong = checks.flatMap(({ id, type, controls: ids }) => {
      if (!isReliability({ id, type, title: '' }) || ids === undefined) return [];
      return ids.every((each) => byId.get(each)?.profile === 'security') ? [id] : [];
    });
    // Of these the other side is security: exhausted nodes, and names that somebody else may take.
    expect(wrong).toEqual(['cpu-limit', 'rbac-dangling', 'netpol-dangling']);
  });

  const facts = join(root, '../shared/facts/workload-checks.json');
  const hasFacts = existsSync(facts);
  if (!hasFacts) console.warn('skipped: the list of checks that data/workload-checks.json is made from is not here');
  it.skipIf(!hasFacts)('are all of those that were found', () => {
    const known: { checks: readonly Check[] } = JSON.parse(readFileSync(facts, 'utf8'));
    expect(checks.map(({ id, type }) => `${id} ${type}`)).toEqual(known.checks.map(({ id, type }) => `${id} ${type}`));
    expect(checks.length).toBe(174);
  });
});
