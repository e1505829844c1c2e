/*
 * The values that the Pod Security Standards allow, shared by the evaluator here and by the controls.
 * Source: kubernetes/pod-security-admission, policy/check_*.go, v0.37. Versions are minors: 27 is v1.27.
 */

/** The newest policy version whose rules are known; `latest` means this one. */
export const newestPolicyMinor = 37;

/** Capabilities that baseline lets a container add. Names are exact: upper case, no `CAP_` prefix. */
export const baselineCapabilities: ReadonlySet<string> = new Set([
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP'],
  ...['SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
]);

/** The only capability that restricted lets a container add. */
export const restrictedCapability = 'NET_BIND_SERVICE';

const sysctlsSince: ReadonlyMap<string, number> = new Map([
  ['kernel.shm_rmid_forced', 0],
  ['net.ipv4.ip_local_port_range', 0],
  ['net.ipv4.tcp_syncookies', 0],
  ['net.ipv4.ping_group_range', 0],
  ['net.ipv4.ip_unprivileged_port_start', 0],
  ['net.ipv4.ip_local_reserved_ports', 27],
  ['net.ipv4.tcp_keepalive_time', 29],
  ['net.ipv4.tcp_fin_timeout', 29],
  ['net.ipv4.tcp_keepalive_intvl', 29],
  ['net.ipv4.tcp_keepalive_probes', 29],
  ['net.ipv4.tcp_rmem', 32],
  ['net.ipv4.tcp_wmem', 32],
  ['net.ipv4.tcp_slow_start_after_idle', 37],
  ['net.ipv4.tcp_notsent_lowat', 37],
]);

export function isAllowedSysctl(name: string, minor: number = newestPolicyMinor): boolean {
  const since = sysctlsSince.get(name);
  return since !== undefined && since <= minor;
}

const selinuxTypesSince: ReadonlyMap<string, number> = new Map([
  ['', 0],
  ['container_t', 0],
  ['container_init_t', 0],
  ['container_kvm_t', 0],
  ['container_engine_t', 31],
]);

export function isAllowedSelinuxType(type: string, minor: number = newestPolicyMinor): boolean {
  const since = selinuxTypesSince.get(type);
  return since !== undefined && since <= minor;
}

/** `securityContext.seccompProfile.type`. */
export function isAllowedSeccompType(type: string): boolean {
  return type === 'RuntimeDefault' || type === 'Localhost';
}

/** The value of a `seccomp.security.alpha.kubernetes.io` annotation; used up to v1.18. */
export function isAllowedSeccompAnnotation(value: string): boolean {
  return value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
}

/** `securityContext.appArmorProfile.type`. */
export function isAllowedAppArmorType(type: string): boolean {
  return type === 'RuntimeDefault' || type === 'Localhost';
}

export const appArmorAnnotationPrefix = 'container.apparmor.security.beta.kubernetes.io/';

export function isAllowedAppArmorAnnotation(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}

/** Volume types that restricted allows, by their API field. */
export const restrictedVolumeTypes: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
