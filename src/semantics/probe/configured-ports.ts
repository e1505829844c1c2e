import type { Component, ResolvedComponent } from '../../model/component.ts';
import type { Json } from '../../model/json.ts';
import type { NodeEvidence } from '../../model/node.ts';
import { resolveComponent } from '../component-config/index.ts';
import { componentArgs } from '../node/component-args.ts';
import { recogniseProcess } from '../node/components.ts';
import type { ListenerId } from './listeners.ts';

/** A port that a node's own configuration or sockets tell of. */
export interface ConfiguredPort {
  readonly port: number;
  /** Undefined: a listener of a component that the table of listeners does not tell apart. */
  readonly listener?: ListenerId;
  /** The setting, or the process. */
  readonly origin: string;
}

/** Where each component says what it listens on. A port of 0 is none. */
const settings: readonly (readonly [Component, string, ListenerId])[] = [
  ['kube-apiserver', 'secure-port', 'kube-apiserver'],
  ['kube-apiserver', 'insecure-port', 'kube-apiserver-insecure'],
  ['kube-controller-manager', 'secure-port', 'kube-controller-manager'],
  ['kube-controller-manager', 'port', 'kube-controller-manager-insecure'],
  ['kube-scheduler', 'secure-port', 'kube-scheduler'],
  ['kube-scheduler', 'port', 'kube-scheduler-insecure'],
  ['etcd', 'listen-client-urls', 'etcd'],
  ['etcd', 'listen-peer-urls', 'etcd-peer'],
  ['etcd', 'listen-metrics-urls', 'etcd-metrics'],
  ['kubelet', 'port', 'kubelet'],
  ['kubelet', 'readOnlyPort', 'kubelet-read-only'],
  ['kubelet', 'healthzPort', 'kubelet-healthz'],
  ['kube-proxy', 'metricsBindAddress', 'kube-proxy-metrics'],
  ['kube-proxy', 'healthzBindAddress', 'kube-proxy-healthz'],
];

/**
 * The ports that the components of a node are configured for, and those that its Kubernetes processes were seen to
 * listen on, each once; a configured one says what listens.
 */
export function configuredPorts(node: NodeEvidence, minor?: number): readonly ConfiguredPort[] {
  const found = new Map<number, ConfiguredPort>();
  for (const { component, args, env, readFile, listFolder } of componentArgs(node)) {
    const resolved = resolveComponent({
      component,
      args,
      env: new Map(Object.entries(env).map(([name, value]) => [name, { value, where: 'environment' }])),
      readFile,
      listFolder,
      ...(minor !== undefined && component !== 'etcd' && { minor }),
    });
    for (const each of portsOfComponent(resolved)) if (!found.has(each.port)) found.set(each.port, each);
  }
  const byPid = new Map(node.processes.map((each) => [each.pid, each]));
  for (const { port, pid } of node.host?.listeners ?? []) {
    const owner = pid === undefined ? undefined : byPid.get(pid);
    if (owner === undefined || found.has(port) || recogniseProcess(owner.exe, owner.argv) === undefined) continue;
    found.set(port, { port, origin: `process ${owner.pid} (${owner.exe.split('/').at(-1) ?? ''})` });
  }
  return [...found.values()].sort((a, b) => a.port - b.port);
}

/** Where the version is not known, every port that one of those that may be opens. */
export function portsOfComponent(resolved: ResolvedComponent): readonly ConfiguredPort[] {
  return (resolved.possible?.toReversed() ?? [resolved]).flatMap(portsOf);
}

function portsOf({ component, get }: ResolvedComponent): ConfiguredPort[] {
  const ports: ConfiguredPort[] = [];
  for (const [owner, name, listener] of settings) {
    if (owner !== component) continue;
    for (const port of portsIn(get(name)?.value)) ports.push({ port, listener, origin: `${name} of ${component}` });
  }
  return ports;
}

/** `10250`, `"10250"`, `0.0.0.0:10249`, `[::]:10249`, `https://127.0.0.1:2379,https://10.0.0.5:2379`, or a list of these. */
export function portsIn(value: Json | undefined): readonly number[] {
  if (typeof value === 'number') return isPort(value) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item: Json) => portsIn(item));
  if (typeof value !== 'string') return [];
  return value.split(',').flatMap((part) => {
    const [, digits] = /(?:^|:)(\d{1,5})\/?$/.exec(part.trim()) ?? [];
    const port = Number(digits);
    return digits !== undefined && isPort(port) ? [port] : [];
  });
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}
