import { type FieldError, forbidden, invalid, invalidText, required } from './field-error.ts';
import { goQuote, goRanges, goStrings } from './go-syntax.ts';
import { type Capabilities, type ContainerView, containerSeccomp, type PodView } from './pod-view.ts';
import { type PodSecurityPolicy, procMountTypes } from './policy.ts';
import { appArmorContainerPrefix, listedProfiles, policyAnnotations, seccompContainerPrefix } from './profiles.ts';
import { isWithin, validateGroups, validateSeccomp, validateSelinux } from './validate-ids.ts';

/** What a policy has against one container. Source: provider.go (validateContainer). */
export function validateContainer(
  policy: PodSecurityPolicy,
  view: PodView,
  each: ContainerView,
): readonly FieldError[] {
  const { container, path, capabilities, procMount } = each;
  const { effective, securityContext, name } = container;
  const context = `${path}.securityContext`;
  const group = effective.runAsGroup;
  const errors = [
    ...validateUser(policy, context, effective),
    ...(policy.runAsGroup ? validateGroups(policy.runAsGroup, context, group === undefined ? undefined : [group]) : []),
    ...validateSelinux(policy.seLinux, `${context}.seLinuxOptions`, effective.seLinuxOptions),
    ...validateAppArmor(policy, name, view.pod.annotations.get(`${appArmorContainerPrefix}${name}`) ?? ''),
    ...validateSeccomp(
      policy,
      `pod.metadata.annotations[${seccompContainerPrefix}${name}]`,
      containerSeccomp(view, each),
    ),
  ];
  if (securityContext.privileged === true && !policy.privileged)
    errors.push(invalid(`${context}.privileged`, true, 'Privileged containers are not allowed'));
  const procMounts = procMountTypes(policy);
  if (!(procMounts.length === 0 ? ['Default'] : procMounts).includes(procMount))
    errors.push(invalidText(`${context}.procMount`, procMount, 'ProcMountType is not allowed'));
  errors.push(...validateCapabilities(policy, `${context}.capabilities`, capabilities));
  errors.push(...validateHostPorts(policy, path, each));
  const readOnly = securityContext.readOnlyRootFilesystem;
  if (policy.readOnlyRootFilesystem && readOnly !== true) {
    const detail = readOnly === undefined ? 'may not be nil and must be set to true' : 'must be set to true';
    errors.push(invalid(`${context}.readOnlyRootFilesystem`, readOnly ?? '"null"', `ReadOnlyRootFilesystem ${detail}`));
  }
  const escalation = securityContext.allowPrivilegeEscalation;
  if (!policy.allowPrivilegeEscalation && escalation !== false) {
    const detail = 'Allowing privilege escalation for containers is not allowed';
    errors.push(invalid(`${context}.allowPrivilegeEscalation`, escalation ?? '"null"', detail));
  }
  return errors;
}

interface User {
  readonly runAsUser: number | undefined;
  readonly runAsNonRoot: boolean | undefined;
}

/** Source: user/mustrunas.go, nonroot.go. */
function validateUser({ runAsUser }: PodSecurityPolicy, context: string, user: User): readonly FieldError[] {
  if (runAsUser.rule === 'MustRunAs') {
    if (user.runAsUser === undefined) return [required(`${context}.runAsUser`, '')];
    if (isWithin(user.runAsUser, runAsUser.ranges)) return [];
    const detail = `must be in the ranges: ${goRanges(runAsUser.ranges)}`;
    return [invalid(`${context}.runAsUser`, user.runAsUser, detail)];
  }
  if (runAsUser.rule !== 'MustRunAsNonRoot') return [];
  if (user.runAsNonRoot === undefined && user.runAsUser === undefined)
    return [required(`${context}.runAsNonRoot`, 'must be true')];
  if (user.runAsNonRoot === false) return [invalid(`${context}.runAsNonRoot`, false, 'must be true')];
  if (user.runAsUser !== 0) return [];
  return [invalid(`${context}.runAsUser`, 0, 'running with the root UID is forbidden')];
}

/** Source: apparmor/strategy.go. */
function validateAppArmor({ annotations }: PodSecurityPolicy, name: string, profile: string): readonly FieldError[] {
  const listed = annotations.get(policyAnnotations.allowedAppArmor);
  const profiles = listedProfiles(listed);
  if (listed === undefined || profiles === undefined) return [];
  const path = `pod.metadata.annotations[${appArmorContainerPrefix}${name}]`;
  if (profile === '') return [forbidden(path, 'AppArmor profile must be set')];
  if (profiles.includes(profile)) return [];
  return [forbidden(path, `${profile} is not an allowed profile. Allowed values: ${goQuote(listed)}`)];
}

/** Source: capabilities/capabilities.go (Validate). */
function validateCapabilities(
  policy: PodSecurityPolicy,
  path: string,
  capabilities: Capabilities | undefined,
): readonly FieldError[] {
  const { defaultAddCapabilities, requiredDropCapabilities, allowedCapabilities } = policy;
  if (capabilities === undefined) {
    if (defaultAddCapabilities.length === 0 && requiredDropCapabilities.length === 0) return [];
    return [invalid(path, '"null"', 'required capabilities are not set on the securityContext')];
  }
  if (allowedCapabilities.includes('*')) return [];
  const errors: FieldError[] = [];
  const allowed = new Set([...defaultAddCapabilities, ...allowedCapabilities]);
  for (const name of capabilities.add ?? []) {
    if (allowed.has(name)) continue;
    errors.push(invalidText(`${path}.add`, name, 'capability may not be added'));
  }
  const dropped = new Set(capabilities.drop);
  for (const name of requiredDropCapabilities) {
    if (dropped.has(name)) continue;
    const printed = goStrings('core.Capability', capabilities.drop);
    errors.push(invalid(`${path}.drop`, printed, `${name} is required to be dropped but was not found`));
  }
  return errors;
}

function validateHostPorts(
  { hostPorts }: PodSecurityPolicy,
  path: string,
  { container }: ContainerView,
): readonly FieldError[] {
  const allowed = hostPorts.map(({ min, max }) => (min === max ? `${min}` : `${min}-${max}`)).join(',');
  return container.ports
    .filter(({ hostPort }) => hostPort > 0 && !isWithin(hostPort, hostPorts))
    .map(({ hostPort }) =>
      invalid(
        `${path}.hostPort`,
        hostPort,
        `Host port ${hostPort} is not allowed to be used. Allowed ports: [${allowed}]`,
      ),
    );
}
