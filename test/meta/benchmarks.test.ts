import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { answeredBy, editions } from '../../src/engine/benchmark-editions.ts';
import { guidances } from '../../src/engine/benchmark-guidance.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../data/benchmarks');

/** That they name controls that exist, and that every control has a row or a reason, `documents.test.ts` holds. */
describe('benchmarks', () => {
  it('are all read: no file is without an edition', () => {
    const files = readdirSync(folder).filter((name) => !['guides.json', 'unmapped.json'].includes(name));
    const readText = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;
    const known = new Set([...guidances.map(({ title }) => title), 'CIS Kubernetes Benchmark 1.12']);
    const unread = files.filter((name) => name !== 'cis-editions.json' && !known.has(String(readText(name).title)));
    expect(unread).toEqual([]);
    expect(new Set(editions.map(({ id }) => id)).size).toBe(editions.length);
  });

  it.each(guidances.map((each) => [each.title, each] as const))('%s is whole', (_, { editions: own, rows }) => {
    const wrong: string[] = [];
    for (const { id, title, controls: named, reason, editions: asking = [] } of rows) {
      if (rows.filter((row) => row.id === id).length > 1) wrong.push(`${id} is there twice`);
      if (named.length === 0 && reason === undefined) wrong.push(`${id} has neither controls nor a reason`);
      if (reason !== undefined && reason.length < 30) wrong.push(`${id} has hardly a reason`);
      if (title.endsWith('.') || title === '') wrong.push(`${id} has a title that is none`);
      if (new Set(named).size < named.length) wrong.push(`${id} names a control twice`);
      if (named.join() !== named.toSorted().join()) wrong.push(`${id} does not name its controls in order`);
      wrong.push(
        ...asking.filter((each) => !own.some((edition) => edition.id === each)).map((each) => `${id}: ${each}`),
      );
    }
    expect(wrong).toEqual([]);
  });

  it('say of each row whether controls answer it', () => {
    const kinds = (edition: string) => {
      const rows = editions.find(({ id }) => id === edition)?.rows ?? [];
      return (['automated', 'partial', 'manual'] as const).map(
        (kind) => rows.filter((row) => answeredBy(row) === kind).length > 0,
      );
    };
    expect(kinds('nsa-1.2')).toEqual([true, true, true]);
    expect(kinds('pss-baseline')).toEqual([true, false, false]);
    expect(kinds('attack')).toEqual([false, true, false]);
    expect(kinds('cis-1.12')).toEqual([true, false, false]);
    expect(kinds('gke-1.9.0')).toEqual([true, false, true]);
  });
});
