import { defineFact, type Facts } from '../../facts/facts.ts';
import { networkReachability, networkWorld } from '../../facts/network.ts';
import { networkNames } from '../../facts/network-names.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { allPorts, noPorts } from '../../semantics/network-policy/index.ts';
import { control } from '../control.ts';
import { isNamespace } from '../namespaces/whole-cluster.ts';
import { documents, policy } from './examples.ts';

/** Labels by which namespaces are of a tenant: Capsule's, Rancher's projects, and the plain word. */
const keys = ['capsule.clastix.io/tenant', 'field.cattle.io/projectId', 'tenant'] as const;

interface Tenant {
  readonly key: string;
  readonly name: string;
}

const tenants = defineFact('network-tenants', (facts): ReadonlyMap<string, Tenant> => {
  const found = new Map<string, Tenant>();
  for (const { name, labels } of facts.get(networkWorld).namespaces.values()) {
    const key = keys.find((each) => labels.has(each));
    if (key !== undefined) found.set(name, { key, name: labels.get(key) ?? '' });
  }
  return found;
});

/** Classes of pods of the namespaces of tenants. */
const tenantClasses = defineFact('tenant-classes', (facts): ReadonlyMap<string, readonly number[]> => {
  const { classes } = facts.get(networkReachability);
  const found = new Map<string, number[]>();
  for (const [at, each] of classes.all.entries()) {
    if (each.kind !== 'pods' || !facts.get(tenants).has(each.namespace)) continue;
    const listed = found.get(each.namespace);
    if (listed === undefined) found.set(each.namespace, [at]);
    else listed.push(at);
  }
  return found;
});

export default control({
  id: 'network-policies/tenants',
  title: 'The pods of one tenant cannot reach those of another',
  severity: 'medium',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Namespaces that are labelled as of different tenants are meant to be apart, and without policies every pod reaches every other.',
  remedy: 'Deny ingress by default in each namespace, and allow it from namespaces of the same tenant.',
  coveredBy: ['network-policies/namespace-policy', 'network-policies/default-deny-ingress'],
  check: ({ object }, facts) => {
    if (!isNamespace(object)) return notApplicable('it is no namespace');
    const own = facts.get(tenants).get(object.name);
    if (own === undefined) return notApplicable('no label says whose it is');
    const found = firstIntruder(facts, object.name, own);
    return found === undefined ? [] : [found];
  },
  examples: {
    fail: [documents(...tenant('blue'), ...tenant('red'), open('blue'))],
    pass: [documents(...tenant('blue'), ...tenant('red'), deny('blue'), deny('red')), documents(...tenant('blue'))],
  },
});

/** A connection into the namespace that another tenant can certainly make. */
function firstIntruder(facts: Facts, namespace: string, own: Tenant): Failure | undefined {
  const { ports, ...reachability } = bound(facts);
  for (const to of facts.get(tenantClasses).get(namespace) ?? []) {
    const into = reachability.into(to);
    const sent = reachability.sent(to);
    for (const [place, classes] of facts.get(tenantClasses)) {
      const other = facts.get(tenants).get(place);
      if (other === undefined || other.key !== own.key || other.name === own.name) continue;
      const from = classes.find((at) => ports.intersect(into(at), sent(at)) !== noPorts);
      if (from === undefined) continue;
      const { describe } = facts.get(networkNames);
      const pair = `${describe([from])[0]} can connect to ${describe([to])[0]}`;
      const message = `namespace ${namespace} of tenant ${own.name} is open to tenant ${other.name}: ${pair}`;
      return fail(message, ['metadata', 'labels', own.key]);
    }
  }
  return undefined;
}

/** What is let through for certain at both ends of a class. */
function bound(facts: Facts) {
  const reachability = facts.get(networkReachability);
  return {
    ports: reachability.ports,
    into: (to: number) => {
      const row = reachability.row('ingress', to, 'least');
      return (from: number) => (row === undefined ? allPorts : (row[from] ?? noPorts));
    },
    sent: (to: number) => {
      const column = reachability.columnOf('egress', to, 'least');
      return (from: number) => {
        const group = reachability.groupNumber('egress', from);
        return group === -1 ? allPorts : (column[group] ?? noPorts);
      };
    },
  };
}

function tenant(name: string): readonly string[] {
  return [
    `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {tenant: ${name}}}\n`,
    `apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: ${name}, labels: {app: web}}\nspec: {containers: [{name: app, image: registry.example/app:1.0}]}\n`,
  ];
}

function deny(namespace: string): string {
  return policy('{podSelector: {}}').replace('namespace: shop', `namespace: ${namespace}`);
}

function open(namespace: string): string {
  return documents(
    deny(namespace),
    policy('{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {}}]}]}', 'open').replace(
      'namespace: shop',
      `namespace: ${namespace}`,
    ),
  );
}
