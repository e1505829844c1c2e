import { tokenUseOf } from '../../facts/rbac-tokens.ts';
import { edit } from '../../model/edit.ts';
import { own } from '../../model/json.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';

const field = 'automountServiceAccountToken';
const notDefault = notApplicable('it is no default service account');

/** Source: CIS Kubernetes Benchmark 1.12, 5.1.5. */
export default control({
  id: 'service-accounts/default-automount',
  title: 'Default service accounts mount no token into pods',
  severity: 'low',
  subject: 'object',
  kinds: ['ServiceAccount'],
  why: 'Every pod that names no service account gets the token of this one, and with it whatever anyone ever gives to it.',
  remedy:
    'Give the pods that talk to the API server service accounts of their own, then set automountServiceAccountToken: false.',
  check: ({ object }, facts) => {
    if (object.kind !== 'ServiceAccount' || object.name !== 'default') return notDefault;
    if (own(object.value, field) === false) return pass;
    const use = facts.get(tokenUseOf)(object);
    const whose = object.namespace === undefined ? '' : ` of namespace ${object.namespace}`;
    if (use === undefined)
      return fail(`the token${whose} is mounted into any pod that names no account`, [field], { severity: 'info' });
    const more = use.workloads > 1 ? ` and ${use.workloads - 1} more` : '';
    return fail(`the token${whose} is mounted into the pods of ${use.first.kind} ${use.first.name}${more}`, [field]);
  },
  fix: { safety: 'may-break', edits: () => [edit.set([field], false)] },
  examples: {
    fail: [
      account('default', ''),
      `${account('default', 'automountServiceAccountToken: true\n')}---
apiVersion: v1
kind: Pod
metadata: {name: example, namespace: shop}
spec: {containers: [{name: app, image: registry.example/app:1.0}]}
`,
    ],
    pass: [account('default', 'automountServiceAccountToken: false\n')],
  },
});

function account(name: string, fields: string): string {
  return `apiVersion: v1
kind: ServiceAccount
metadata: {name: ${name}, namespace: shop}
${fields}`;
}
