import type { Container } from '../../model/container.ts';
import type { Pod } from '../../model/pod.ts';
import { baselineCapabilities, restrictedCapability } from './allowed.ts';
import type { Offence } from './check.ts';
import { type Culprits, type Fault, findContainers, findSetters, nameSetters, textsOf } from './culprits.ts';
import { nameContainers, quoteList, sortedSet } from './wording.ts';

/** Unset allows it, so it must be set. Upstream: check_allowPrivilegeEscalation.go. */
export function allowPrivilegeEscalation(pod: Pod): Offence | undefined {
  const { containers, violations } = findContainers(pod, ({ securityContext }) => {
    const value = securityContext.allowPrivilegeEscalation;
    if (value === false) return [];
    const field = ['securityContext', 'allowPrivilegeEscalation'];
    return [value === undefined ? { field } : { field, value }];
  });
  if (containers.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${nameContainers(containers)} must set securityContext.allowPrivilegeEscalation=false`,
    violations,
  };
}

/** Upstream: check_capabilities_baseline.go. */
export function defaultCapabilities(pod: Pod): Offence | undefined {
  const culprits = findContainers(pod, (container) => added(container, (name) => baselineCapabilities.has(name)));
  if (culprits.containers.length === 0) return undefined;
  return { reason: 'non-default capabilities', detail: mustNotInclude(culprits), violations: culprits.violations };
}

/** Upstream: check_capabilities_restricted.go. */
export function droppedCapabilities(pod: Pod): Offence | undefined {
  const keeping = findContainers(pod, ({ securityContext }) =>
    securityContext.capabilities.drop.includes('ALL') ? [] : [{ field: ['securityContext', 'capabilities', 'drop'] }],
  );
  const adding = findContainers(pod, (container) => added(container, (name) => name === restrictedCapability));
  const details: string[] = [];
  if (keeping.containers.length > 0) {
    details.push(`${nameContainers(keeping.containers)} must set securityContext.capabilities.drop=["ALL"]`);
  }
  if (adding.containers.length > 0) details.push(mustNotInclude(adding));
  if (details.length === 0) return undefined;
  return {
    reason: 'unrestricted capabilities',
    detail: details.join('; '),
    violations: [...keeping.violations, ...adding.violations],
  };
}

function added({ securityContext }: Container, isAllowed: (capability: string) => boolean): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [index, value] of securityContext.capabilities.add.entries()) {
    if (!isAllowed(value)) faults.push({ field: ['securityContext', 'capabilities', 'add', index], value });
  }
  return faults;
}

function mustNotInclude({ containers, violations }: Culprits): string {
  const names = quoteList(sortedSet(textsOf(violations)));
  return `${nameContainers(containers)} must not include ${names} in securityContext.capabilities.add`;
}

/** What is set to false hides what is not set. Upstream: check_runAsNonRoot.go. */
export function runAsNonRoot(pod: Pod): Offence | undefined {
  const field = ['runAsNonRoot'];
  const explicit = findSetters(pod, (context) => (context.runAsNonRoot === false ? [{ field, value: false }] : []));
  if (explicit.violations.length > 0) {
    return {
      reason: 'runAsNonRoot != true',
      detail: `${nameSetters(explicit).join(' and ')} must not set securityContext.runAsNonRoot=false`,
      violations: explicit.violations,
    };
  }
  const implicit = findContainers(pod, ({ effective }) =>
    effective.runAsNonRoot === undefined ? [{ field: ['securityContext', ...field] }] : [],
  );
  if (implicit.containers.length === 0) return undefined;
  return {
    reason: 'runAsNonRoot != true',
    detail: `pod or ${nameContainers(implicit.containers)} must set securityContext.runAsNonRoot=true`,
    violations: implicit.violations,
  };
}

/** Upstream: check_runAsUser.go. */
export function runAsUser(pod: Pod): Offence | undefined {
  const culprits = findSetters(pod, (context) => (context.runAsUser === 0 ? [{ field: ['runAsUser'], value: 0 }] : []));
  if (culprits.violations.length === 0) return undefined;
  return {
    reason: 'runAsUser=0',
    detail: `${nameSetters(culprits).join(' and ')} must not set runAsUser=0`,
    violations: culprits.violations,
  };
}
