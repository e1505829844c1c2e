import type { Json } from './json.ts';

/** The parts of Kubernetes whose configuration is resolved. */
export const components = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'etcd',
  'kubelet',
  'kube-proxy',
] as const;

export type Component = (typeof components)[number];

/** What is in force for one setting, and where that is said. */
export interface Setting {
  /** The configuration field where the component has one (`authentication.anonymous.enabled`), else the flag without dashes. */
  readonly name: string;
  readonly value: Json;
  readonly origin: SettingOrigin;
}

export type SettingOrigin =
  /** A command line argument: of a process, or of a manifest or unit file with its line. */
  | { readonly kind: 'flag'; readonly flag: string; readonly where: string; readonly line?: number }
  /** A field of a configuration file or drop-in. */
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'environment'; readonly variable: string; readonly where: string }
  /** What the component's code says for this version; `of` tells which set of defaults where there are several. */
  | { readonly kind: 'default'; readonly of: string };

/** Something in the configuration that does not do what its author meant. */
export interface ConfigurationProblem {
  readonly kind:
    | 'unknown-field'
    | 'misplaced-field'
    | 'duplicate-field'
    | 'unknown-flag'
    | 'ignored-flag'
    | 'unreadable'
    | 'invalid';
  readonly message: string;
  readonly where: string;
  readonly line?: number;
  readonly column?: number;
  /** What was probably meant. */
  readonly hint?: string;
}

/** The configuration that is in force. */
export interface ResolvedComponent {
  readonly component: Component;
  /** Undefined: the version is not known, and `possible` has the configuration in each that it may be. */
  readonly minor: number | undefined;
  /** Whose version it is, where the component itself does not tell: "the image of kube-apiserver". */
  readonly minorOf?: string;
  /**
   * Where the version is not known: the configuration in each version that may be, the oldest first. What is set bounds
   * them, since a version that lacks a flag does not start with it.
   */
  readonly possible?: readonly ResolvedComponent[];
  /**
   * The setting of a configuration path or flag. Undefined: this version has no such setting. A value of `null` means
   * that it cannot be told, since the file that decides it could not be read (the origin is then the flag or variable
   * that names the file), or since the version is not known (the origin is then a default, and `of` has each value).
   */
  get(name: string): Setting | undefined;
  /** Everything that this version has, set or not, by name. */
  settings(): readonly Setting[];
  readonly problems: readonly ConfigurationProblem[];
}

/** Who set the node up: where its configuration is kept, and which profile of a benchmark is meant for it. */
export const distributions = [
  'kubeadm',
  'k3s',
  'rke2',
  'microk8s',
  'openshift',
  'eks',
  'aks',
  'gke',
  'talos',
  'k0s',
] as const;

export type Distribution = (typeof distributions)[number];
