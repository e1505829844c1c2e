import { hasRights, serviceAccountOf } from '../../facts/rbac-tokens.ts';
import { edit } from '../../model/edit.ts';
import { own } from '../../model/json.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { accountWith, granted, podWith } from './examples.ts';

const field = 'automountServiceAccountToken';

/** Source: CIS Kubernetes Benchmark 1.12, 5.1.6. What a pod says wins over what its service account says. */
export default control({
  id: 'service-accounts/pod-token',
  title: 'Pods whose service account has no rights mount no token',
  severity: 'low',
  subject: 'pod',
  why: 'A token that nothing needs is still a credential for the API server to whoever breaks into the pod, and is worth more with the next role that is bound.',
  remedy: 'Set automountServiceAccountToken: false, unless the pod shows the token to others, such as a vault.',
  check: ({ pod, object }, facts) => {
    const { automountServiceAccountToken: mounts, serviceAccountName: name } = pod;
    if (mounts === false) return pass;
    if (object.kind === 'Pod' && pod.annotations.has('kubernetes.io/config.mirror')) return mirror;
    if (facts.get(hasRights)(object.namespace, name)) return pass;
    const account = facts.get(serviceAccountOf)(object.namespace, name);
    if (mounts === undefined && account !== undefined) {
      return own(account.value, field) === false ? pass : byAccount;
    }
    if (account === undefined && name !== 'default') {
      return unknown('the service account that the pod names is not in what was read, nor a role that is bound to it');
    }
    return fail(`the token of service account ${name} is mounted, to which no role is bound`, pod.at(field));
  },
  fix: { safety: 'may-break', edits: ({ pod }) => [edit.set(pod.at(field), false)] },
  examples: {
    fail: [
      podWith('restartPolicy: Always'),
      `${accountWith('automountServiceAccountToken: false\n')}---\n${podWith('serviceAccountName: app, automountServiceAccountToken: true')}`,
    ],
    pass: [
      podWith('automountServiceAccountToken: false'),
      `${accountWith('automountServiceAccountToken: false\n')}---\n${podWith('serviceAccountName: app')}`,
      `${podWith('serviceAccountName: app')}---\n${granted}`,
      podWith('serviceAccountName: elsewhere'),
    ],
  },
});

const mirror = notApplicable('static pods get no token');
const byAccount = notApplicable('its service account is judged');
