import type { Failure } from '../../model/verdict.ts';
import { durationSeconds } from '../../semantics/component-config/duration.ts';
import type { EncryptionConfig } from '../../semantics/encryption-config/index.ts';
import { type DocumentOf, documentFailure } from './named-file.ts';

/** Folders that everyone may write: a socket there is made by whoever is first. */
const openFolders = /^\/(?:tmp|var\/tmp|dev\/shm)\//;

/** What is wrong with the sockets and timeouts of KMS plugins. */
export function kmsFailures({ rules }: EncryptionConfig, document: DocumentOf): Failure[] {
  const failures: Failure[] = [];
  for (const { kms, path } of rules.flatMap(({ providers }) => providers)) {
    if (kms === undefined) continue;
    const { name, endpoint, timeout } = kms;
    const says = (field: string, message: string, more: Pick<Failure, 'severity'> = {}): void => {
      failures.push(documentFailure(document, [...path, 'kms', field], { message, key: `${name} ${field}`, ...more }));
    };
    const socket = endpoint.replace(/^unix:\/\//, '');
    if (openFolders.test(socket))
      says('endpoint', `KMS provider ${name} is reached at ${socket}, in a folder that everyone may write`);
    // A name that begins with @ is no file, has no owner, and belongs to whoever binds it first.
    if (/^\/?@/.test(socket))
      says('endpoint', `KMS provider ${name} is reached at the abstract socket ${socket}, which anyone may bind`);
    if ((durationSeconds(timeout ?? '') ?? 0) > 10)
      says('timeout', `KMS provider ${name} may take ${timeout}, and requests wait for it`, { severity: 'info' });
  }
  return failures;
}
