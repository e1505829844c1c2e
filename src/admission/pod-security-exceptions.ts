import { formatPath } from '../model/path.ts';
import { type PodSecurityResult, podSecurityChecks } from '../semantics/pod-security/index.ts';
import type { RequestExceptions } from './exceptions.ts';

/** The ids by which exceptions name the checks of Pod Security: `pod-security/hostPorts`. */
export const podSecurityIds: readonly string[] = podSecurityChecks.map(({ id }) => `pod-security/${id}`);

/** A failed check counts no longer once exceptions cover every place where it fails. */
export function exceptPodSecurity(
  exceptions: RequestExceptions,
): (results: readonly PodSecurityResult[]) => readonly PodSecurityResult[] {
  return (results) =>
    results.filter(({ check, violations }) => {
      const offences = violations.map(({ container, path }) => ({
        id: `pod-security/${check}`,
        container: container?.name,
        path: formatPath(path),
      }));
      return offences.length === 0 || !exceptions.coversAll(offences);
    });
}
