import { describe, expect, it } from 'vitest';
import { distributions } from '../model/component.ts';
import { editions } from './benchmark-editions.ts';
import { benchmarkNames, chooseEdition, type Platform } from './choose-edition.ts';

describe('editions of the benchmark', () => {
  it.each(editions.map((edition) => [edition.id, edition] as const))(
    '%s is whole',
    (_, { rows, distribution, kubernetes }) => {
      expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
      expect(rows.filter(({ id, title }) => !/^[a-zA-Z0-9_./-]+$/.test(id) || title.length < 5)).toEqual([]);
      if (kubernetes !== undefined) expect(kubernetes[0]).toBeLessThanOrEqual(kubernetes[1]);
      if (distribution !== undefined) expect(distributions).toContain(distribution);
    },
  );

  it('has the 131 rows of 1.12 and knows them in other editions by their numbers there', () => {
    const rowsOf = (id: string) => new Map(editions.find((each) => each.id === id)?.rows.map((row) => [row.id, row]));
    expect(rowsOf('cis-1.12').size).toBe(131);
    // 1.2.1 in all of them; anonymous requests to the kubelet, too.
    for (const id of ['cis-1.5', 'cis-1.20', 'cis-1.8', 'cis-2.0']) {
      expect(rowsOf(id).get('4.2.1')?.controls).toEqual(rowsOf('cis-1.12').get('4.2.1')?.controls);
    }
  });

  it.each<[string, Platform, string | undefined, RegExp | undefined]>([
    ['cis', { minor: 33, distribution: 'kubeadm' }, 'cis-1.12', undefined],
    ['cis', { minor: 20 }, 'cis-1.20', undefined],
    ['cis', { minor: 28, distribution: 'k3s' }, 'k3s-cis-1.9', undefined],
    ['cis', { minor: 30, distribution: 'eks' }, 'eks-1.7.0', undefined],
    ['cis', { minor: 37 }, 'cis-2.0', /and this is 1\.37: no edition here covers it/],
    ['cis', { minor: 35, distribution: 'eks' }, 'eks-1.8.0', /1\.35: no edition here covers it/],
    ['cis', {}, 'cis-2.0', /version of Kubernetes is not known/],
    ['cis-1.12', { minor: 20 }, 'cis-1.12', /meant for Kubernetes 1\.32 to 1\.34, and this is 1\.20/],
    ['eks-1.8.0', { minor: 33, distribution: 'kubeadm' }, 'eks-1.8.0', /meant for eks, and this looks like kubeadm/],
    ['cis-9', { minor: 33 }, undefined, undefined],
    ['nsa', { minor: 20, distribution: 'k3s' }, 'nsa-1.2', undefined],
    ['nsa-1.0', {}, 'nsa-1.0', undefined],
    ['owasp', {}, 'owasp-2025', undefined],
    ['owasp-2022', { minor: 33 }, 'owasp-2022', undefined],
    ['attack', {}, 'attack', undefined],
    ['pod-security-standards', { minor: 33 }, 'pss-restricted', undefined],
    ['pss-baseline', {}, 'pss-baseline', undefined],
    ['', {}, undefined, undefined],
  ])('%s on %o is %s', (asked, platform, id, reason) => {
    const chosen = chooseEdition(asked, platform);
    expect(chosen?.edition.id).toBe(id);
    if (reason === undefined) expect(chosen?.reasons ?? []).toEqual([]);
    else expect(chosen?.reasons.join()).toMatch(reason);
  });

  it('are known by benchmark and by edition', () => {
    expect(benchmarkNames()).toEqual(expect.arrayContaining(['cis', 'cis-1.12', 'nsa', 'nsa-1.1', 'pss-restricted']));
    expect(benchmarkNames().filter((name) => chooseEdition(name, {}) === undefined)).toEqual([]);
  });

  it('have rows of their own where they differ', () => {
    const ids = (edition: string) => editions.find(({ id }) => id === edition)?.rows.map(({ id }) => id) ?? [];
    const only = (edition: string, other: string) => ids(edition).filter((id) => !ids(other).includes(id));
    expect(only('nsa-1.0', 'nsa-1.2')).toEqual(['pods/pod-security-policy']);
    expect(only('nsa-1.2', 'nsa-1.0')).toContain('pods/enforced');
    expect(only('nsa-1.1', 'nsa-1.2')).toEqual([]);
    expect(only('pss-baseline', 'pss-restricted').toSorted()).toEqual([
      'capabilities_baseline',
      'hostPathVolumes',
      'procMount',
      'seccompProfile_baseline',
    ]);
    expect(only('pss-restricted', 'pss-baseline')).toHaveLength(7);
    for (const edition of ['owasp-2022', 'owasp-2025']) {
      expect(ids(edition)).toEqual(Array.from({ length: 10 }, (_, index) => `K${String(index + 1).padStart(2, '0')}`));
    }
  });
});
