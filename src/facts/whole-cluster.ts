import { defineFact } from './facts.ts';

/**
 * Whether a kind that is missing is missing in the cluster, and not only in what was read: a live cluster without
 * limits to namespaces, or a dump of one, told by the namespace kube-system. A kind that could not be listed is unread.
 */
export const wholeCluster = defineFact('whole-cluster', ({ snapshot }) => {
  const { cluster, gaps, objects } = snapshot;
  const isWhole =
    cluster === undefined
      ? objects.some(
          ({ kind, apiVersion, name }) => kind === 'Namespace' && apiVersion === 'v1' && name === 'kube-system',
        )
      : cluster.namespaces === undefined;
  const unread = [...gaps, ...(cluster?.unread ?? [])].map(({ what }) => what);
  return {
    isWhole,
    /** Whether all objects of a resource were read, by its plural name. */
    hasAll: (resource: string): boolean => isWhole && !unread.some((what) => what.endsWith(`/${resource}`)),
  };
});
