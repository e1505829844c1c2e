import { defineFact } from '../../facts/facts.ts';
import { rbac } from '../../facts/rbac.ts';
import { serviceAccountOf } from '../../facts/rbac-tokens.ts';
import { type Failure, fail, notApplicable, unknown } from '../../model/verdict.ts';
import { addedSubjects } from '../../semantics/rbac/default-objects.ts';
import { control } from '../control.ts';
import { binding } from './example-grants.ts';
import { bindingKinds, isBindingKind, noGrant } from './grant-judging.ts';
import { makers } from './makers.ts';
import { isStored, ofServer } from './stored.ts';

const account = `apiVersion: v1
kind: ServiceAccount
metadata: {name: app, namespace: shop}
`;
const other = account.replace('name: app', 'name: other');

const wereAccountsRead = defineFact('were-accounts-read', ({ snapshot }) =>
  snapshot.objects.some(({ kind }) => kind === 'ServiceAccount'),
);

export default control({
  id: 'rbac/dangling-subject',
  title: 'Bindings name service accounts that exist',
  severity: 'low',
  subject: 'object',
  kinds: bindingKinds,
  why: 'Whoever may create a service account of that name, or is given one, has what the binding gives without anybody deciding it.',
  remedy: 'Take the subject out of the binding.',
  check: ({ object }, facts) => {
    if (!isBindingKind(object.kind)) return noGrant;
    const bound = facts.get(rbac).bindingOf(object);
    if (bound === undefined) return notApplicable('it names no role');
    const accounts = addedSubjects(bound).filter(
      // One without a namespace in a ClusterRoleBinding is rbac/well-formed's.
      ({ kind, namespace }) => kind === 'ServiceAccount' && namespace !== undefined,
    );
    if (accounts.length === 0) return notApplicable('it names no service account of somebody’s own');
    const canMake = facts.get(makers)('serviceaccounts');
    const find = facts.get(serviceAccountOf);
    const missing = accounts.filter(({ namespace, name }) => find(namespace, name) === undefined);
    if (missing.length > 0 && !isStored(object)) return notApplicable('a manifest may leave its accounts to another');
    if (missing.length > 0 && !facts.get(wereAccountsRead))
      return unknown(`ServiceAccount ${missing[0]?.name} is not in what was read`);
    return missing.map(({ namespace, name, path }): Failure => {
      const severity = canMake(namespace) ? 'medium' : 'low';
      const message = `ServiceAccount ${namespace}/${name} does not exist, and would have ${bound.role.kind} ${bound.role.name}`;
      return fail(message, [...path, 'name'], { key: `${namespace}/${name}`, severity });
    });
  },
  examples: {
    fail: [`${ofServer(binding('{kind: ClusterRole, name: view}'))}---\n${other}`],
    pass: [`${ofServer(binding('{kind: ClusterRole, name: view}'))}---\n${account}`],
  },
});
