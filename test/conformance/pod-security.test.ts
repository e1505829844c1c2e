import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isObject } from '../../src/model/json.ts';
import type { Pod } from '../../src/model/pod.ts';
import {
  evaluatePod,
  type PodSecurityLevel,
  parsePolicyVersion,
  podFromJson,
} from '../../src/semantics/pod-security/index.ts';
import { parseYaml } from '../../src/yaml/parse.ts';

interface Row {
  readonly level: PodSecurityLevel;
  readonly version: string;
  readonly expect: 'pass' | 'fail';
  /** Lower-cased check id; null for a base fixture. */
  readonly check: string | null;
  readonly fixture: string;
}

const folder = new URL('../../../shared/conformance/psa/', import.meta.url);
const present = existsSync(new URL('index.json', folder));
if (!present)
  console.warn('skipped: upstream fixtures of the Pod Security Standards are not in ../shared/conformance/psa');

const rows: readonly Row[] = present ? JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) : [];

/** The restricted check that stands in for a baseline one, and the policy minor since which it does. */
const overrides = new Map([
  ['hostpathvolumes', { by: 'restrictedvolumes', since: 0 }],
  ['capabilities_baseline', { by: 'capabilities_restricted', since: 22 }],
  ['seccompprofile_baseline', { by: 'seccompprofile_restricted', since: 19 }],
  ['procmount', { by: 'procmount_restricted', since: 35 }],
]);

/** Fixtures that cannot help breaking a second check, by the start of their name. */
const secondReasons: readonly { fixture: string; level?: PodSecurityLevel; since: number; check: string }[] = [
  // A HostProcess pod must be on the host network.
  { fixture: 'windowshostprocess', since: 0, check: 'hostnamespaces' },
  // The API refuses a privileged container that forbids privilege escalation, so these leave it unset.
  { fixture: 'privileged', level: 'restricted', since: 8, check: 'allowprivilegeescalation' },
  // This container has no security context at all, so it drops no capabilities either.
  { fixture: 'allowprivilegeescalation3', since: 22, check: 'capabilities_restricted' },
];

/** The checks that the row's pod fails, in any order. */
function expectedChecks({ level, version, expect: outcome, check, fixture }: Row, pod: Pod): readonly string[] {
  if (outcome === 'pass' || check === null) return [];
  const minor = Number(version.slice('v1.'.length));
  const override = overrides.get(check);
  const overridden = level === 'restricted' && override !== undefined && minor >= override.since;
  const checks = [overridden ? override.by : check];
  for (const second of secondReasons) {
    if (!fixture.startsWith(second.fixture) || minor < second.since) continue;
    if (second.level === undefined || second.level === level) checks.push(second.check);
  }
  // API defaulting: on the host network every declared port is a host port.
  if (pod.hostNetwork && pod.containers.some(({ ports }) => ports.length > 0)) checks.push('hostports');
  return checks;
}

const pods = new Map<string, Pod>();

function fixturePod(name: string): Pod {
  const known = pods.get(name);
  if (known !== undefined) return known;
  const { value } = parseYaml(readFileSync(new URL(`fixtures/${name}`, folder), 'utf8'), 1);
  if (!isObject(value)) throw new Error(`${name} is not an object`);
  const { pod, malformed } = podFromJson(value);
  expect(malformed, name).toEqual([]);
  pods.set(name, pod);
  return pod;
}

describe.skipIf(!present)('upstream fixtures of the Pod Security Standards', () => {
  it('are all there', () => {
    const counts = { baseline: { pass: 0, fail: 0 }, restricted: { pass: 0, fail: 0 } };
    for (const row of rows) if (row.level !== 'privileged') counts[row.level][row.expect] += 1;
    expect(counts).toEqual({ baseline: { pass: 341, fail: 899 }, restricted: { pass: 470, fail: 1855 } });
    expect(rows).toHaveLength(3565);
  });

  it.each(['baseline', 'restricted'] as const)('agree at %s', (level) => {
    const disagreements: string[] = [];
    for (const row of rows.filter((candidate) => candidate.level === level)) {
      const version = parsePolicyVersion(row.version);
      if (version === undefined) throw new Error(`${row.version} is not a policy version`);
      const pod = fixturePod(row.fixture);
      const failed = evaluatePod(pod, { level, version }).map(({ check }) => check.toLowerCase());
      const expected = expectedChecks(row, pod);
      if (failed.toSorted().join() !== expected.toSorted().join()) {
        disagreements.push(`${row.version} ${row.expect} ${row.fixture}: [${failed}], not [${expected}]`);
      }
    }
    expect(disagreements).toEqual([]);
  });
});
