/** The control plane goes one minor version at a time, so that an upgrade to a later one is several. */
export type UpgradePath =
  | { readonly kind: 'one-step' }
  | { readonly kind: 'already-there' }
  | { readonly kind: 'backwards' }
  /** The versions one after the other, the present one first. */
  | { readonly kind: 'several-steps'; readonly minors: readonly number[] };

/** Source: version skew policy, "Supported component upgrade order" (kubernetes.io/releases/version-skew-policy). */
export function upgradePath(from: number, to: number): UpgradePath {
  if (to === from) return { kind: 'already-there' };
  if (to < from) return { kind: 'backwards' };
  if (to === from + 1) return { kind: 'one-step' };
  return { kind: 'several-steps', minors: Array.from({ length: to - from + 1 }, (_, index) => from + index) };
}

/** The etcd that kubeadm brings with a version of Kubernetes: its minor version. Source: cmd/kubeadm/app/constants. */
export function etcdOf(minor: number): number {
  if (minor >= 37) return 7;
  if (minor >= 34) return 6;
  return minor >= 22 ? 5 : 4;
}

interface Milestone {
  readonly minor: number;
  /** What no evidence here shows, as something to look at. */
  readonly says: string;
}

/** What changes with a version and does not show in objects, flags or files. Source: the changelog of each version. */
const milestones: readonly Milestone[] = [
  {
    minor: 22,
    says: 'clients that still ask for beta versions of the API: apiserver_requested_deprecated_apis tells which',
  },
  { minor: 24, says: 'who reads token Secrets of service accounts: none are made by themselves from v1.24 on' },
  {
    minor: 25,
    says: 'nodes change to control groups of version 2 with newer distributions: old language runtimes misread their limits',
  },
  {
    minor: 31,
    says: 'drivers of clouds that were built in: they are gone from v1.31 on, and a cloud controller manager takes their place',
  },
  {
    minor: 35,
    says: 'nodes with control groups of version 1: stat -fc %T /sys/fs/cgroup says tmpfs there, and the kubelet of v1.35 refuses them',
  },
];

/** What a person has to look at before an upgrade to a version. */
export function milestonesOf(minor: number): readonly string[] {
  return milestones.filter((each) => each.minor === minor).map(({ says }) => says);
}
