import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';

/** Whether an object was read from a server, which knows of everything else, too; a manifest may rely on others. */
export function isStored({ value }: KubeObject): boolean {
  return typeof valueAt(value, ['metadata', 'uid']) === 'string';
}

/** The objects of an example, as a server stores them. */
export function ofServer(text: string): string {
  return text.replaceAll('metadata: {', 'metadata: {uid: 7d1f2c1e-0000-4000-8000-000000000001, ');
}
