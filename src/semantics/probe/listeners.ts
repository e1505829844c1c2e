import type { Severity } from '../../model/severity.ts';
import { controlPlaneListeners } from './listeners-control-plane.ts';
import { nodeListeners } from './listeners-node.ts';
import { otherListeners } from './listeners-other.ts';

export const listenerIds = [
  'kube-apiserver',
  'kube-apiserver-insecure',
  'etcd',
  'etcd-peer',
  'etcd-metrics',
  'kube-controller-manager',
  'kube-controller-manager-insecure',
  'kube-scheduler',
  'kube-scheduler-insecure',
  'kubelet',
  'kubelet-read-only',
  'kubelet-healthz',
  'kube-proxy-metrics',
  'kube-proxy-healthz',
  'kubectl-proxy',
  'dashboard',
  'konnectivity',
  'node-exporter',
  'coredns-metrics',
  'calico-metrics',
  'cilium-health',
  'metadata',
] as const;

export type ListenerId = (typeof listenerIds)[number];

/** A request that only reads. */
export interface ProbeRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Host header, where it is not to be the address: some listeners judge by nothing else. */
  readonly hostHeader?: string;
  /** What whoever gets an answer learns or may do. */
  readonly gives: string;
  /** How bad it is that a stranger gets an answer; `public` where that is meant. */
  readonly severity: Severity | 'public';
}

/**
 * What keeps strangers out. `authentication`: the server asks who it is. `client-certificate`: the handshake does.
 * `address`: only that it listens on loopback. `absence`: nothing; it should not be there. `network`: packet filters.
 */
export type Guard = 'authentication' | 'client-certificate' | 'address' | 'absence' | 'network';

export interface Listener {
  readonly id: ListenerId;
  /** In a sentence: `kubelet`, `API server`. */
  readonly name: string;
  /** Where it listens by default, the first the most usual. */
  readonly ports: readonly number[];
  readonly transport: 'tls' | 'plain' | 'either';
  readonly guard: Guard;
  readonly requests: readonly ProbeRequest[];
  /** When it answers to strangers. */
  readonly exposed: Advice;
  /** How bad it is on loopback, where `address` is the guard; absent: as meant. */
  readonly onLoopback?: Severity;
}

export interface Advice {
  readonly why: string;
  readonly remedy: string;
  /** Rows of a benchmark (`cis-1.12:4.2.1`) or of the guides (`guides:kubelet/anonymous-auth`). */
  readonly references: readonly string[];
}

/**
 * Everything of a cluster that listens, with the requests that tell how. Ports and paths: the components' own defaults
 * (cmd/*\/app/options and pkg/kubelet/server of kubernetes/kubernetes, server/etcdserver/api/etcdhttp of etcd-io/etcd).
 */
export const listeners: readonly Listener[] = [...controlPlaneListeners, ...nodeListeners, ...otherListeners];

const byId = new Map(listeners.map((listener) => [listener.id, listener]));

export function listenerOf(id: ListenerId | undefined): Listener | undefined {
  return id === undefined ? undefined : byId.get(id);
}

/** What usually listens on a port; several where products share it. */
export function usualListeners(port: number): readonly Listener[] {
  return listeners.filter(({ ports }) => ports.includes(port));
}

/** Every usual port of a node or control plane, sorted. */
export const usualPorts: readonly number[] = [
  ...new Set(listeners.filter(({ id }) => id !== 'metadata').flatMap(({ ports }) => ports)),
].sort((a, b) => a - b);

const metadataHosts: ReadonlySet<string> = new Set(['169.254.169.254', 'metadata.google.internal', 'fd00:ec2::254']);

/** The metadata service of a cloud: asked only where the user names it. */
export function isMetadataHost(host: string): boolean {
  return metadataHosts.has(host.toLowerCase());
}
