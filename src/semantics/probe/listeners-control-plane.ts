import type { Advice, Listener, ProbeRequest } from './listeners.ts';

/** Secrets are asked for without their values: the authorizer decides alike, and no value crosses the wire. */
const metadataOnly = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };

const apiRequests: readonly ProbeRequest[] = [
  { path: '/version', gives: 'the version', severity: 'public' },
  { path: '/livez', gives: 'its health', severity: 'public' },
  { path: '/healthz', gives: 'its health', severity: 'public' },
  { path: '/api', gives: 'which API versions there are', severity: 'low' },
  { path: '/apis', gives: 'which API groups are installed', severity: 'low' },
  { path: '/openapi/v2', gives: 'the schema of every resource, installed extensions included', severity: 'low' },
  { path: '/metrics', gives: 'metrics with names of resources and clients', severity: 'medium' },
  { path: '/debug/pprof/', gives: 'profiles and memory of the process', severity: 'high' },
  { path: '/logs/', gives: "the host's /var/log", severity: 'high' },
  { path: '/api/v1/namespaces?limit=1', gives: 'namespaces', severity: 'high' },
  { path: '/api/v1/nodes?limit=1', gives: 'nodes with addresses and versions', severity: 'high' },
  { path: '/api/v1/pods?limit=1', gives: 'pods with their environment', severity: 'critical' },
  { path: '/api/v1/secrets?limit=1', headers: metadataOnly, gives: 'Secrets', severity: 'critical' },
];

const operatorRequests: readonly ProbeRequest[] = [
  { path: '/healthz', gives: 'its health', severity: 'public' },
  { path: '/metrics', gives: 'metrics with names of workloads and namespaces', severity: 'medium' },
  { path: '/configz', gives: 'its configuration', severity: 'medium' },
  { path: '/debug/pprof/', gives: 'profiles and memory of the process', severity: 'high' },
];

function operatorAdvice(component: string, cis: readonly string[]): Advice {
  return {
    why: `Metrics, configuration and profiles of the ${component} tell names of workloads and can be used to slow it down.`,
    remedy: `Set --bind-address=127.0.0.1 for the ${component}, and keep --authorization-always-allow-paths at /healthz,/readyz,/livez.`,
    references: [...cis, 'guides:control-plane/tls'],
  };
}

function insecureAdvice(component: string, cis: string): Advice {
  return {
    why: `The insecure port of the ${component} asks nobody for credentials and encrypts nothing.`,
    remedy: `Set --port=0 for the ${component}; from Kubernetes 1.24 on it has no such port.`,
    references: [cis],
  };
}

const etcdAdvice: Advice = {
  why: 'Whoever can ask etcd reads every Secret and rewrites every object, past the API server, its authorization and its audit log.',
  remedy:
    'Set --client-cert-auth=true and --trusted-ca-file to an authority of its own for etcd, and let only the API servers reach the port.',
  references: ['cis-1.12:2.1', 'cis-1.12:2.2', 'guides:etcd/tls'],
};

export const controlPlaneListeners: readonly Listener[] = [
  {
    id: 'kube-apiserver',
    name: 'API server',
    ports: [6443, 443, 8443, 16443],
    transport: 'tls',
    guard: 'authentication',
    requests: apiRequests,
    exposed: {
      why: 'Anyone who can reach the API server gets these without saying who they are: some binding gives rights to system:anonymous or system:unauthenticated.',
      remedy:
        'Remove the bindings of system:anonymous and system:unauthenticated other than system:public-info-viewer, and set --anonymous-auth=false or an AuthenticationConfiguration that allows anonymous requests for health paths only.',
      references: ['cis-1.12:1.2.1', 'guides:api-server/anonymous'],
    },
  },
  {
    id: 'kube-apiserver-insecure',
    name: 'API server insecure port',
    ports: [8080],
    transport: 'plain',
    guard: 'absence',
    requests: apiRequests.filter(({ path }) => !/^\/(?:livez|logs|debug|openapi)/.test(path)),
    exposed: {
      why: 'The insecure port is cluster-admin for anyone who can reach it: no authentication, no authorization, no admission.',
      remedy: 'Set --insecure-port=0 (from Kubernetes 1.24 on there is none), or end the proxy that listens here.',
      references: ['guides:api-server/insecure-port'],
    },
  },
  {
    id: 'etcd',
    name: 'etcd',
    ports: [2379],
    transport: 'tls',
    guard: 'client-certificate',
    requests: [
      { path: '/version', gives: 'any key it has, by the same connection', severity: 'critical' },
      { path: '/health', gives: 'its health', severity: 'critical' },
      { path: '/metrics', gives: 'metrics', severity: 'critical' },
      { path: '/v2/keys/', gives: 'the keys of the version 2 store', severity: 'critical' },
    ],
    exposed: etcdAdvice,
  },
  {
    id: 'etcd-peer',
    name: 'etcd peer port',
    ports: [2380],
    transport: 'tls',
    guard: 'client-certificate',
    requests: [
      { path: '/version', gives: 'the peer protocol, by which anyone can join', severity: 'critical' },
      { path: '/members', gives: 'the members of the cluster', severity: 'critical' },
    ],
    exposed: {
      ...etcdAdvice,
      remedy:
        'Set --peer-client-cert-auth=true and --peer-trusted-ca-file, and let only the etcd members reach the port.',
      references: ['cis-1.12:2.4', 'cis-1.12:2.5', 'guides:etcd/tls'],
    },
  },
  {
    id: 'etcd-metrics',
    name: 'etcd metrics port',
    ports: [2381],
    transport: 'either',
    guard: 'address',
    requests: [
      { path: '/health', gives: 'its health', severity: 'low' },
      { path: '/metrics', gives: 'metrics', severity: 'low' },
    ],
    exposed: {
      why: 'Metrics of etcd tell its version, load and peers to anyone who can reach the node.',
      remedy: 'Set --listen-metrics-urls=http://127.0.0.1:2381, as kubeadm does.',
      references: ['guides:etcd/tls'],
    },
  },
  {
    id: 'kube-controller-manager',
    name: 'controller manager',
    ports: [10257],
    transport: 'tls',
    guard: 'authentication',
    requests: operatorRequests,
    exposed: operatorAdvice('controller manager', ['cis-1.12:1.3.7', 'cis-1.12:1.3.2']),
  },
  {
    id: 'kube-scheduler',
    name: 'scheduler',
    ports: [10259],
    transport: 'tls',
    guard: 'authentication',
    requests: operatorRequests,
    exposed: operatorAdvice('scheduler', ['cis-1.12:1.4.2', 'cis-1.12:1.4.1']),
  },
  {
    id: 'kube-controller-manager-insecure',
    name: 'controller manager insecure port',
    ports: [10252],
    transport: 'plain',
    guard: 'absence',
    requests: operatorRequests.map((request) => ({ ...request, severity: 'high' as const })),
    exposed: insecureAdvice('controller manager', 'cis-1.12:1.3.7'),
  },
  {
    id: 'kube-scheduler-insecure',
    name: 'scheduler insecure port',
    ports: [10251],
    transport: 'plain',
    guard: 'absence',
    requests: operatorRequests.map((request) => ({ ...request, severity: 'high' as const })),
    exposed: insecureAdvice('scheduler', 'cis-1.12:1.4.2'),
  },
];
