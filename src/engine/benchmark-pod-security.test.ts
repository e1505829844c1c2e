import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import pods from '../../data/benchmarks/pod-security-standards.json' with { type: 'json' };
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import { parsePodSecurityLevel, policyChecks } from '../semantics/pod-security/index.ts';
import { benchmarkResults } from './benchmark.ts';
import { guidanceEditions } from './benchmark-guidance.ts';
import { chooseEdition } from './choose-edition.ts';
import type { Judgement } from './judge.ts';

const folder = new URL('../../../shared/conformance/psa/', import.meta.url);
const present = existsSync(new URL('index.json', folder));
if (!present)
  console.warn(`skipped: ${folder.pathname} is not there, so the benchmark was not held against its fixtures`);

interface Row {
  readonly level: string;
  readonly version: string;
  readonly expect: 'pass' | 'fail';
  readonly check: string | null;
  readonly fixture: string;
}

const rows: readonly Row[] = present ? JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) : [];
const named = new Set(pods.rows.flatMap((row) => row.controls));
const ofBenchmark = controls.filter(({ id }) => named.has(id));

const fixtureText = (name: string): string => readFileSync(new URL(`fixtures/${name}`, folder), 'utf8');

/** Each row that is no pass, with the controls that tell why, or else the reason. */
function unmet(edition: string, judgement: Judgement): Record<string, string> {
  const chosen = chooseEdition(edition, {});
  if (chosen === undefined) throw new Error(`there is no edition ${edition}`);
  const results = benchmarkResults(chosen.edition, judgement).filter(({ state }) => state.kind !== 'pass');
  return Object.fromEntries(
    results.map(({ check, state, failing }) => {
      const reasons = 'reasons' in state ? state.reasons : [];
      return [check.id, `${state.kind}: ${[...failing.map(({ id }) => id), ...reasons].join('; ')}`];
    }),
  );
}

const unmasked = (hostUsers: boolean): string => `apiVersion: v1
kind: Pod
metadata: {name: nested, namespace: shop}
spec: {hostUsers: ${hostUsers}, containers: [{name: a, image: a, securityContext: {procMount: Unmasked}}]}
`;

describe('editions of the Pod Security Standards', () => {
  const standards = guidanceEditions.flatMap(({ id, podSecurity: policy, rows: own }) =>
    policy === undefined ? [] : [{ id, policy, own }],
  );

  it.each(standards)('$id has the rows of its newest version', ({ id, policy, own }) => {
    expect(pods.editions.map(({ level }) => parsePodSecurityLevel(level))).not.toContain(undefined);
    expect(id).toBe(`pss-${policy.level}`);
    expect(own.map((row) => row.id).toSorted()).toEqual(policyChecks(policy).toSorted());
  });

  it.each([
    ['pss-restricted-v1.30', ['procMount', 'runAsUser', 'seccompProfile_restricted'], ['procMount_restricted']],
    ['pss-restricted-v1.18', ['capabilities_baseline', 'seccompProfile_baseline'], ['runAsUser']],
    ['pss-baseline-v1.30', ['procMount'], ['hostProbesAndHostLifecycle']],
    ['pss-baseline-v1.34', ['hostProbesAndHostLifecycle'], []],
  ])('%s has its own rows', (name, present, absent) => {
    const ids = chooseEdition(name, {})?.edition.rows.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(present));
    expect(ids?.filter((id) => absent.includes(id))).toEqual([]);
  });

  it.each(['pss-restricted-v1', 'pss-privileged-v1.30', 'pss-restricted-latest', 'pss-restricted-v1.30-', 'nsa-v1.2'])(
    'has none by the name %s',
    (name) => expect(chooseEdition(name, {})).toBeUndefined(),
  );

  it('judges a version that is newer than any known as the newest, and says so', () => {
    expect(chooseEdition('pss-baseline-v1.99', {})?.edition.title).toMatch(/, v1\.99, judged as v1\.\d+$/);
  });

  it.each([
    ['pss-baseline', true, 'fail: pods/proc-mount'],
    ['pss-baseline', false, undefined],
    ['pss-baseline-v1.30', false, expect.stringMatching(/^fail: Pod shop\/nested: .*must not set .*procMount/)],
    ['pss-baseline-v1.35', false, undefined],
  ])('%s on an unmasked /proc with hostUsers: %s', (edition, hostUsers, expected) => {
    expect(unmet(edition, judgeText(ofBenchmark, unmasked(hostUsers))).procMount).toEqual(expected);
  });

  it('restricted keeps user namespaces from unmasking /proc', () => {
    const rowsOf = unmet('pss-restricted', judgeText(ofBenchmark, unmasked(false)));
    expect(rowsOf.procMount_restricted).toMatch(/^fail: Pod shop\/nested: .*procMount/);
  });

  it('does not pass what cannot be read, and says so of what is not there', () => {
    const broken =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: maybe, containers: [{name: a, image: a}]}';
    expect(unmet('pss-baseline', judgeText([], broken)).hostNamespaces).toMatch(/^unknown: Pod a: a part of it cannot/);
    const none = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}';
    expect(unmet('pss-baseline', judgeText([], none)).hostNamespaces).toBe('no-evidence: ');
  });
});

describe.skipIf(!present)('the benchmark, held against the fixtures of Pod Security', () => {
  const judged = new Map<string, Judgement>();
  const judgementOf = (name: string): Judgement => {
    const known = judged.get(name) ?? judgeText([], fixtureText(name));
    judged.set(name, known);
    return known;
  };

  it('passes and fails each at every version', () => {
    expect(rows.length).toBeGreaterThan(3500);
    const wrong = rows.filter(({ level, version, expect: outcome, fixture }) => {
      const edition = level === 'privileged' ? undefined : `pss-${level}-${version}`;
      if (edition === undefined) return false;
      return (Object.keys(unmet(edition, judgementOf(fixture))).length === 0) !== (outcome === 'pass');
    });
    expect(wrong).toEqual([]);
  });

  it('has a control tell every failure of the newest version but one', () => {
    const newest = rows.filter(({ version, expect: outcome }) => version === 'v1.30' && outcome === 'fail');
    const untold = new Set<string>();
    for (const { level, fixture } of newest) {
      const results = unmet(`pss-${level}`, judgeText(ofBenchmark, fixtureText(fixture)));
      for (const [id, text] of Object.entries(results)) if (text.includes('Pod ')) untold.add(`${level} ${id}`);
    }
    expect([...untold]).toEqual(['restricted procMount_restricted']);
  });
});
