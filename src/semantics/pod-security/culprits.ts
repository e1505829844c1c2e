import type { Container, EffectiveSecurityContext } from '../../model/container.ts';
import type { Json } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import type { Pod } from '../../model/pod.ts';
import type { Violation } from './check.ts';
import { nameContainers } from './wording.ts';

/** Who breaks a rule. Containers are in upstream's order: init, regular, ephemeral. */
export interface Culprits {
  /** Whether the pod's own security context does. */
  readonly pod: boolean;
  readonly containers: readonly Container[];
  readonly violations: readonly Violation[];
}

/** A field that breaks a rule, by its path from what holds it, and what it is set to. */
export interface Fault {
  readonly field: Path;
  readonly value?: Json;
}

/** The fields that a pod's security context and a container's have in common. */
export type SharedSecurityContext = EffectiveSecurityContext;

/** Judges each container by itself; faults are given from the container's root. */
export function findContainers(pod: Pod, faultsOf: (container: Container) => readonly Fault[]): Culprits {
  const containers: Container[] = [];
  const violations: Violation[] = [];
  for (const container of pod.containers) {
    const faults = faultsOf(container);
    if (faults.length === 0) continue;
    containers.push(container);
    for (const { field, ...rest } of faults) violations.push({ container, path: container.at(...field), ...rest });
  }
  return { pod: false, containers, violations };
}

/** Judges what the pod and what each container sets; faults are given from the security context. */
export function findSetters(pod: Pod, faultsOf: (context: SharedSecurityContext) => readonly Fault[]): Culprits {
  const own = faultsOf(pod.securityContext).map(({ field, ...rest }) => ({
    path: pod.at('securityContext', ...field),
    ...rest,
  }));
  const inContainers = findContainers(pod, (container) =>
    faultsOf(container.securityContext).map((fault) => ({ ...fault, field: ['securityContext', ...fault.field] })),
  );
  return {
    pod: own.length > 0,
    containers: inContainers.containers,
    violations: [...own, ...inContainers.violations],
  };
}

/** The parts of `pod and containers "a", "b"`; empty where nobody is to blame. */
export function nameSetters(culprits: Culprits): readonly string[] {
  const setters: string[] = [];
  if (culprits.pod) setters.push('pod');
  if (culprits.containers.length > 0) setters.push(nameContainers(culprits.containers));
  return setters;
}

/** The texts among the values of violations. */
export function textsOf(violations: readonly Violation[]): readonly string[] {
  return violations.map(({ value }) => value).filter((value) => typeof value === 'string');
}
