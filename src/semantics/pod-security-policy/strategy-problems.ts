import type { IdStrategy, SelinuxStrategy } from './policy.ts';

interface Strategies {
  readonly runAsUser: IdStrategy;
  readonly runAsGroup: IdStrategy | undefined;
  readonly seLinux: SelinuxStrategy;
  readonly fsGroup: IdStrategy;
  readonly supplementalGroups: IdStrategy;
}

/**
 * Why the plugin cannot use a policy. The API server takes such policies (ranges may be missing), and the plugin leaves
 * them out and only logs it. Source: pkg/security/podsecuritypolicy/factory.go.
 */
export function strategyProblems(strategies: Strategies): readonly string[] {
  const { runAsUser, runAsGroup, seLinux, fsGroup, supplementalGroups } = strategies;
  const problems: string[] = [];
  if (runAsUser.rule === 'MustRunAs') {
    if (runAsUser.ranges.length === 0) problems.push('runAsUser: MustRunAs requires at least one range');
  } else if (runAsUser.rule !== 'MustRunAsNonRoot' && runAsUser.rule !== 'RunAsAny') {
    problems.push(`Unrecognized RunAsUser strategy type ${runAsUser.rule}`);
  }
  if (runAsGroup !== undefined) problems.push(...groupProblems('RunAsGroup', runAsGroup));
  if (seLinux.rule === 'MustRunAs') {
    if (seLinux.options === undefined) problems.push('seLinux: MustRunAs requires SELinuxOptions');
  } else if (seLinux.rule !== 'RunAsAny') {
    problems.push(`Unrecognized SELinuxContext strategy type ${seLinux.rule}`);
  }
  problems.push(...groupProblems('FSGroup', fsGroup), ...groupProblems('SupplementalGroups', supplementalGroups));
  return problems;
}

function groupProblems(what: string, { rule, ranges }: IdStrategy): readonly string[] {
  if (rule === 'RunAsAny') return [];
  if (rule !== 'MustRunAs' && rule !== 'MayRunAs') return [`Unrecognized ${what} strategy type ${rule}`];
  return ranges.length > 0 ? [] : [`${what}: ranges must be supplied for ${rule}`];
}
