import { serverVersion } from '../../facts/cluster-version.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';

const secret = (type: string): string => `apiVersion: v1
kind: Secret
metadata: {name: robot-token, namespace: shop, annotations: {kubernetes.io/service-account.name: robot}}
type: ${type}
`;

export default control({
  id: 'rbac/legacy-token',
  title: 'No token of a service account is kept in a Secret',
  severity: 'medium',
  subject: 'object',
  why: 'Such a token has no end and no audience: whoever read the Secret once is that account until it is deleted.',
  remedy: 'Use projected tokens, or kubectl create token for a time, and delete the Secret.',
  check: ({ object }, facts) => {
    if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return notApplicable('it is no Secret');
    if (valueAt(object.value, ['type']) !== 'kubernetes.io/service-account-token') return pass;
    const minor = facts.get(serverVersion)?.minor;
    if (minor !== undefined && minor < 24) return notApplicable('below v1.24 every service account has one');
    const account = valueAt(object.value, ['metadata', 'annotations', 'kubernetes.io/service-account.name']);
    const isMade = typeof account === 'string' && isMadeName(object.name, account);
    if (isMade && minor === undefined)
      return notApplicable('below v1.24 every service account has one, and the version is not known');
    const used = valueAt(object.value, ['metadata', 'labels', 'kubernetes.io/legacy-token-last-used']);
    const last = typeof used === 'string' ? `, last used on ${used}` : '';
    const whose = typeof account === 'string' ? `ServiceAccount ${account}` : 'a service account';
    return fail(`it holds a token of ${whose} that never expires${last}`, ['type'], {
      severity: isMade ? 'low' : 'medium',
    });
  },
  examples: {
    fail: [secret('kubernetes.io/service-account-token')],
    pass: [secret('Opaque')],
  },
});

/** The name of a token that the controller made for an account, before v1.24. */
function isMadeName(name: string, account: string): boolean {
  return name.startsWith(`${account}-token-`) && /-token-[a-z0-9]{5}$/.test(name);
}
