import data from '../../../data/versions-latest.json' with { type: 'json' };
import { compareVersions, parseVersion } from '../../model/version.ts';

/** The newest patch of a release line that the data knows. */
export interface LatestPatch {
  /** `1.35.8`. */
  readonly patch: string;
  /** The day that it came out, where that is known. */
  readonly on: string | undefined;
  /** How many patches a version is behind it. */
  readonly behind: number;
}

export type LatestProduct = keyof typeof data.products;

/**
 * The newest patch of a version's line; undefined where the version is that one, or newer than the data, or does not
 * tell its patch. Source and date: `data/versions-latest.json`.
 */
export function newerPatch(product: LatestProduct, version: string): LatestPatch | undefined {
  const own = parseVersion(version);
  const [major, minor, patch] = own?.numbers ?? [];
  if (own === undefined || major === undefined || minor === undefined || patch === undefined) return undefined;
  const lines: readonly { readonly line: string; readonly patch: string; readonly on?: string }[] =
    data.products[product];
  const found = lines.find(({ line }) => line === `${major}.${minor}`);
  const newest = found === undefined ? undefined : parseVersion(found.patch);
  if (found === undefined || newest === undefined || compareVersions(own, newest) >= 0) return undefined;
  return { patch: found.patch, on: found.on, behind: Math.max(1, (newest.numbers[2] ?? 0) - patch) };
}
