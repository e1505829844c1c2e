/** Sysctls that need no policy's leave in v1.20. Source: sysctl/mustmatchpatterns.go (SafeSysctlWhitelist). */
export const safeSysctls: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
]);
