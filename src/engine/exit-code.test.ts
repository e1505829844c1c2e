import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import { editions } from './benchmark-editions.ts';
import { ExceptionBook } from './exceptions.ts';
import { benchmarkExitCode, exitCodeOf, openRows } from './exit-code.ts';
import { withExceptions } from './suppressed.ts';

const baseline = editions.filter(({ id }) => id === 'pss-baseline');
const pod = (spec: string) =>
  judgeText(
    controls,
    `apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {${spec}, containers: [{name: a, image: a}]}\n`,
  );

describe('the exit code with a benchmark', () => {
  it.each([
    ['findings that no row asks for', 'hostUsers: true, volumes: [{name: t, secret: {secretName: t}}]', 0],
    ['a row that fails', 'hostNetwork: true', 1],
  ])('follows its rows: %s', (_, spec, code) => {
    const judgement = pod(spec);
    expect(baseline).toHaveLength(1);
    expect(exitCodeOf(judgement, 'low')).toBe(1);
    expect(benchmarkExitCode(judgement, baseline)).toBe(code);
  });

  it('lets a row pass whose every failure is accepted, and no other', () => {
    const accepted = (...ids: string[]) =>
      withExceptions(pod('hostNetwork: true, hostPID: true'), {
        book: new ExceptionBook(
          ids.map((control) => ({
            control,
            reason: 'r',
            owner: 'o',
            expires: '2027-01-31',
            origin: { by: 'configuration' as const, place: 'bulwark.yaml:1' },
          })),
          controls.map(({ id }) => id),
        ),
        now: new Date('2026-11-21T00:00:00Z'),
      });
    expect(benchmarkExitCode(accepted('pods/host-network'), baseline)).toBe(1);
    const both = accepted('pods/host-network', 'pods/host-pid');
    expect(baseline.flatMap((edition) => openRows(edition, both))).toEqual([]);
    expect(benchmarkExitCode(both, baseline)).toBe(0);
  });

  it('is that of what could not be read, first', () => {
    expect(benchmarkExitCode(judgeText(controls, 'a: ['), baseline)).toBe(3);
  });
});
