import type { Pod } from '../../model/pod.ts';
import type { Offence, Violation } from './check.ts';
import { findContainers, findSetters, nameSetters, textsOf } from './culprits.ts';
import { nameContainers, plural, quoteList, sortedSet } from './wording.ts';

const uses = { one: 'uses', many: 'use' };

/** Upstream: check_hostNamespaces.go. */
export function hostNamespaces(pod: Pod): Offence | undefined {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((namespace) => pod[namespace]);
  if (shared.length === 0) return undefined;
  return {
    reason: 'host namespaces',
    detail: shared.map((namespace) => `${namespace}=true`).join(', '),
    violations: shared.map((namespace) => ({ path: pod.at(namespace), value: true })),
  };
}

/**
 * On the host network the API server sets each unset hostPort to its containerPort before it judges, so both checks
 * fail there; the model's pods have that done. Upstream: check_hostPorts.go.
 */
export function hostPorts(pod: Pod): Offence | undefined {
  const containers: { name: string }[] = [];
  const violations: Violation[] = [];
  for (const container of pod.containers) {
    const bound = container.ports.filter(({ hostPort }) => hostPort !== 0);
    if (bound.length === 0) continue;
    containers.push(container);
    for (const { path, hostPort } of bound) {
      violations.push({ container, path: [...path, 'hostPort'], value: hostPort });
    }
  }
  if (containers.length === 0) return undefined;
  // Ports are sorted as texts: 443 before 80.
  const ports = sortedSet(violations.map(({ value }) => String(value)));
  const noun = plural(ports.length, { one: 'hostPort', many: 'hostPorts' });
  return {
    reason: 'hostPort',
    detail: `${nameContainers(containers)} ${plural(containers.length, uses)} ${noun} ${ports.join(', ')}`,
    violations,
  };
}

/** Any host, even a loopback address. Upstream: check_hostProbesAndhostLifecycle.go. */
export function hostProbesAndHostLifecycle(pod: Pod): Offence | undefined {
  const violations: Violation[] = [];
  for (const container of pod.containers) {
    for (const { path, host } of container.handlerHosts) violations.push({ container, path, value: host });
  }
  if (violations.length === 0) return undefined;
  const names = sortedSet(violations.map(({ container }) => container?.name ?? ''));
  const hosts = sortedSet(textsOf(violations));
  const noun = plural(hosts.length, { one: 'probe or lifecycle host', many: 'probe or lifecycle hosts' });
  const containers = nameContainers(names.map((name) => ({ name })));
  return {
    reason: 'probe or lifecycle host',
    detail: `${containers} ${plural(names.length, uses)} ${noun} ${quoteList(hosts)}`,
    violations,
  };
}

/** Upstream: check_privileged.go. */
export function privileged(pod: Pod): Offence | undefined {
  const { containers, violations } = findContainers(pod, ({ securityContext }) =>
    securityContext.privileged === true ? [{ field: ['securityContext', 'privileged'], value: true }] : [],
  );
  if (containers.length === 0) return undefined;
  return {
    reason: 'privileged',
    detail: `${nameContainers(containers)} must not set securityContext.privileged=true`,
    violations,
  };
}

/** Upstream: check_windowsHostProcess.go. */
export function windowsHostProcess(pod: Pod): Offence | undefined {
  const culprits = findSetters(pod, ({ windowsOptions }) =>
    windowsOptions?.hostProcess === true ? [{ field: ['windowsOptions', 'hostProcess'], value: true }] : [],
  );
  if (culprits.violations.length === 0) return undefined;
  return {
    reason: 'hostProcess',
    detail: `${nameSetters(culprits).join(' and ')} must not set securityContext.windowsOptions.hostProcess=true`,
    violations: culprits.violations,
  };
}
