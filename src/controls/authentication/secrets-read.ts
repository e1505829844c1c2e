import type { Facts } from '../../facts/facts.ts';

/** Why it is not known which Secrets a cluster has; undefined where they were read, empty values and all. */
export function secretsUnread({ snapshot: { cluster, gaps } }: Facts): string | undefined {
  if (cluster === undefined) return undefined;
  if (cluster.namespaces !== undefined) return 'only some namespaces were read';
  const isSecrets = ({ what }: { readonly what: string }): boolean => what.endsWith('/secrets');
  return gaps.some(isSecrets) || cluster.unread?.some(isSecrets) === true ? 'Secrets could not be listed' : undefined;
}
