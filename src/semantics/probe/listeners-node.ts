import type { Listener } from './listeners.ts';

export const nodeListeners: readonly Listener[] = [
  {
    id: 'kubelet',
    name: 'kubelet',
    ports: [10250],
    transport: 'tls',
    guard: 'authentication',
    requests: [
      { path: '/healthz', gives: 'its health', severity: 'medium' },
      { path: '/pods', gives: 'every pod with its environment', severity: 'critical' },
      { path: '/runningpods/', gives: 'every running pod', severity: 'critical' },
      { path: '/configz', gives: 'its configuration', severity: 'high' },
      { path: '/logs/', gives: "the host's /var/log", severity: 'critical' },
      { path: '/debug/pprof/', gives: 'profiles and memory of the process', severity: 'high' },
      { path: '/metrics', gives: 'metrics', severity: 'medium' },
      { path: '/metrics/cadvisor', gives: 'metrics with the name of every container', severity: 'medium' },
      { path: '/stats/summary', gives: 'the load and volumes of every pod', severity: 'medium' },
    ],
    exposed: {
      why: 'The same listener runs commands in any container of the node and reads their logs and service account tokens.',
      remedy:
        'Set authentication.anonymous.enabled: false and authorization.mode: Webhook in the configuration of the kubelet.',
      references: ['cis-1.12:4.2.1', 'cis-1.12:4.2.2', 'guides:kubelet/anonymous-auth'],
    },
  },
  {
    id: 'kubelet-read-only',
    name: 'kubelet read-only port',
    ports: [10255],
    transport: 'plain',
    guard: 'absence',
    requests: [
      { path: '/healthz', gives: 'its health', severity: 'low' },
      { path: '/pods', gives: 'every pod with its environment', severity: 'high' },
      { path: '/metrics', gives: 'metrics', severity: 'medium' },
      { path: '/stats/summary', gives: 'the load and volumes of every pod', severity: 'medium' },
    ],
    exposed: {
      why: 'The read-only port asks nobody for credentials, and environments of pods hold passwords.',
      remedy: 'Set readOnlyPort: 0 in the configuration of the kubelet.',
      references: ['cis-1.12:4.2.4', 'guides:kubelet/read-only-port'],
    },
  },
  {
    id: 'kubelet-healthz',
    name: 'kubelet health port',
    ports: [10248],
    transport: 'plain',
    guard: 'address',
    requests: [{ path: '/healthz', gives: 'its health', severity: 'low' }],
    exposed: {
      why: 'The health port is meant for the node itself.',
      remedy: 'Set healthzBindAddress: 127.0.0.1 in the configuration of the kubelet.',
      references: [],
    },
  },
  {
    id: 'kube-proxy-metrics',
    name: 'kube-proxy metrics port',
    ports: [10249],
    transport: 'plain',
    guard: 'address',
    requests: [
      { path: '/proxyMode', gives: 'its mode', severity: 'low' },
      { path: '/metrics', gives: 'metrics', severity: 'low' },
      { path: '/configz', gives: 'its configuration', severity: 'medium' },
      { path: '/debug/pprof/', gives: 'profiles and memory of the process', severity: 'medium' },
    ],
    exposed: {
      why: 'The metrics port of kube-proxy has no authentication at all: its address is its only protection.',
      remedy: 'Set metricsBindAddress: 127.0.0.1:10249 and enableProfiling: false in the configuration of kube-proxy.',
      references: ['guides:kube-proxy/tls'],
    },
  },
  {
    id: 'kube-proxy-healthz',
    name: 'kube-proxy health port',
    ports: [10256],
    transport: 'plain',
    guard: 'network',
    requests: [
      { path: '/healthz', gives: 'whether its rules are up to date, as load balancers ask', severity: 'public' },
    ],
    exposed: {
      why: 'Load balancers ask here whether a node takes traffic.',
      remedy: 'Let only load balancers reach the port.',
      references: [],
    },
  },
];
