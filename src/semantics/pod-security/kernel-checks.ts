import type { Pod } from '../../model/pod.ts';
import { isAllowedSelinuxType, isAllowedSysctl } from './allowed.ts';
import type { Edition, Offence } from './check.ts';
import { type Fault, findContainers, findSetters, nameSetters, textsOf } from './culprits.ts';
import { nameContainers, plural, quoteList, sortedSet } from './wording.ts';

/** Upstream: check_procMount_restricted.go, and check_procMount.go before there were two. */
export function procMount(pod: Pod): Offence | undefined {
  const { containers, violations } = findContainers(pod, ({ securityContext }) => {
    const value = securityContext.procMount;
    return value === undefined || value === 'Default' ? [] : [{ field: ['securityContext', 'procMount'], value }];
  });
  if (containers.length === 0) return undefined;
  const values = quoteList(sortedSet(textsOf(violations)));
  return {
    reason: 'procMount',
    detail: `${nameContainers(containers)} must not set securityContext.procMount to ${values}`,
    violations,
  };
}

/** Any level is allowed. Upstream: check_seLinuxOptions.go. */
export function seLinuxOptions(pod: Pod, { policy, server }: Edition): Offence | undefined {
  const types = new Set<string>();
  const identities = new Set<string>();
  const culprits = findSetters(pod, ({ seLinuxOptions: options }) => {
    const faults: Fault[] = [];
    if (options === undefined) return faults;
    if (!isAllowedSelinuxType(options.type, policy)) {
      types.add(options.type);
      faults.push({ field: ['seLinuxOptions', 'type'], value: options.type });
    }
    for (const identity of ['user', 'role'] as const) {
      if (options[identity] === '') continue;
      identities.add(identity);
      faults.push({ field: ['seLinuxOptions', identity], value: options[identity] });
    }
    return faults;
  });
  if (culprits.violations.length === 0) return undefined;
  const data: string[] = [];
  if (types.size > 0) {
    data.push(`${plural(types.size, { one: 'type', many: 'types' })} ${quoteList(sortedSet(types))}`);
  }
  // Before 1.26 the message told of user and role only after a type: with a good type, the list is empty.
  if (server >= 26 || types.size > 0) {
    if (identities.has('user')) data.push('user may not be set');
    if (identities.has('role')) data.push('role may not be set');
  }
  return {
    reason: 'seLinuxOptions',
    detail: `${nameSetters(culprits).join(' and ')} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
    violations: culprits.violations,
  };
}

/** Upstream: check_sysctls.go. */
export function sysctls(pod: Pod, { policy }: Edition): Offence | undefined {
  const forbidden = pod.securityContext.sysctls.filter(({ name }) => !isAllowedSysctl(name, policy));
  if (forbidden.length === 0) return undefined;
  return {
    reason: 'forbidden sysctls',
    detail: forbidden.map(({ name }) => name).join(', '),
    violations: forbidden.map(({ path, name }) => ({ path: [...path, 'name'], value: name })),
  };
}
