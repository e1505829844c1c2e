import cves from '../../../data/cves.json' with { type: 'json' };
import { parseVersion } from '../../model/version.ts';

/** The newest minor version of Kubernetes that the data knows of. */
export function newestKnown(): number {
  return parseVersion(cves.products.kubernetes.newest)?.numbers[1] ?? 0;
}
