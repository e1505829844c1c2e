import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import data from '../../../data/cves.json' with { type: 'json' };
import { parseImageReference } from '../../model/image-reference.ts';
import { compareVersions, parseVersion, type Version } from '../../model/version.ts';
import {
  firstClear,
  isAffected,
  isBeyondData,
  type Program,
  products,
  programOf,
  programOfImage,
  vulnerabilitiesOf,
} from './index.ts';

function version(text: string): Version {
  const parsed = parseVersion(text);
  if (parsed === undefined) throw new TypeError(`${text} is no version`);
  return parsed;
}

function program(id: string, part?: string): Program {
  const found = programOf(id, part);
  if (found === undefined) throw new TypeError(`${id} is not known`);
  return found;
}

const idsOf = (of: Program, text: string) => vulnerabilitiesOf(of, version(text)).map(({ id }) => id);

describe('vulnerabilities by version', () => {
  it.each([
    ['kubernetes', 'kubelet', 'v1.20.10', 'CVE-2021-25741', true],
    ['kubernetes', 'kubelet', 'v1.20.11', 'CVE-2021-25741', false],
    ['kubernetes', 'kubelet', 'v1.22.1', 'CVE-2021-25741', true],
    ['kubernetes', 'kubelet', 'v1.19.15', 'CVE-2021-25741', false],
    ['kubernetes', 'kube-apiserver', 'v1.20.10', 'CVE-2021-25741', false],
    ['kubernetes', 'kube-apiserver', 'v1.21.14', 'CVE-2022-3172', true],
    ['kubernetes', 'kubelet', 'v1.24.3', 'CVE-2025-0426', false],
    ['kubernetes', 'kubelet', 'v1.32.1', 'CVE-2025-0426', true],
    ['kubernetes', 'kube-controller-manager', 'v1.34.1', 'CVE-2025-13281', true],
    ['kubernetes', 'kube-controller-manager', 'v1.33.6', 'CVE-2025-13281', false],
    ['containerd', undefined, '1.7.28', 'CVE-2024-25621', true],
    // Two ranges from 0 on: the fix of the older line is none of the newer line's versions.
    ['containerd', undefined, '1.7.29', 'CVE-2024-25621', false],
    ['containerd', undefined, '2.0.6', 'CVE-2024-25621', true],
    ['containerd', undefined, '1.6.40', 'CVE-2024-40635', false],
    ['containerd', undefined, '2.1.8', 'CVE-2026-53489', true],
    // Of this line no fix is listed, so that its versions are not matched.
    ['containerd', undefined, '1.6.1', 'CVE-2026-53489', false],
    ['etcd', undefined, '3.4.45', 'GHSA-3wh4-j44w-pg92', true],
    ['etcd', undefined, '3.4.46', 'GHSA-3wh4-j44w-pg92', false],
    ['etcd', undefined, '3.4.13-0', 'CVE-2021-28235', true],
    ['docker-engine', undefined, '20.10.13+dfsg1', 'CVE-2022-24769', true],
    ['docker-engine', undefined, '20.10.14', 'CVE-2022-24769', false],
    ['docker-engine', undefined, '27.0.3', 'CVE-2024-41110', true],
    ['runc', undefined, '1.4.0-rc.2', 'CVE-2025-31133', true],
    ['runc', undefined, '1.4.0-rc.3', 'CVE-2025-31133', false],
    ['ingress-nginx', undefined, 'v1.11.4', 'CVE-2025-1974', true],
    ['ingress-nginx', undefined, 'v1.11.5', 'CVE-2025-1974', false],
  ])('of %s %s %s: %s is %s', (id, part, text, cve, expected) => {
    expect(idsOf(program(id, part), text).includes(cve)).toBe(expected);
  });

  it('say whose score a severity is, where no announcement told it with the row', () => {
    const rows: readonly { id: string; severity?: string; rated?: string }[] = data.rows;
    const rated = rows.filter((each) => each.rated !== undefined);
    expect(rated.length).toBeGreaterThan(100);
    expect(rated.filter(({ severity }) => severity === undefined)).toEqual([]);
    const sources = new Set(rated.map((each) => each.rated));
    expect([...sources].filter((source) => !/^CVSS v3 of [A-Z]\w+(?: \w+)?$/.test(source ?? ''))).toEqual([]);
  });

  it('say nothing of a version that is not told in full', () => {
    expect(idsOf(program('coredns'), '1.8')).toEqual([]);
  });

  it('are told gravest first', () => {
    const found = vulnerabilitiesOf(program('kubernetes', 'kubelet'), version('1.20.2'));
    expect(found[0]?.severity).toBe('high');
    expect(found.at(-1)?.severity).toBe('low');
  });

  it('never match a version outside all ranges of the row', () => {
    const all = [...products.values()].flatMap(({ vulnerabilities }) => vulnerabilities);
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.tuple(fc.nat(3), fc.nat(40), fc.nat(40)), (row, numbers) => {
        const asked: Version = { numbers, prerelease: undefined };
        const inside = row.ranges.some(
          ({ introduced, fixed, lastAffected }) =>
            compareVersions(introduced, asked) <= 0 &&
            (fixed === undefined || compareVersions(asked, fixed) < 0) &&
            (lastAffected === undefined || compareVersions(asked, lastAffected) <= 0),
        );
        expect(isAffected(asked, row)).toBe(inside);
      }),
      { numRuns: 500 },
    );
  });

  it('have no range that holds the fix of another, which back-ports would be matched by', () => {
    const wrong = [...products.values()].flatMap(({ vulnerabilities }) =>
      vulnerabilities.flatMap(({ id, ranges }) => {
        const fixes = ranges.flatMap(({ fixed }) => fixed ?? []);
        const holds = ranges.some(({ introduced, fixed }) =>
          fixes.some(
            (fix) => fixed !== undefined && compareVersions(introduced, fix) < 0 && compareVersions(fix, fixed) < 0,
          ),
        );
        return holds ? [id] : [];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('never match the version that mends them', () => {
    const wrong = [...products.values()].flatMap(({ vulnerabilities }) =>
      vulnerabilities.flatMap((row) =>
        row.ranges.flatMap(({ fixed }) =>
          fixed !== undefined && isAffected({ ...fixed, numbers: padded(fixed.numbers) }, row)
            ? [`${row.id}: ${fixed.numbers.join('.')}`]
            : [],
        ),
      ),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the version to go to', () => {
  it.each(['1.20.2', '1.30.1', '1.33.0'])('is later than %s, and open to nothing', (text) => {
    const kubelet = program('kubernetes', 'kubelet');
    const clear = firstClear(kubelet, version(text)) ?? '';
    expect(compareVersions(version(clear), version(text))).toBeGreaterThan(0);
    expect(idsOf(kubelet, clear)).toEqual([]);
  });
});

describe('programs', () => {
  it.each([
    ['registry.k8s.io/kube-apiserver:v1.30.0', 'kubernetes', 'kube-apiserver'],
    ['mirror.example/k8s/kube-proxy:v1.30.0', 'kubernetes', 'kube-proxy'],
    ['coredns/coredns:1.8.0', 'coredns', undefined],
    ['example.com/coredns/coredns:1.8.0', 'coredns', undefined],
    ['example.com/team/coredns:1.8.0', undefined, undefined],
    ['quay.io/argoproj/argocd:v2.9.3', 'argo-cd', undefined],
  ])('are known by their image: %s', (image, id, part) => {
    const reference = parseImageReference(image);
    const found = reference === undefined ? undefined : programOfImage(reference);
    expect([found?.product.id, found?.part]).toEqual([id, part]);
  });

  it('that are newer than the data are told as such', () => {
    expect(isBeyondData(program('kubernetes', 'kubelet'), version('v1.38.0'))).toBe(true);
    expect(isBeyondData(program('kubernetes', 'kubelet'), version('v1.37.5'))).toBe(false);
    expect(isBeyondData(program('coredns'), version('9.0.0'))).toBe(false);
  });
});

describe('the data', () => {
  const facts = new URL('../../../../shared/facts/k8s-cves.json', import.meta.url);
  const hasFacts = existsSync(facts);
  if (!hasFacts) console.warn('skipped: the list of vulnerabilities that data/cves.json is made from is not here');
  it.skipIf(!hasFacts)('has the ranges that were found, but for those that a note corrects', () => {
    interface Found {
      readonly id: string;
      readonly component: string;
      readonly ranges: readonly { readonly introduced: string; readonly fixed?: string }[];
    }
    const known: { readonly cves: readonly Found[] } = JSON.parse(readFileSync(facts, 'utf8'));
    const byId = new Map(known.cves.map((row) => [`${row.component} ${row.id}`, row]));
    const rows: readonly { id: string; product: string; note?: string; ranges: readonly { fixed?: string }[] }[] =
      data.rows;
    for (const { id, product, note, ranges } of rows) {
      const fixes = new Set(
        byId.get(`${product} ${id}`)?.ranges.map(({ fixed }) => fixed?.replace('+incompatible', '')),
      );
      if (note === undefined) expect([...fixes], id).toEqual(expect.arrayContaining(ranges.map(({ fixed }) => fixed)));
    }
    const kubernetes = known.cves.filter(
      ({ component, ranges }) => component === 'kubernetes' && ranges.every(({ fixed }) => fixed === undefined),
    );
    expect(kubernetes.map(({ id }) => id).toSorted()).toEqual(data.unfixed.map(({ id }) => id).toSorted());
  });
});

function padded(numbers: readonly number[]): readonly number[] {
  return [...numbers, 0, 0].slice(0, Math.max(3, numbers.length));
}
