import type { AdministratorEvidence } from '../../model/node.ts';
import type { PasswdEntry } from './accounts.ts';
import { countKeys, keyFilesOf, readSshd } from './sshd.ts';
import { type ConfigurationFiles, readSudoers } from './sudoers.ts';

/** Files of authorised keys that are looked for. */
const maxKeyFiles = 10_000;

/** Who may become root on a node, and how they come in, from its own files. Of keys it is the number that is kept. */
export function readAdministrators(accounts: readonly PasswdEntry[], files: ConfigurationFiles): AdministratorEvidence {
  const sshd = readSshd('/etc/ssh/sshd_config', files);
  const authorizedKeys: { user: string; path: string; keys: number }[] = [];
  let asked = 0;
  for (const account of accounts) {
    if (!/^\/./.test(account.home)) continue;
    for (const path of keyFilesOf(account, sshd)) {
      asked += 1;
      if (asked > maxKeyFiles) break;
      const text = files.read(path);
      if (text !== undefined) authorizedKeys.push({ user: account.name, path, keys: countKeys(text) });
    }
  }
  return {
    superusers: accounts.filter(({ id }) => id === 0).map(({ name }) => name),
    sudoers: readSudoers('/etc/sudoers', files),
    ...(sshd !== undefined && { sshd }),
    authorizedKeys,
  };
}
