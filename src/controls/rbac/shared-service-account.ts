import { defineFact } from '../../facts/facts.ts';
import { rootOwner } from '../../facts/owners.ts';
import { rbac } from '../../facts/rbac.ts';
import { hasRights } from '../../facts/rbac-tokens.ts';
import { isWorkload, workloadOf } from '../../facts/workloads.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { binding } from './example-grants.ts';

const account = `apiVersion: v1
kind: ServiceAccount
metadata: {name: app, namespace: shop}
`;
const grant = binding('{kind: ClusterRole, name: view}');
const deployment = (name: string, serviceAccount = 'app'): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {serviceAccountName: ${serviceAccount}, containers: [{name: app, image: registry.example/app:1.0}]}
`;

type Workloads = ReadonlyMap<string, KubeObject>;

/**
 * Which workloads, as people write them, run as each service account: `namespace/name`. Those of one name are variants
 * of one workload, of which a cluster gets one.
 */
const workloadsOfAccount = defineFact('workloads-of-account', (facts): ReadonlyMap<string, Workloads> => {
  const read = facts.get(workloadOf);
  const is = facts.get(isWorkload);
  const rootOf = facts.get(rootOwner);
  const users = new Map<string, Map<string, KubeObject>>();
  for (const object of facts.snapshot.objects) {
    if (!is(object) || rootOf(object) !== object) continue;
    for (const { pod } of read(object)?.templates ?? []) {
      const key = `${object.namespace ?? ''}/${pod.serviceAccountName}`;
      const known = users.get(key);
      if (known === undefined) users.set(key, new Map([[object.name, object]]));
      else if (object.kind < (known.get(object.name)?.kind ?? '~')) known.set(object.name, object);
    }
  }
  return users;
});

export default control({
  id: 'rbac/shared-service-account',
  title: 'Each workload with rights has a service account of its own',
  severity: 'low',
  subject: 'object',
  kinds: ['ServiceAccount'],
  why: 'Where workloads share an account each has what the other needs, and the audit log does not tell them apart.',
  remedy: 'Make a service account for each, and give it what that one needs.',
  check: ({ object }, facts) => {
    if (object.kind !== 'ServiceAccount' || object.apiVersion !== 'v1')
      return notApplicable('it is no service account');
    // Roles of the default account are told of by service-accounts/default-rights.
    if (object.name === 'default') return notApplicable('the default account is for whoever names none');
    if (facts.get(rbac).bindings.length === 0) return notApplicable('no bindings were read');
    if (!facts.get(hasRights)(object.namespace, object.name)) return notApplicable('it has no rights');
    const users = [
      ...(facts
        .get(workloadsOfAccount)
        .get(`${object.namespace ?? ''}/${object.name}`)
        ?.values() ?? []),
    ];
    if (users.length < 2) return pass;
    const names = users
      .map(({ kind, name }) => `${kind} ${name}`)
      .sort()
      .slice(0, 2);
    const more = users.length > 2 ? ` and ${users.length - 2} more` : '';
    return fail(
      `${names.join(users.length > 2 ? ', ' : ' and ')}${more} share it and its rights`,
      ['metadata', 'name'],
      { items: users.map(({ kind, name }) => `${kind} ${name}`) },
    );
  },
  examples: {
    fail: [[account, grant, deployment('web'), deployment('worker')].join('---\n')],
    pass: [
      [account, grant, deployment('web'), deployment('web')].join('---\n'),
      [account, grant, deployment('web'), deployment('worker', 'other')].join('---\n'),
      [account, deployment('web'), deployment('worker')].join('---\n'),
    ],
  },
});
