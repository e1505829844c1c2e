import type { JsonObject } from '../../model/json.ts';
import { memoryEnvironment } from '../memory.ts';
import { tlsSecretName, type WebhookNames } from '../registration/names.ts';

export interface PodOptions {
  readonly names: WebhookNames;
  readonly image: string;
  readonly replicas: number;
  readonly priorityClass: string;
  readonly reports: boolean;
  readonly serverMinor: number;
  /** Whose certificates API servers must show: a Secret with `ca.crt`, and names that they must have. */
  readonly clients: { readonly secret: string; readonly names: readonly string[] } | undefined;
  /** Where pods reach API servers. */
  readonly apiServers: ApiServers;
  /** Arguments of the keeper besides those that every installation has. */
  readonly keeperArguments: readonly string[];
}

export interface ApiServers {
  /** Those that a connection ends at: of the endpoints of Service `kubernetes`, not of the Service alone. */
  readonly ports: readonly number[];
  /** In CIDR notation; empty where any address may be one. */
  readonly ranges: readonly string[];
}

/** Of Services, of kubeadm and most others, and of Minikube. */
export const usualApiServers: ApiServers = { ports: [443, 6443, 8443], ranges: [] };

type Labels = Readonly<Record<string, string>>;

const reviews = 8443;
const probes = 8080;
const user = 65_532;

/** What runs, and what stands around it: Service, deployments, disruption budget, network policies. */
export function webhookPods(options: PodOptions, labels: Labels): readonly JsonObject[] {
  const { names, replicas, serverMinor } = options;
  const { name, namespace } = names;
  const server = component(labels, 'server');
  const keeper = component(labels, 'keeper');
  const metadata = { name, namespace, labels: server };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'ClusterIP',
        selector: server,
        ports: [
          { name: 'reviews', port: 443, targetPort: 'reviews', protocol: 'TCP' },
          { name: 'probes', port: probes, targetPort: 'probes', protocol: 'TCP' },
        ],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas,
        selector: { matchLabels: server },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: { metadata: { labels: server }, spec: serverPod(options, server) },
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: `${name}-keeper`, namespace, labels: keeper },
      spec: {
        replicas: 1,
        selector: { matchLabels: keeper },
        strategy: { type: 'RollingUpdate' },
        template: { metadata: { labels: keeper }, spec: keeperPod(options) },
      },
    },
    {
      apiVersion: serverMinor >= 21 ? 'policy/v1' : 'policy/v1beta1',
      kind: 'PodDisruptionBudget',
      metadata,
      // Of a single server a minimum would stop every drain of its node.
      spec: { maxUnavailable: 1, selector: { matchLabels: server } },
    },
    // Where the API server calls from is not the same in any two clusters; what it must show is a certificate.
    networkPolicy(metadata, { ingress: [tcp(reviews), tcp(probes)], egress: egressTo(options.apiServers) }),
    networkPolicy(
      { name: `${name}-keeper`, namespace, labels: keeper },
      {
        ingress: [tcp(probes)],
        egress: [
          ...egressTo(options.apiServers),
          { ports: [tcp(reviews)], to: [{ podSelector: { matchLabels: server } }] },
        ],
      },
    ),
  ];
}

function component(labels: Labels, name: string): Labels {
  return { ...labels, 'app.kubernetes.io/component': name };
}

function serverPod(options: PodOptions, labels: Labels): JsonObject {
  const { names, reports, clients } = options;
  const args = [
    'webhook',
    'serve',
    '--policies=/policies',
    '--tls-cert=/tls/tls.crt',
    '--tls-key=/tls/tls.key',
    ...identity(names),
    ...(reports ? ['--reports'] : []),
    ...(clients === undefined ? [] : ['--client-ca=/clients/ca.crt']),
    ...(clients?.names ?? []).map((name) => `--client-name=${name}`),
  ];
  const mounts = [mount('policies'), mount('tls'), ...(clients === undefined ? [] : [mount('clients')])];
  const ports = [{ name: 'reviews', containerPort: reviews, protocol: 'TCP' }, probePort];
  return {
    ...podSpec(options, names.name),
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } },
          },
          {
            weight: 50,
            podAffinityTerm: { topologyKey: 'topology.kubernetes.io/zone', labelSelector: { matchLabels: labels } },
          },
        ],
      },
    },
    containers: [container(options, { name: 'server', args, mounts, ports, memory: '384Mi' })],
    volumes: [
      policyVolume(names),
      secretVolume('tls', tlsSecretName(names)),
      ...(clients === undefined ? [] : [secretVolume('clients', clients.secret)]),
    ],
  };
}

function keeperPod(options: PodOptions): JsonObject {
  const { names } = options;
  const args = ['webhook', 'keep', '--policies=/policies', ...identity(names), ...options.keeperArguments];
  return {
    ...podSpec(options, `${names.name}-keeper`),
    containers: [
      container(options, { name: 'keeper', args, mounts: [mount('policies')], ports: [probePort], memory: '192Mi' }),
    ],
    volumes: [policyVolume(names)],
  };
}

const probePort = { name: 'probes', containerPort: probes, protocol: 'TCP' };

function identity({ namespace, name }: WebhookNames): readonly string[] {
  return [`--namespace=${namespace}`, `--name=${name}`];
}

function podSpec({ priorityClass }: PodOptions, account: string): JsonObject {
  return {
    serviceAccountName: account,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    priorityClassName: priorityClass,
    terminationGracePeriodSeconds: 60,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

interface ContainerParts {
  readonly name: string;
  readonly args: readonly string[];
  readonly mounts: readonly JsonObject[];
  readonly ports: readonly JsonObject[];
  readonly memory: string;
}

function container({ image }: PodOptions, { name, args, mounts, ports, memory }: ContainerParts): JsonObject {
  const probe = (path: string): JsonObject => ({ httpGet: { path, port: 'probes', scheme: 'HTTP' } });
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    args,
    env: [...memoryEnvironment].map(([name, value]) => ({ name, value })),
    ports,
    resources: {
      requests: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '16Mi' },
      limits: { cpu: '2', memory, 'ephemeral-storage': '64Mi' },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    startupProbe: { ...probe('/livez'), periodSeconds: 2, failureThreshold: 30 },
    livenessProbe: { ...probe('/livez'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 2 },
    volumeMounts: mounts,
  };
}

function mount(name: string): JsonObject {
  return { name, mountPath: `/${name}`, readOnly: true };
}

function policyVolume({ name }: WebhookNames): JsonObject {
  return { name: 'policies', configMap: { name: `${name}-policies` } };
}

function secretVolume(name: string, secretName: string): JsonObject {
  return { name, secret: { secretName, defaultMode: 0o440 } };
}

function tcp(port: number): JsonObject {
  return { port, protocol: 'TCP' };
}

/** API servers, and names. */
function egressTo({ ports, ranges }: ApiServers): readonly JsonObject[] {
  return [
    {
      ports: ports.map(tcp),
      ...(ranges.length > 0 && { to: ranges.map((cidr) => ({ ipBlock: { cidr } })) }),
    },
    { ports: [tcp(53), { port: 53, protocol: 'UDP' }] },
  ];
}

interface Traffic {
  /** Ports, from anywhere. */
  readonly ingress: readonly JsonObject[];
  readonly egress: readonly JsonObject[];
}

function networkPolicy(metadata: JsonObject, { ingress, egress }: Traffic): JsonObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: { matchLabels: metadata['labels'] ?? {} },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [...ingress] }],
      egress: [...egress],
    },
  };
}
