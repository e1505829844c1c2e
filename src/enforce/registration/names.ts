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

/** On the validating configuration, while refusals are suspended. */
export const unlockedUntil = 'bulwark.dev/unlocked-until';
export const unlockReason = 'bulwark.dev/unlock-reason';

const registration = '/apis/admissionregistration.k8s.io/v1';

export const configurationKinds = ['validating', 'mutating'] as const;
export type ConfigurationKind = (typeof configurationKinds)[number];

/** Path of one of the two configurations. */
export function configurationPath(kind: ConfigurationKind, { name }: WebhookNames): string {
  return `${registration}/${kind}webhookconfigurations/${name}`;
}
