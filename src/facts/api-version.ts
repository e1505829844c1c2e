import support from '../../data/component-support.json' with { type: 'json' };
import { clusterVersion } from './cluster-told-version.ts';
import { parseKubernetesVersion } from './cluster-version.ts';
import { defineFact } from './facts.ts';

/** The version of Kubernetes that objects are written for. */
export interface ApiTarget {
  /** What the API server is; undefined for manifests that nothing tells the cluster of. */
  readonly minor: number | undefined;
  /** Oldest and newest version that gets fixes, as of the snapshot. */
  readonly maintained: readonly [oldest: number, newest: number];
}

export const apiTarget = defineFact('api-target', (facts): ApiTarget => {
  const minor = parseKubernetesVersion(facts.get(clusterVersion)?.text)?.minor;
  return { minor, maintained: maintainedOn(facts.snapshot.takenAt) };
});

/** Lines of the table are those that have an end; the newest may be maintained beyond all that it knows. */
function maintainedOn(today: string): readonly [oldest: number, newest: number] {
  const day = (today === '' ? support.retrieved : today).slice(0, 10);
  const minors = (lines: readonly { readonly line: string }[]): readonly number[] =>
    lines.flatMap(({ line }) => parseKubernetesVersion(`${line}.0`)?.minor ?? []);
  const all = minors(support.products.kubernetes);
  const open = minors(support.products.kubernetes.filter(({ ended }) => ended >= day));
  const newest = Math.max(...all);
  return [open.length === 0 ? newest : Math.min(...open), newest];
}
