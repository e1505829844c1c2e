import type { Container } from '../../model/container.ts';

/**
 * What makes the API server refuse `allowPrivilegeEscalation: false`, in words; undefined where nothing does.
 * It compares the capability by exact name, so it accepts `SYS_ADMIN` (pkg/apis/core/validation, ValidateSecurityContext).
 */
export function forcesEscalation(container: Container): string | undefined {
  const { privileged, capabilities } = container.securityContext;
  if (privileged === true) return 'privileged: true';
  return capabilities.add.includes('CAP_SYS_ADMIN') ? 'the added capability CAP_SYS_ADMIN' : undefined;
}
