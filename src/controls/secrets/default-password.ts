import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { secret } from './examples.ts';
import { storedValues } from './stored-values.ts';

export default control({
  id: 'secrets/default-password',
  title: 'No Secret holds a password that everybody tries first',
  severity: 'high',
  subject: 'object',
  kinds: ['Secret'],
  coveredBy: ['backups/velero-repository-password', 'wire-encryption/shared-key'],
  why: 'Passwords that a product is shipped with, and those at the top of every word list, keep nobody out.',
  remedy: 'Make a random one, and change it where it is asked for.',
  check: ({ object }) => {
    if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return notApplicable('it is no Secret');
    const [first, ...more] = storedValues(object).filter(({ isKnownDefault }) => isKnownDefault);
    if (first === undefined) return pass;
    const keys = [first, ...more].map(({ key }) => key);
    const what = more.length === 0 ? `key ${first.key}` : `each of the keys ${keys.slice(0, 4).join(', ')}`;
    const message = `${what} of Secret ${object.name} is a password that every attacker tries first`;
    return fail(message, [first.field, first.key]);
  },
  examples: {
    fail: [secret('password: changeme'), secret('user: shop, password: shop')],
    pass: [secret('password: correct-horse-battery'), secret('database: postgres')],
  },
});
