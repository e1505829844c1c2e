import { defineFact } from './facts.ts';

/** The kinds that pods name, and whether all of them that there are were read. */
export interface KnownObjects {
  /** Whether it can be told that an object of this kind is missing in a namespace. */
  readonly isWhole: (kind: string, namespace: string | undefined) => boolean;
  readonly has: (kind: string, namespace: string | undefined, name: string) => boolean;
}

/**
 * Which objects there are. A live cluster tells, as far as they could be listed; so does a dump of one, told by the
 * namespace kube-system, for the kinds that it has in a namespace. Manifests rarely hold everything that they need.
 */
export const knownObjects = defineFact('known-objects', ({ snapshot }): KnownObjects => {
  const names = new Set<string>();
  const kinds = new Set<string>();
  let hasSystem = false;
  for (const { apiVersion, kind, namespace, name } of snapshot.objects) {
    if (apiVersion !== 'v1') continue;
    if (kind === 'Namespace' && name === 'kube-system') hasSystem = true;
    names.add(`${kind}\n${namespace ?? ''}\n${name}`);
    kinds.add(`${kind}\n${namespace ?? ''}`);
  }
  const { cluster, gaps } = snapshot;
  const unread = new Set<string>();
  for (const { what } of [...gaps, ...(cluster?.unread ?? [])]) unread.add(what.slice(what.lastIndexOf('/')));
  return {
    isWhole: (kind, namespace) => {
      if (cluster === undefined) return hasSystem && kinds.has(`${kind}\n${namespace ?? ''}`);
      if (cluster.namespaces !== undefined && !cluster.namespaces.includes(namespace ?? '')) return false;
      return !unread.has(`/${kind.toLowerCase()}s`);
    },
    has: (kind, namespace, name) => names.has(`${kind}\n${namespace ?? ''}\n${name}`),
  };
});
