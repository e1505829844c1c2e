/** What the webhook's own objects are called, in one cluster. */
export interface WebhookNames {
  readonly namespace: string;
  /** Of both configurations, and the prefix of everything else. */
  readonly name: string;
}

export const defaultNames: WebhookNames = { namespace: 'bulwark', name: 'bulwark-webhook' };

/** Holds the keys of the authority: for the keeper alone. */
export function authoritySecretName({ name }: WebhookNames): string {
  return `${name}-authority`;
}

/** Holds the certificate that servers mount. */
export function tlsSecretName({ name }: WebhookNames): string {
  return `${name}-tls`;
}

export const metadataNameLabel = 'kubernetes.io/metadata.name';
/** The minor from which on API servers set it (NamespaceDefaultLabelName, beta). */
export const firstWithNameLabel = 21;

/** On the validating configuration, while refusals are suspended. */
export const unlockedUntil = 'bulwark.dev/unlocked-until';
export const unlockReason = 'bulwark.dev/unlock-reason';

/** On the validating configuration, while requests are let pass that no server answered for: why. */
export const failsOpenBecause = 'bulwark.dev/fails-open-because';

/** On the validating configuration: policies whose requests are let through while no server answers, a line each. */
export const failsOpenFor = 'bulwark.dev/fails-open-for';

/** Namespaces that hold what the cluster itself runs on: nothing there is judged, unless asked to be. */
export const clusterNamespaces: readonly string[] = ['kube-system', 'kube-node-lease'];

/** On events that are never kept: whoever is asked about one by the hook for it answers with `probeReached`. */
export const probeLabel = 'bulwark.dev/webhook-probe';
export const probeReached = 'bulwark webhook: reached';

const registration = '/apis/admissionregistration.k8s.io/v1';

export const configurationKinds = ['validating', 'mutating'] as const;
export type ConfigurationKind = (typeof configurationKinds)[number];

/** Path of one of the two configurations. */
export function configurationPath(kind: ConfigurationKind, { name }: WebhookNames): string {
  return `${registration}/${kind}webhookconfigurations/${name}`;
}
