import { type FieldError, forbidden, invalid, invalidText, required } from './field-error.ts';
import { goIntegers, goRanges } from './go-syntax.ts';
import type { IdStrategy, NumberRange, PodSecurityPolicy, SelinuxFields, SelinuxStrategy } from './policy.ts';
import { listedProfiles, policyAnnotations, runtimeDefaults } from './profiles.ts';

/* The strategies that judge a pod and each of its containers alike. */

/** Source: group/mustrunas.go, mayrunas.go, helpers.go. */
export function validateGroups(
  { rule, ranges }: IdStrategy,
  path: string,
  groups: readonly number[] | undefined,
): readonly FieldError[] {
  if (rule === 'RunAsAny') return [];
  const printed = goIntegers(groups);
  const errors: FieldError[] = [];
  if (rule === 'MustRunAs' && (groups ?? []).length === 0)
    errors.push(invalid(path, printed, 'unable to validate empty groups against required ranges'));
  for (const group of groups ?? []) {
    if (isWithin(group, ranges)) continue;
    errors.push(invalid(path, printed, `group ${group} must be in the ranges: ${goRanges(ranges)}`));
  }
  return errors;
}

export function isWithin(id: number, ranges: readonly NumberRange[]): boolean {
  return ranges.some(({ min, max }) => id >= min && id <= max);
}

/** `profile` is in the form of the annotation, empty where there is none. Source: seccomp/strategy.go. */
export function validateSeccomp(policy: PodSecurityPolicy, path: string, profile: string): readonly FieldError[] {
  const listed = policy.annotations.get(policyAnnotations.allowedSeccomp);
  const profiles = listedProfiles(listed) ?? [];
  if (profiles.includes('*')) return [];
  if (profiles.length === 0) return profile === '' ? [] : [forbidden(path, 'seccomp may not be set')];
  const isAlias = runtimeDefaults.has(profile) && profiles.some((name) => runtimeDefaults.has(name));
  if (profiles.includes(profile) || isAlias) return [];
  return [forbidden(path, `${profile} is not an allowed seccomp profile. Valid values are ${listed}`)];
}

/** Source: selinux/mustrunas.go. */
export function validateSelinux(
  { rule, options }: SelinuxStrategy,
  path: string,
  actual: SelinuxFields | undefined,
): readonly FieldError[] {
  if (rule === 'RunAsAny' || options === undefined) return [];
  if (actual === undefined) return [required(path, '')];
  const errors: FieldError[] = [];
  for (const field of ['level', 'role', 'type', 'user'] as const) {
    const [wanted, found] = [options[field], actual[field]];
    if (wanted === found || (field === 'level' && sameLevel(wanted, found))) continue;
    errors.push(invalidText(`${path}.${field}`, found, `must be ${wanted}`));
  }
  return errors;
}

/** `s0:c1,c6` is `s0:c6,c1`; ranges of categories are not looked into. */
function sameLevel(a: string, b: string): boolean {
  const [aSensitivity, aCategories] = levelParts(a);
  const [bSensitivity, bCategories] = levelParts(b);
  if (aCategories === undefined || bCategories === undefined) return false;
  return aSensitivity === bSensitivity && aCategories === bCategories;
}

function levelParts(level: string): readonly [sensitivity: string, categories: string | undefined] {
  const colon = level.indexOf(':');
  if (colon === -1) return [level, undefined];
  return [
    level.slice(0, colon),
    level
      .slice(colon + 1)
      .split(',')
      .sort()
      .join(','),
  ];
}
