import type { NodeComponent } from '../model/node-component.ts';
import { certificatesIn } from '../model/pem.ts';

/** Whether two files of authorities, as the component names them, trust one: by path, or by what both hold. */
export function sharesAuthority(component: NodeComponent, [a, b]: readonly [string, string]): boolean {
  if (a === b) return true;
  const [first, second] = [component.readFile(a)?.trim(), component.readFile(b)?.trim()];
  if (first === undefined || first === '' || second === undefined) return false;
  if (first === second) return true;
  const known = new Set(certificatesIn(first));
  return certificatesIn(second).some((certificate) => known.has(certificate));
}
