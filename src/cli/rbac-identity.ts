import { BulwarkError } from '../model/errors.ts';
import { visible } from '../report/visible.ts';
import type { RbacUser } from '../semantics/rbac/binding.ts';
import { readIdentity } from '../semantics/rbac/identity.ts';

/** Whom an option or argument means. A service account or group that is written half is a mistake, not a user. */
export function askedIdentity(text: string, groups: readonly string[]): RbacUser {
  const isAccount = /^(?:sa|serviceaccount):/i.test(text);
  if (isAccount && !/^[^:]*:[^/:]+\/[^/:]+$/.test(text)) {
    const hint = 'write a service account as sa:NAMESPACE/NAME; a user who is called so as user:NAME';
    throw new BulwarkError('usage', `${visible(text)} names no service account`, hint);
  }
  if (text === '' || text === 'group:' || text === 'user:')
    throw new BulwarkError(
      'usage',
      `${text === '' ? 'an empty text' : text} names nobody`,
      'write a user name, sa:NAMESPACE/NAME or group:NAME',
    );
  return readIdentity(text, groups);
}
