import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decompress } from 'fzstd';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectManifests } from '../../src/collect/manifests/collect.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { controls } from '../../src/controls/registry.ts';
import { type Judgement, judge } from '../../src/engine/judge.ts';

const golden = fileURLToPath(new URL('samples.json', import.meta.url));
const samples = fileURLToPath(new URL('../../../shared/samples', import.meta.url));
const archive = join(samples, 'manifests.tar.zst');
const cluster = join(samples, 'lab-cluster.json.zst');
const isThere = existsSync(archive) && existsSync(cluster);
if (!isThere) console.warn(`skipped: the sample manifests and the recorded cluster are not at ${samples}`);

const names = ['argo-cd', 'bad-pods', 'kubernetes-examples', 'kubernetes-goat', 'online-boutique', 'lab-cluster.json'];

interface Adjudged {
  /** Why it is right that the control fails there. */
  readonly why: string;
  /** Findings of the default profile in each sample. */
  readonly counts: Readonly<Record<string, number>>;
}

const read = (): Record<string, Adjudged> => JSON.parse(readFileSync(golden, 'utf8'));

/**
 * What a default scan finds in real manifests and in a recorded cluster, without renderers, each control with the
 * reason why that is right. After a wanted change: `UPDATE_GOLDEN=1 npx vitest run test/golden/samples.test.ts`, read
 * the diff, and write the reason for what is new.
 */
describe.skipIf(!isThere)('findings in the samples', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-samples-'));
  const judged = new Map<string, Judgement>();

  beforeAll(async () => {
    const { status } = spawnSync('tar', ['-xf', '-', '-C', folder], { input: decompress(readFileSync(archive)) });
    expect(status).toBe(0);
    writeFileSync(join(folder, 'lab-cluster.json'), decompress(readFileSync(cluster)));
    for (const name of names) {
      const collected = await collectManifests({ paths: [name], cwd: folder, render: { mode: 'never' } });
      judged.set(name, judge(assembleSnapshot([collected], '2026-11-21T00:00:00Z'), { controls }));
    }
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, `${JSON.stringify(counted(judged), null, 2)}\n`);
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are as many as were adjudged', () => {
    expect(countsOf(counted(judged))).toEqual(countsOf(read()));
  });

  it('are each there for a reason', () => {
    expect(Object.entries(read()).flatMap(([id, { why }]) => (why.length > 20 ? [] : [id]))).toEqual([]);
  });

  it('come of no control that throws', () => {
    const errors = [...judged].flatMap(([name, { errors }]) => errors.map(({ control }) => `${name}: ${control.id}`));
    expect(errors).toEqual([]);
  });

  it('show no value of a credential', () => {
    const texts = [...judged.values()].flatMap(({ findings }) => findings.map(({ message }) => message)).join('\n');
    for (const secret of ['wJalrXUtnFEMI', 'hunter2', '8312341g-5678', 'yourpassword'])
      expect(texts).not.toContain(secret);
  });

  it('are no grave ones in a shop that was made with care', () => {
    const findings = judged.get('online-boutique')?.findings ?? [];
    expect(findings.filter(({ severity }) => severity === 'high' || severity === 'critical')).toEqual([]);
    const medium = new Set(findings.filter(({ severity }) => severity === 'medium').map(({ control }) => control.id));
    expect(medium.size).toBeLessThanOrEqual(7);
  });
});

function countsOf(adjudged: Record<string, Adjudged>): Record<string, Adjudged['counts']> {
  return Object.fromEntries(Object.entries(adjudged).map(([id, { counts }]) => [id, counts]));
}

/** Counts by control and sample, with the reasons that are written already. */
function counted(judged: ReadonlyMap<string, Judgement>): Record<string, Adjudged> {
  const known = existsSync(golden) ? read() : {};
  const counts = new Map<string, Map<string, number>>();
  for (const [name, { findings }] of judged) {
    for (const { control } of findings) {
      let here = counts.get(control.id);
      if (here === undefined) counts.set(control.id, (here = new Map()));
      here.set(name, (here.get(name) ?? 0) + 1);
    }
  }
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    sorted.map(([id, here]) => [id, { why: known[id]?.why ?? '', counts: Object.fromEntries(here) }]),
  );
}
