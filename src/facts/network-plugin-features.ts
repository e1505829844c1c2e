import type { NetworkPlugin } from './network-plugin.ts';

/** What not every network plugin has. */
export type PolicyFeature = 'endPort' | 'SCTP' | 'ClusterNetworkPolicy' | 'AdminNetworkPolicy';

interface Lack {
  readonly plugin: string;
  readonly feature: PolicyFeature;
  /** The versions that lack it: those before, and those from. All where neither is set. */
  readonly before?: readonly [number, number];
  readonly from?: readonly [number, number];
}

/**
 * Only what is certain: of what stands in no row, nothing is said. Sources: cilium/cilium issue 28684 (port ranges
 * since 1.16); libcalico-go pull request 1357 (endPort), Weave Net and Romana, whose last releases are older than the
 * field; the implementations that kubernetes-sigs/network-policy-api lists (April 2026).
 */
const lacks: readonly Lack[] = [
  { plugin: 'Cilium', feature: 'endPort', before: [1, 16] },
  { plugin: 'Calico', feature: 'endPort', before: [3, 18] },
  { plugin: 'kube-router', feature: 'endPort', before: [1, 2] },
  { plugin: 'Weave Net', feature: 'endPort' },
  { plugin: 'Romana', feature: 'endPort' },
  { plugin: 'Cilium', feature: 'SCTP', before: [1, 13] },
  { plugin: 'Cilium', feature: 'ClusterNetworkPolicy' },
  { plugin: 'Weave Net', feature: 'ClusterNetworkPolicy' },
  { plugin: 'Romana', feature: 'ClusterNetworkPolicy' },
  { plugin: 'Calico', feature: 'ClusterNetworkPolicy', before: [3, 32] },
  { plugin: 'Cilium', feature: 'AdminNetworkPolicy' },
  { plugin: 'Weave Net', feature: 'AdminNetworkPolicy' },
  { plugin: 'Romana', feature: 'AdminNetworkPolicy' },
  { plugin: 'Calico', feature: 'AdminNetworkPolicy', before: [3, 29], from: [3, 32] },
];

/** The kinds of policy.networking.k8s.io, as features of a plugin. */
export const adminKinds: ReadonlyMap<string, PolicyFeature> = new Map([
  ['policy.networking.k8s.io/ClusterNetworkPolicy', 'ClusterNetworkPolicy'],
  ['policy.networking.k8s.io/AdminNetworkPolicy', 'AdminNetworkPolicy'],
  ['policy.networking.k8s.io/BaselineAdminNetworkPolicy', 'AdminNetworkPolicy'],
]);

/** Whether a plugin certainly lacks a feature. A version that is not known, or newer than any row tells, may have it. */
function lacksFeature({ name, version }: Pick<NetworkPlugin, 'name' | 'version'>, feature: PolicyFeature): boolean {
  return lacks.some((row) => {
    if (row.plugin !== name || row.feature !== feature) return false;
    const { before, from } = row;
    if (before === undefined && from === undefined) return true;
    const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version ?? '') ?? [];
    if (major === undefined) return false;
    const isBefore = ([first, second]: readonly [number, number]): boolean =>
      Number(major) < first || (Number(major) === first && Number(minor) < second);
    return (before !== undefined && isBefore(before)) || (from !== undefined && !isBefore(from));
  });
}

/** The plugins that enforce policies here, where each of them certainly lacks a feature; none where one may have it. */
export function pluginsLacking(plugins: readonly NetworkPlugin[], feature: PolicyFeature): readonly NetworkPlugin[] {
  const enforcing = plugins.filter(({ enforces }) => enforces !== false);
  return enforcing.every((plugin) => lacksFeature(plugin, feature)) ? enforcing : [];
}
