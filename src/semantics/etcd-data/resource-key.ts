/** What a key below the prefix stands for. */
export interface ResourceKey {
  readonly resource: string;
  /** The rest of the key: `namespace/name`, or the name alone. */
  readonly name: string;
}

/** Where the API server stores under another name than the API's (pkg/kubeapiserver SpecialDefaultResourcePrefixes). */
const storedElsewhere = new Map([
  ['controllers', 'replicationcontrollers'],
  ['minions', 'nodes'],
  ['ingress', 'ingresses'],
  ['podsecuritypolicy', 'podsecuritypolicies'],
  ['services/specs', 'services'],
  ['services/endpoints', 'endpoints'],
]);

/**
 * The resource of a key such as `/registry/secrets/default/a`, or undefined where it is not below `prefix`. Keys of
 * built-in resources do not say their group; a first part with a dot is a group (a custom resource's must have one).
 */
export function resourceOf(key: string, prefix: string): ResourceKey | undefined {
  if (!key.startsWith(prefix) || key[prefix.length] !== '/') return undefined;
  const start = prefix.length + 1;
  const first = partAt(key, start);
  if (first === '') return undefined;
  const afterFirst = start + first.length + 1;
  const inTwo = first.includes('.') || first === 'services';
  const second = inTwo ? partAt(key, afterFirst) : '';
  const two = `${first}/${second}`;
  const resource = storedElsewhere.get(two) ?? (first.includes('.') && second !== '' ? two : undefined);
  if (resource !== undefined) return { resource, name: key.slice(start + two.length + 1) };
  return { resource: storedElsewhere.get(first) ?? first, name: key.slice(afterFirst) };
}

/** From `start` to the next slash, or to the end. */
function partAt(key: string, start: number): string {
  const slash = key.indexOf('/', start);
  return key.slice(start, slash === -1 ? undefined : slash);
}

/** First parts below the prefix that every cluster has some of, and that other programs do not use. */
const tellTale: ReadonlySet<string> = new Set([
  'apiregistration.k8s.io',
  'clusterrolebindings',
  'clusterroles',
  'configmaps',
  'controllerrevisions',
  'csinodes',
  'daemonsets',
  'deployments',
  'endpointslices',
  'events',
  'flowschemas',
  'leases',
  'masterleases',
  'minions',
  'namespaces',
  'pods',
  'priorityclasses',
  'prioritylevelconfigurations',
  'replicasets',
  'rolebindings',
  'secrets',
  'serviceaccounts',
  'services',
]);
const deepest = 4;

/** The prefix that most of the keys speak for; undefined where none looks like a key of Kubernetes. */
export function guessPrefix(keys: Iterable<string>): string | undefined {
  const votes = new Map<string, number>();
  for (const key of keys) {
    if (!key.startsWith('/')) continue;
    const parts = key.split('/', deepest + 2);
    const at = parts.findIndex((part, index) => index > 0 && index <= deepest && tellTale.has(part));
    if (at === -1) continue;
    const prefix = parts.slice(0, at).join('/');
    votes.set(prefix, (votes.get(prefix) ?? 0) + 1);
  }
  let best: string | undefined;
  for (const [prefix, count] of votes) {
    if (best === undefined || count > (votes.get(best) ?? 0)) best = prefix;
  }
  return best;
}
