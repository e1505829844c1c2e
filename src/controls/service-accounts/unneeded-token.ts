import { hasRights, tokenUseOf } from '../../facts/rbac-tokens.ts';
import { edit } from '../../model/edit.ts';
import { own } from '../../model/json.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { accountWith, granted, podWith } from './examples.ts';

const field = 'automountServiceAccountToken';
const noAccount = notApplicable('it is no service account');

/** Source: CIS Kubernetes Benchmark 1.12, 5.1.6. Pods that say it themselves are `service-accounts/pod-token`'s. */
export default control({
  id: 'service-accounts/unneeded-token',
  title: 'Service accounts without rights mount no token into their pods',
  severity: 'low',
  subject: 'object',
  kinds: ['ServiceAccount'],
  why: 'A token that nothing needs is still a credential for the API server to whoever breaks into the pod, and is worth more with the next role that is bound.',
  remedy: 'Set automountServiceAccountToken: false, unless the pods show the token to others, such as a vault.',
  coveredBy: ['service-accounts/default-automount'],
  check: ({ object }, facts) => {
    if (object.kind !== 'ServiceAccount') return noAccount;
    const { name, namespace, value } = object;
    if (own(value, field) === false) return pass;
    const use = facts.get(tokenUseOf)(object);
    if (use === undefined || facts.get(hasRights)(namespace, name)) return pass;
    const more = use.workloads > 1 ? ` and ${use.workloads - 1} more` : '';
    const message = `no role is bound to it, and its token is mounted into the pods of ${use.first.kind} ${use.first.name}${more}`;
    return fail(message, [field]);
  },
  fix: { safety: 'may-break', edits: () => [edit.set([field], false)] },
  examples: {
    fail: [`${accountWith('')}---\n${podWith('serviceAccountName: app')}`],
    pass: [
      `${accountWith('automountServiceAccountToken: false\n')}---\n${podWith('serviceAccountName: app')}`,
      `${accountWith('')}---\n${podWith('serviceAccountName: app, automountServiceAccountToken: false')}`,
      `${accountWith('')}---\n${podWith('serviceAccountName: app')}---\n${granted}`,
    ],
  },
});
