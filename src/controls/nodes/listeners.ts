import { readNode } from '../../facts/nodes.ts';
import type { Component } from '../../model/component.ts';
import type { ListenerEvidence, NodeEvidence } from '../../model/node.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import type { Severity } from '../../model/severity.ts';
import { isLoopbackEndpoint } from '../../semantics/node/listen-address.ts';
import { kubeletConfig } from '../node-examples.ts';
import { programOf } from './command-line.ts';
import { host, node as nodeWith } from './examples.ts';
import { hostControls, hostFailure, noHost } from './host-control.ts';

interface Port {
  readonly component: Component;
  readonly severity: Severity;
  readonly says: string;
}

/** Ports that Kubernetes alone has, and that are for the node itself. */
const ports: ReadonlyMap<number, Port> = new Map([
  [4194, { component: 'kubelet', severity: 'medium', says: 'cAdvisor shows what runs on the node to everyone' }],
  [10248, { component: 'kubelet', severity: 'low', says: 'the kubelet’s health is told to everyone' }],
  [
    10249,
    { component: 'kube-proxy', severity: 'medium', says: 'kube-proxy tells everyone its metrics and configuration' },
  ],
  [10251, { component: 'kube-scheduler', severity: 'medium', says: 'the scheduler answers everyone without TLS' }],
  [
    10252,
    {
      component: 'kube-controller-manager',
      severity: 'medium',
      says: 'the controller manager answers everyone without TLS',
    },
  ],
  [10255, { component: 'kubelet', severity: 'high', says: 'the kubelet tells everyone about its pods' }],
  [2381, { component: 'etcd', severity: 'low', says: 'etcd tells everyone its metrics' }],
]);

const runtimes: ReadonlySet<string> = new Set(['containerd', 'dockerd', 'crio']);

const running = (exe: string) => ({ pid: 7, parent: 1, exe, argv: [exe], env: {} });

/** What listens on a node for others than the node. */
export default hostControls([
  {
    name: 'component-listeners',
    title: 'Ports that are for the node itself are not open to the network',
    severity: 'medium',
    why: 'These ports ask nobody who they are: they are safe only while no one but the node reaches them.',
    check: (node, facts) => {
      const listeners = node.host?.listeners;
      if (listeners === undefined) return noHost;
      const { components } = facts.get(readNode)(node);
      return listeners.flatMap((listener) => {
        const port = ports.get(listener.port);
        // A component that is known here is judged by its configuration, which says the same.
        if (port === undefined || isLoopbackEndpoint(listener.address) || isKnown(components, port.component, listener))
          return [];
        const { severity, says } = port;
        const message = `${addressText(listener)} is open${byWhom(node, listener)}: ${says}`;
        return [hostFailure(node, { key: `port ${listener.port}`, message, severity })];
      });
    },
    examples: {
      fail: [host({ listeners: [{ address: '0.0.0.0', port: 10255 }] })],
      pass: [
        host({ listeners: [{ address: '127.0.0.1', port: 10248 }] }),
        kubeletConfig('readOnlyPort: 10255') + host({ listeners: [{ address: '::', port: 10255 }] }),
      ],
    },
  },
  {
    name: 'runtime-listeners',
    title: 'Container runtimes are not open to the network',
    severity: 'high',
    why: 'What a container runtime serves is its API, its metrics or terminals of containers, and none is for the network.',
    coveredBy: ['nodes/docker-tcp', 'nodes/containerd-listeners', 'nodes/crio-listeners'],
    check: (node) => {
      const listeners = node.host?.listeners;
      if (listeners === undefined) return noHost;
      return listeners.flatMap((listener) => {
        const owner = node.processes.find(({ pid }) => pid === listener.pid);
        const program = owner === undefined ? '' : programOf(owner.exe);
        if (!runtimes.has(program) || isLoopbackEndpoint(listener.address)) return [];
        const message = `${program} listens on ${addressText(listener)}`;
        return [hostFailure(node, { key: `${program} ${listener.port}`, message })];
      });
    },
    examples: {
      fail: [
        nodeWith({
          processes: [running('/usr/bin/containerd')],
          host: { listeners: [{ address: '::', port: 1338, pid: 7 }] },
        }),
      ],
      pass: [
        nodeWith({
          processes: [running('/usr/bin/containerd')],
          host: { listeners: [{ address: '127.0.0.1', port: 1338, pid: 7 }] },
        }),
      ],
    },
  },
]);

function isKnown(components: readonly NodeComponent[], component: Component, { pid }: ListenerEvidence): boolean {
  return components.some(
    (each) =>
      each.component === component && (pid === undefined || each.start.pid === undefined || each.start.pid === pid),
  );
}

function addressText({ address, port }: ListenerEvidence): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function byWhom({ processes }: NodeEvidence, { pid }: ListenerEvidence): string {
  const owner = processes.find((each) => each.pid === pid);
  return owner === undefined ? '' : ` (${programOf(owner.exe)}, process ${owner.pid})`;
}
