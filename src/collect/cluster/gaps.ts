import type { Gap, PolicyRule } from '../../model/snapshot.ts';
import type { ApiError } from './api-error.ts';

const hints = {
  forbidden: 'grant it to the user of the scan: `bulwark scan --print-rbac` prints the role',
  unavailable: 'the server behind this API may be down: `kubectl get apiservices` tells',
  interrupted: 'what arrived before was judged; run the scan again',
  'too-large': 'name the namespaces to scan, so that less is asked for at a time',
};

/** A request that gave no usable answer, as missing evidence. `rule` would allow it. */
export function requestGap(error: ApiError, path: string, rule: PolicyRule): Gap {
  const code = error.gapCode;
  const hint = code in hints ? hints[code as keyof typeof hints] : undefined;
  return {
    code,
    what: path,
    reason: error.message,
    ...(hint !== undefined && { hint }),
    ...(code === 'forbidden' && { rule }),
  };
}
