import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { ServerKeys } from '../server/admission-server.ts';
import { certificatesIn } from './trust.ts';

export interface KeyFiles {
  readonly cert: string;
  readonly key: string;
  /** Authority of client certificates. */
  readonly clientCa: string | undefined;
}

export interface FollowedKeys {
  /** What is served, or will be; undefined until there was a pair that fits together. */
  readonly keys: ServerKeys | undefined;
  /** Why the files do not serve as they are; undefined where they do. */
  readonly problem: string | undefined;
  /** Reads the files again. Resolves to true where there are new keys that can be served. */
  refresh(): Promise<boolean>;
}

/**
 * The key pair in files that others renew: a mounted Secret, or what cert-manager writes. Contents are compared, since
 * a mounted Secret changes by a symbolic link. Half of a new pair is not served: the old one stays.
 */
export function followKeyFiles(files: KeyFiles): FollowedKeys {
  let keys: ServerKeys | undefined;
  let problem: string | undefined = 'the files were not read yet';
  return {
    get keys() {
      return keys;
    },
    get problem() {
      return problem;
    },
    async refresh() {
      try {
        const [cert, key, ca] = await Promise.all([
          readFile(files.cert, 'utf8'),
          readFile(files.key, 'utf8'),
          files.clientCa === undefined ? undefined : readFile(files.clientCa, 'utf8'),
        ]);
        if (keys !== undefined && keys.cert === cert && keys.key === key && keys.ca === ca) {
          problem = undefined;
          return false;
        }
        if (cert.trim() === '' || key.trim() === '') throw new Error(`${files.cert} or ${files.key} is empty`);
        if (ca !== undefined && certificatesIn(ca).length === 0)
          throw new Error(`${files.clientCa} holds no certificate`);
        createSecureContext({ cert, key, ...(ca !== undefined && { ca }) });
        keys = { cert, key, ca };
        problem = undefined;
        return true;
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
        return false;
      }
    },
  };
}
