import support from '../../../data/component-support.json' with { type: 'json' };
import type { Distribution } from '../../model/component.ts';
import type { Severity } from '../../model/severity.ts';
import { compareVersions, parseVersion } from '../../model/version.ts';

export type Product = keyof typeof support.products;

/** A release line that gets no fixes any more. */
export interface EndedLine {
  /** `1.20`. */
  readonly line: string;
  /** The last day with fixes, as `2022-02-28`. */
  readonly ended: string;
  /** Graver once holes that were found since then have had time to become known. */
  readonly severity: Severity;
}

const halfYear = 182 * 24 * 60 * 60 * 1000;

/**
 * How long a release line is maintained, as of `today` (RFC 3339; without one, the day of the data counts). Undefined
 * where it still gets fixes, or is newer than the data. Source and date: `data/component-support.json`.
 *
 * @param version of which the first two numbers count: `1.20`, `v1.7.2`
 */
export function endedLine(product: Product, version: string, today: string): EndedLine | undefined {
  const parsed = parseVersion(version);
  const [major, minor] = parsed?.numbers ?? [];
  if (parsed === undefined || major === undefined || minor === undefined) return undefined;
  const lines = support.products[product];
  const oldest = lines.at(-1);
  const own = lines.find(({ line }) => line === `${major}.${minor}`) ?? (isBefore(oldest?.line) ? oldest : undefined);
  const now = today === '' ? support.retrieved : today;
  if (own === undefined || own.ended >= now.slice(0, 10)) return undefined;
  const isLong = Date.parse(now) - Date.parse(own.ended) > halfYear;
  return { line: `${major}.${minor}`, ended: own.ended, severity: isLong ? 'medium' : 'low' };

  function isBefore(line: string | undefined): boolean {
    const first = line === undefined ? undefined : parseVersion(line);
    const numbers = [major ?? 0, minor ?? 0];
    return first !== undefined && compareVersions({ numbers, prerelease: undefined }, first) < 0;
  }
}

/** Who maintains the Kubernetes of a distribution; undefined where its dates are not known. */
export function kubernetesOf(distribution: Distribution | undefined): Product | undefined {
  if (distribution === 'eks' || distribution === 'aks' || distribution === 'gke') return distribution;
  return distribution === 'openshift' ? undefined : 'kubernetes';
}
