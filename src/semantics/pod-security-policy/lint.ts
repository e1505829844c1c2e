import { duplicate, type FieldError, invalid, invalidText, required, unsupported } from './field-error.ts';
import { goQuote, goStrings } from './go-syntax.ts';
import { lintSysctls } from './lint-sysctls.ts';
import { policyVolumeTypes } from './pod-view.ts';
import type { IdStrategy, NumberRange, PodSecurityPolicy } from './policy.ts';
import { policyAnnotations, runtimeDefaults } from './profiles.ts';

/**
 * Why the API server would not store a policy, in its own words and order, odd paths included. Names and labels are not
 * looked at. Source: pkg/apis/policy/validation/validation.go, v1.20.
 */
export function lintPodSecurityPolicy(policy: PodSecurityPolicy): readonly FieldError[] {
  const groupRules = ['MayRunAs', 'MustRunAs', 'RunAsAny'];
  return [
    ...lintAnnotations(policy),
    ...lintRule('runAsUser', policy.runAsUser.rule, ['MustRunAs', 'MustRunAsNonRoot', 'RunAsAny']),
    ...lintRanges('runAsUser', policy.runAsUser.ranges),
    ...lintRunAsGroup(policy.runAsGroup),
    ...lintRule('seLinux', policy.seLinux.rule, ['MustRunAs', 'RunAsAny']),
    ...lintRule('supplementalGroups', policy.supplementalGroups.rule, groupRules),
    ...lintRanges('supplementalGroups', policy.supplementalGroups.ranges),
    ...lintRule('fsGroup', policy.fsGroup.rule, groupRules),
    ...lintRanges('fsGroup', policy.fsGroup.ranges),
    ...policy.volumes
      .filter((type) => type !== '*' && !policyVolumeTypes.includes(type))
      .map((type) => unsupported('spec.volumes', type, ['*', ...policyVolumeTypes])),
    ...lintCapabilities(policy),
    ...lintEscalation(policy),
    ...lintProcMounts(policy),
    ...lintHostPaths(policy),
    ...lintDrivers(policy),
    ...lintSysctls(policy),
    ...lintRuntimeClass(policy),
  ];
}

function lintAnnotations({ annotations }: PodSecurityPolicy): readonly FieldError[] {
  const { defaultAppArmor, allowedAppArmor, defaultSeccomp, allowedSeccomp } = policyAnnotations;
  const text = (key: string): string => annotations.get(key) ?? '';
  const listed = (key: string): readonly string[] => (text(key) === '' ? [] : text(key).split(','));
  const seccompOf = (profiles: readonly string[], key: string): readonly FieldError[] =>
    profiles.flatMap((profile) => lintSeccomp(`metadata.annotations[${key}]`, profile));
  return [
    ...lintAppArmor(defaultAppArmor, text(defaultAppArmor), [text(defaultAppArmor)]),
    ...lintAppArmor(allowedAppArmor, text(allowedAppArmor), listed(allowedAppArmor)),
    ...seccompOf(text(defaultSeccomp) === '' ? [] : [text(defaultSeccomp)], defaultSeccomp),
    ...seccompOf(
      listed(allowedSeccomp).filter((profile) => profile !== '*'),
      allowedSeccomp,
    ),
  ];
}

/** Blames the whole annotation for each profile in it that there cannot be. */
function lintAppArmor(key: string, value: string, profiles: readonly string[]): readonly FieldError[] {
  return profiles
    .filter((profile) => !['', 'runtime/default', 'unconfined'].includes(profile) && !profile.startsWith('localhost/'))
    .map((profile) =>
      invalidText(`metadata.annotations[${key}]`, value, `invalid AppArmor profile name: ${goQuote(profile)}`),
    );
}

/** Source: pkg/apis/core/validation (ValidateSeccompProfile, validateLocalDescendingPath). */
function lintSeccomp(path: string, profile: string): readonly FieldError[] {
  if (runtimeDefaults.has(profile) || profile === 'unconfined') return [];
  if (!profile.startsWith('localhost/')) return [invalidText(path, profile, 'must be a valid seccomp profile')];
  const file = profile.slice('localhost/'.length);
  return [
    ...(file.startsWith('/') ? [invalidText(path, file, 'must be a relative path')] : []),
    ...(file.split('/').includes('..') ? [invalidText(path, file, "must not contain '..'")] : []),
  ];
}

function lintRule(field: string, rule: string, rules: readonly string[]): readonly FieldError[] {
  return rules.includes(rule) ? [] : [unsupported(`spec.${field}.rule`, rule, rules)];
}

function lintRanges(field: string, ranges: readonly NumberRange[]): readonly FieldError[] {
  return ranges.flatMap(({ min, max }, index) => {
    const path = `spec.${field}.ranges[${index}]`;
    return [
      ...(min < 0 ? [invalid(`${path}.min`, min, 'min cannot be negative')] : []),
      ...(max < 0 ? [invalid(`${path}.max`, max, 'max cannot be negative')] : []),
      ...(min > max ? [invalid(`${path}.min`, min, 'min cannot be greater than max')] : []),
    ];
  });
}

/** The only strategy whose ranges the API server asks for. */
function lintRunAsGroup(strategy: IdStrategy | undefined): readonly FieldError[] {
  if (strategy === undefined) return [];
  const { rule, ranges } = strategy;
  const path = 'spec.runAsGroup.ranges';
  if (rule === 'RunAsAny') {
    const printed = ranges.map(({ min, max }) => `policy.IDRange{Min:${min}, Max:${max}}`).join(', ');
    return ranges.length === 0 ? [] : [invalid(path, `[]policy.IDRange{${printed}}`, 'Ranges must be empty')];
  }
  if (rule !== 'MustRunAs' && rule !== 'MayRunAs')
    return lintRule('runAsGroup', rule, ['MustRunAs', 'RunAsAny', 'MayRunAs']);
  if (ranges.length === 0) return [invalid(path, '[]policy.IDRange(nil)', 'must provide at least one range')];
  return lintRanges('runAsGroup', ranges);
}

function lintCapabilities(policy: PodSecurityPolicy): readonly FieldError[] {
  const { requiredDropCapabilities: drops, allowedCapabilities } = policy;
  const errors: FieldError[] = [];
  if (drops.length > 0 && allowedCapabilities.includes('*')) {
    const detail = 'must be empty when all capabilities are allowed by a wildcard';
    errors.push(invalid('requiredDropCapabilities', goStrings('core.Capability', drops), detail));
  }
  for (const field of ['defaultAddCapabilities', 'allowedCapabilities'] as const) {
    for (const name of policy[field]) {
      if (drops.includes(name))
        errors.push(invalidText(field, name, `capability is listed in ${field} and requiredDropCapabilities`));
    }
  }
  return errors;
}

function lintEscalation(policy: PodSecurityPolicy): readonly FieldError[] {
  if (policy.defaultAllowPrivilegeEscalation !== true || policy.allowPrivilegeEscalation) return [];
  const detail =
    'Cannot set DefaultAllowPrivilegeEscalation to true without also setting AllowPrivilegeEscalation to true';
  return [invalid('spec.defaultAllowPrivilegeEscalation', true, detail)];
}

/** Of a manifest the field is dropped before it is looked at. */
function lintProcMounts({ isStored, allowedProcMountTypes }: PodSecurityPolicy): readonly FieldError[] {
  if (!isStored) return [];
  return allowedProcMountTypes.flatMap((type, index) => {
    if (type === 'Default' || type === 'Unmasked') return [];
    return [unsupported(`spec.allowedProcMountTypes[${index}]`, type, ['Default', 'Unmasked'])];
  });
}

function lintHostPaths({ allowedHostPaths }: PodSecurityPolicy): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { pathPrefix }] of allowedHostPaths.entries()) {
    const path = `spec.allowedHostPaths[${index}]`;
    if (pathPrefix === '') {
      errors.push(required(path, 'is required'));
      // Upstream stops here.
      break;
    }
    if (pathPrefix.split('/').includes('..')) errors.push(invalidText(path, pathPrefix, "must not contain '..'"));
  }
  return errors;
}

function lintDrivers({ allowedFlexVolumes, allowedCSIDrivers }: PodSecurityPolicy): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, driver] of allowedFlexVolumes.entries()) {
    const path = `spec.allowedFlexVolumes.allowedFlexVolumes[${index}].driver`;
    if (driver === '') errors.push(required(path, 'must specify a driver'));
  }
  for (const [index, driver] of allowedCSIDrivers.entries()) {
    const path = `spec.allowedCSIDrivers.allowedCSIDriver[${index}].name`;
    if (driver === '') errors.push(required(path, ''));
    if (driver.length > 63) errors.push({ path, text: `${path}: Too long: must have at most 63 bytes` });
    errors.push(...lintSubdomain(path, driver.toLowerCase(), driver));
  }
  return errors;
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainDetail =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

function lintSubdomain(path: string, name: string, printed = name): readonly FieldError[] {
  if (name.length > 253) return [invalidText(path, printed, 'must be no more than 253 characters')];
  return subdomain.test(name) ? [] : [invalidText(path, printed, subdomainDetail)];
}

function lintRuntimeClass({ runtimeClass }: PodSecurityPolicy): readonly FieldError[] {
  if (runtimeClass === undefined) return [];
  const { allowed } = runtimeClass;
  const path = 'spec.runtimeClass.allowedRuntimeClassNames';
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, name] of allowed.entries()) {
    if (name !== '*') errors.push(...lintSubdomain(`${path}[${index}]`, name));
    if (seen.has(name)) errors.push(duplicate(`${path}[${index}]`, name));
    seen.add(name);
  }
  const chosen = runtimeClass.default;
  if (chosen !== undefined) {
    errors.push(...lintSubdomain('spec.runtimeClass.defaultRuntimeClassName', chosen));
    if (!seen.has(chosen) && !seen.has('*')) errors.push(required(path, `default ${goQuote(chosen)} must be allowed`));
  }
  if (seen.has('*') && allowed.length > 1) {
    const detail = "if '*' is present, must not specify other RuntimeClass names";
    errors.push(invalid(path, goStrings('string', allowed), detail));
  }
  return errors;
}
