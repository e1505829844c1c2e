import type { Gap, PolicyRule } from '../../model/snapshot.ts';
import type { ApiError } from './api-error.ts';

/** A request that gave no usable answer, as missing evidence. `rule` is what would allow it. */
export function requestGap(error: ApiError, path: string, rule: PolicyRule): Gap {
  return {
    code: error.gapCode,
    what: path,
    reason: error.message,
    hint: hintFor(error),
    ...(error.status === 403 && { rule }),
  };
}

function hintFor(error: ApiError): string {
  if (error.status === 403) return 'grant it to the user of the scan: `bulwark scan --print-rbac` prints the role';
  if (error.status === 401) return 'the credentials expired during the scan: sign in again, and run it again';
  if (error.status === 404) return 'it is not there: see `kubectl get namespaces` and `kubectl api-resources`';
  if (error.failure === 'too-large') return 'scan some namespaces at a time, so that less is asked for at once';
  if (error.failure === 'status') return 'the server behind this API may be down: `kubectl get apiservices` tells';
  return 'what arrived before was judged; run the scan again';
}
