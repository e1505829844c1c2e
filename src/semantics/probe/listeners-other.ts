import type { Advice, Listener, ListenerId } from './listeners.ts';

const metadataAdvice: Advice = {
  why: "Whoever can run a process here, a pod included, can ask for the node's own identity in the cloud.",
  remedy:
    'Deny pods egress to 169.254.169.254 by NetworkPolicy. On AWS require tokens (IMDSv2) with a hop limit of 1; on GKE use Workload Identity; on AKS, workload identity and a blocked IMDS.',
  references: [],
};

export const otherListeners: readonly Listener[] = [
  {
    id: 'kubectl-proxy',
    name: 'kubectl proxy',
    ports: [8001],
    transport: 'plain',
    guard: 'address',
    onLoopback: 'medium',
    requests: [
      { path: '/version', gives: 'the version', severity: 'critical' },
      { path: '/api', gives: 'the API with the rights of whoever runs the proxy', severity: 'critical' },
      {
        path: '/api',
        hostHeader: 'localhost',
        gives: 'the same, to any client that says Host: localhost',
        severity: 'critical',
      },
      { path: '/api/v1/namespaces?limit=1', hostHeader: 'localhost', gives: 'namespaces', severity: 'critical' },
    ],
    exposed: {
      why: 'The proxy adds the credentials of whoever runs it to every request. --accept-hosts looks only at the Host header, which the client chooses.',
      remedy:
        'End it, or run it on loopback (--address=127.0.0.1) for as long as it is needed, on a machine of one user, without --disable-filter and --accept-hosts; --unix-socket keeps other users out.',
      references: ['guides:kubectl-proxy/reach'],
    },
  },
  {
    id: 'dashboard',
    name: 'Kubernetes Dashboard',
    ports: [30000, 8443, 443],
    transport: 'either',
    guard: 'authentication',
    requests: [
      { path: '/', gives: 'its login page', severity: 'public' },
      { path: '/api/v1/login/skippable', gives: 'whether its login can be skipped', severity: 'public' },
      { path: '/api/v1/namespace', gives: 'namespaces, with its own rights', severity: 'critical' },
    ],
    exposed: {
      why: 'Without a login, every visitor acts with the rights of the dashboard, often those of cluster-admin.',
      remedy:
        'Remove --enable-skip-login and --enable-insecure-login and the rights of its service account, and reach it by kubectl port-forward instead of a Service of type NodePort or LoadBalancer.',
      references: [],
    },
  },
  {
    id: 'konnectivity',
    name: 'Konnectivity server',
    ports: [8132, 8091],
    transport: 'tls',
    guard: 'client-certificate',
    requests: [],
    exposed: {
      why: 'An agent that connects here is handed connections of the API server to nodes and pods.',
      remedy: 'Set --cluster-ca-cert, or an authentication audience for agents, and let only nodes reach the port.',
      references: [],
    },
  },
  metrics('node-exporter', 'node exporter', 9100),
  metrics('coredns-metrics', 'CoreDNS metrics port', 9153),
  metrics('calico-metrics', 'Calico metrics port', 9091),
  {
    ...metrics('cilium-health', 'Cilium health port', 4240),
    requests: [{ path: '/hello', gives: 'its health, as the other nodes ask', severity: 'public' }],
  },
  {
    id: 'metadata',
    name: 'metadata service',
    ports: [80],
    transport: 'plain',
    guard: 'network',
    requests: [
      { path: '/latest/meta-data/', gives: 'AWS metadata without a token (IMDSv1)', severity: 'high' },
      {
        path: '/computeMetadata/v1/instance/',
        headers: { 'metadata-flavor': 'Google' },
        gives: 'Google Cloud metadata',
        severity: 'medium',
      },
      {
        path: '/metadata/instance?api-version=2021-02-01',
        headers: { metadata: 'true' },
        gives: 'Azure metadata',
        severity: 'medium',
      },
    ],
    exposed: metadataAdvice,
  },
];

function metrics(id: ListenerId, name: string, port: number): Listener {
  return {
    id,
    name,
    ports: [port],
    transport: 'either',
    guard: 'network',
    requests: [{ path: '/metrics', gives: 'metrics', severity: 'low' }],
    exposed: {
      why: 'Metrics describe the node and the workloads to anyone who can reach it.',
      remedy: 'Let only the monitoring system reach the port, by NetworkPolicy or packet filter.',
      references: [],
    },
  };
}
