import type { NeededKind } from '../../admission/webhook-rules.ts';
import type { JsonObject } from '../../model/json.ts';
import { authoritySecretName, metadataNameLabel, tlsSecretName, type WebhookNames } from '../registration/names.ts';
import { type PodOptions, webhookPods } from './pods.ts';
import { keeperRoles, serverRoles } from './roles.ts';

export interface DeploymentOptions extends PodOptions {
  readonly names: WebhookNames;
  /** File names and texts of the policies. */
  readonly policies: ReadonlyMap<string, string>;
  readonly needs: readonly NeededKind[];
  readonly reports: boolean;
  /** Where the servers run: in the cluster, or elsewhere at a URL. */
  readonly place: 'cluster' | 'elsewhere';
  /** The minor of Kubernetes 1.x. */
  readonly serverMinor: number;
}

/** What everything of a webhook is labelled with, so that it can be found again. */
function partLabels({ name }: WebhookNames): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'bulwark' };
}

/**
 * Every object of an installed webhook, in the order to apply them. The configurations have no hooks: the keeper
 * registers those once servers answer, so that applying this can lock nobody out.
 */
export function deploymentObjects(options: DeploymentOptions): readonly JsonObject[] {
  const { names, place, policies } = options;
  const { namespace, name } = names;
  const labels = partLabels(names);
  const inCluster = place === 'cluster';
  const own = { namespace, labels };
  const secrets = [authoritySecretName(names), tlsSecretName(names)].map((secret) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secret, ...own },
    type: 'Opaque',
  }));
  const accounts = [name, `${name}-keeper`].map((account) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: account, ...own },
    automountServiceAccountToken: false,
  }));
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: {
          ...labels,
          [metadataNameLabel]: namespace,
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/audit': 'restricted',
          'pod-security.kubernetes.io/warn': 'restricted',
        },
      },
    },
    ...(inCluster ? [denyAll(options), ...accounts] : []),
    ...(inCluster ? [policyMap(options)] : []),
    ...secrets,
    ...(inCluster ? [...keeperRoles(options, labels), ...serverRoles(options, labels)] : []),
    ...(inCluster && policies.size > 0 ? webhookPods(options, labels) : []),
    ...['Validating', 'Mutating'].map((kind) => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${kind}WebhookConfiguration`,
      metadata: { name, labels },
    })),
  ];
}

/** Whatever comes into the namespace later is reached by nobody. */
function denyAll({ names }: DeploymentOptions): JsonObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'default-deny', namespace: names.namespace, labels: partLabels(names) },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}

function policyMap({ names, policies }: DeploymentOptions): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${names.name}-policies`, namespace: names.namespace, labels: partLabels(names) },
    data: Object.fromEntries(policies),
  };
}
