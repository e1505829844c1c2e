import { parseKubernetesVersion } from '../facts/cluster-version.ts';
import type { Facts } from '../facts/facts.ts';
import { readNode } from '../facts/nodes.ts';
import type { Distribution } from '../model/component.ts';
import { distributionOf, distributionOfVersion } from '../semantics/node/distribution.ts';
import { type BenchmarkEdition, editions } from './benchmark-editions.ts';
import { podSecurityEdition } from './benchmark-guidance.ts';

/** What a cluster or node is, as far as a benchmark asks. */
export interface Platform {
  readonly minor?: number;
  readonly distribution?: Distribution;
}

export interface ChosenEdition {
  readonly edition: BenchmarkEdition;
  readonly platform: Platform;
  /** Why this edition, and where it does not fit what was read: always shown, so that nothing is chosen in silence. */
  readonly reasons: readonly string[];
}

/** The version and distribution of what was read: of the API server, else of the components on the nodes. */
export function platformOf(facts: Facts): Platform {
  const { cluster, nodes = [] } = facts.snapshot;
  const version = cluster?.version;
  let minor = parseKubernetesVersion(version)?.minor;
  let distribution = version === undefined ? undefined : distributionOfVersion(version);
  for (const node of nodes) {
    distribution ??= distributionOf(node);
    const { components } = facts.get(readNode)(node);
    minor ??= components.find(({ component }) => component !== 'etcd')?.config.minor;
    if (minor !== undefined && distribution !== undefined) break;
  }
  return { ...(minor !== undefined && { minor }), ...(distribution !== undefined && { distribution }) };
}

/**
 * The edition that `asked` names: `cis` for the one that fits the platform, another benchmark (`nsa`) for its newest or
 * strictest, or an edition's own name (`cis-1.12`, `k3s-cis-1.9`, `nsa-1.1`, `pss-restricted-v1.30`). Undefined: there is
 * none of that name.
 */
export function chooseEdition(asked: string, platform: Platform): ChosenEdition | undefined {
  const named = editions.find(({ id }) => id === asked) ?? podSecurityEdition(asked);
  if (named !== undefined) return { edition: named, platform, reasons: misfits(named, platform) };
  const ofBenchmark = editions.filter(({ benchmark }) => benchmark === asked);
  const own = ofBenchmark.filter(
    ({ distribution }) => distribution !== undefined && distribution === platform.distribution,
  );
  const generic = ofBenchmark.filter(({ distribution }) => distribution === undefined);
  const candidates = own.length > 0 ? own : generic;
  const fitting = candidates.filter((each) => platform.minor !== undefined && covers(each, platform.minor));
  const edition = newest(fitting) ?? nearestTo(candidates, platform.minor);
  if (edition === undefined) return undefined;
  return { edition, platform, reasons: misfits(edition, platform) };
}

/** What `chooseEdition` takes: benchmarks first, then their editions. */
export function benchmarkNames(): readonly string[] {
  return [...new Set([...editions.map(({ benchmark }) => benchmark), ...editions.map(({ id }) => id)])];
}

/** Every version, where an edition speaks of none. */
const anyVersion: readonly [number, number] = [0, Number.POSITIVE_INFINITY];

function covers({ kubernetes: [first, last] = anyVersion }: BenchmarkEdition, minor: number): boolean {
  return first <= minor && minor <= last;
}

function lastOf({ kubernetes: [, last] = anyVersion }: BenchmarkEdition): number {
  return last;
}

function firstOf({ kubernetes: [first] = anyVersion }: BenchmarkEdition): number {
  return first;
}

/** The one that reaches furthest; of equals the one that comes last. */
function newest(candidates: readonly BenchmarkEdition[]): BenchmarkEdition | undefined {
  return candidates.reduce<BenchmarkEdition | undefined>(
    (best, each) => (best === undefined || lastOf(each) >= lastOf(best) ? each : best),
    undefined,
  );
}

/** Where none covers a version, the nearest below it, since rows are added and seldom taken away; else the oldest. */
function nearestTo(candidates: readonly BenchmarkEdition[], minor: number | undefined): BenchmarkEdition | undefined {
  if (minor === undefined) return newest(candidates);
  const older = newest(candidates.filter((each) => lastOf(each) < minor));
  return older ?? candidates.toSorted((a, b) => firstOf(a) - firstOf(b))[0];
}

function misfits(edition: BenchmarkEdition, { minor, distribution }: Platform): string[] {
  const reasons: string[] = [];
  const { kubernetes, title } = edition;
  if (kubernetes === undefined) return reasons;
  if (minor === undefined) {
    reasons.push(
      `the version of Kubernetes is not known: give --benchmark an edition by name if ${title} is not the one`,
    );
  } else if (!covers(edition, minor)) {
    reasons.push(
      `${title} is meant for Kubernetes ${rangeText(kubernetes)}, and this is 1.${minor}: no edition here covers it`,
    );
  }
  if (distribution !== undefined && edition.distribution !== undefined && edition.distribution !== distribution) {
    reasons.push(`${title} is meant for ${edition.distribution}, and this looks like ${distribution}`);
  }
  return reasons;
}

/** `1.32 to 1.34`, `1.26`. */
export function rangeText([first, last]: readonly [number, number]): string {
  return first === last ? `1.${first}` : `1.${first} to 1.${last}`;
}
