import type { Facts } from '../../facts/facts.ts';
import { type Holder, rbac } from '../../facts/rbac.ts';
import { pass } from '../../model/verdict.ts';
import type { RoleRule } from '../../semantics/rbac/rule.ts';
import { control } from '../control.ts';
import { everywhere } from './example-grants.ts';
import { grantingOf, grantKinds, powerFailure } from './grant-judging.ts';
import { gives } from './power.ts';
import { coveringControls } from './power-control.ts';
import { approval } from './power-rows.ts';

const update = '{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}';
const approve = (...names: readonly string[]): string =>
  `{apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve], resourceNames: [${names.join(', ')}]}`;

export default control({
  id: 'rbac/certificate-approval',
  title: 'Few can approve certificates that the cluster trusts',
  severity: 'critical',
  subject: 'object',
  kinds: grantKinds,
  why: 'An approved request becomes a client certificate with the name that its maker chose, which the API server believes and nobody can revoke.',
  remedy: 'Limit approve on signers by resourceNames to signers of your own.',
  coveredBy: coveringControls,
  // The API server asks for both: the update of the request, and approve on its signer.
  check: ({ object }, facts) => {
    const granting = grantingOf(object, facts);
    if (granting.kind !== 'role' && granting.kind !== 'binding') return granting;
    const { rules, holders } = granting;
    if (granting.kind === 'binding' && holders.length === 0) return pass;
    const rule = rules.find((each) => gives(each, approval.update, granting.scope));
    if (rule === undefined) return pass;
    const own = rules.some((each) => gives(each, approval.approve, 'cluster'));
    const who = holders.length === 0 ? holders : holders.filter((holder) => own || approves(holder, facts));
    if (!own && who.length === 0) return pass;
    const at = granting.kind === 'binding' ? ['roleRef'] : ['rules', rule.index];
    return powerFailure(approval.update.says, { granting, severity: 'critical', at, holders: who });
  },
  examples: {
    fail: [
      everywhere(`${update}\n  - ${approve('kubernetes.io/kube-apiserver-client')}`),
      everywhere(`${update}\n  - ${approve('kubernetes.io/*')}`),
      `${everywhere(update)}---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: signers}
rules:
  - ${approve('kubernetes.io/kubelet-serving')}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: signers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: signers}
subjects: [{kind: ServiceAccount, name: app, namespace: shop}]
`,
    ],
    pass: [everywhere(`${update}\n  - ${approve('issuers.example.com/*')}`), everywhere(update)],
  },
});

function approves({ subject, scope }: Holder, facts: Facts): boolean {
  if (scope !== 'cluster') return false;
  const known = facts.get(rbac);
  const rules = (each: RoleRule): boolean => gives(each, approval.approve, 'cluster');
  return known
    .bindingsOf(subject)
    .some((binding) => binding.scope === 'cluster' && known.rulesOf(binding)?.some(rules) === true);
}
