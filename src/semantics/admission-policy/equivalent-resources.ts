import type { GroupVersionResource } from '../../model/admission.ts';

/**
 * Resources that the API server keeps as the same objects under several groups and versions, where the fields are the
 * same in each, so that an expression for one reads the other. `until` is the minor that no longer serves it.
 */
const families: readonly (readonly (readonly [groupVersion: string, until?: number])[])[] = [
  [['apps/v1'], ['apps/v1beta2', 16], ['apps/v1beta1', 16], ['extensions/v1beta1', 16]],
  [['v1'], ['events.k8s.io/v1'], ['events.k8s.io/v1beta1', 25]],
  [['networking.k8s.io/v1'], ['extensions/v1beta1', 16]],
  [
    ['networking.k8s.io/v1beta1', 22],
    ['extensions/v1beta1', 22],
  ],
  [
    ['policy/v1beta1', 25],
    ['extensions/v1beta1', 16],
  ],
  [['batch/v1'], ['batch/v1beta1', 25]],
  [['policy/v1'], ['policy/v1beta1', 25]],
];

const members: ReadonlyMap<string, readonly number[]> = new Map([
  ['deployments', [0]],
  ['daemonsets', [0]],
  ['replicasets', [0]],
  ['statefulsets', [0]],
  ['controllerrevisions', [0]],
  ['events', [1]],
  ['networkpolicies', [2]],
  ['ingresses', [3]],
  ['podsecuritypolicies', [4]],
  ['cronjobs', [5]],
  ['poddisruptionbudgets', [6]],
]);

/** The other names of a resource that a server of this minor has; of all minors where it is not known. */
export function equivalentsOf(
  resource: GroupVersionResource,
  minor: number | undefined,
): readonly GroupVersionResource[] {
  const own = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  const found: GroupVersionResource[] = [];
  for (const index of members.get(resource.resource) ?? []) {
    const family = families[index] ?? [];
    if (!family.some(([name]) => name === own)) continue;
    for (const [name, until] of family) {
      if (name === own || (until !== undefined && minor !== undefined && minor >= until)) continue;
      const slash = name.indexOf('/');
      const [group, version] = slash === -1 ? ['', name] : [name.slice(0, slash), name.slice(slash + 1)];
      found.push({ group, version, resource: resource.resource });
    }
  }
  return found;
}
