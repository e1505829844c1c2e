import { defineFact } from '../../facts/facts.ts';
import { type Entry, networkEntries } from '../../facts/network-exposure.ts';
import { networkPolicies } from '../../facts/network-policies.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { documents, pod, policy } from './examples.ts';

const byObject = defineFact('entries-by-object', (facts): ReadonlyMap<KubeObject, readonly Entry[]> => {
  const found = new Map<KubeObject, Entry[]>();
  for (const entry of facts.get(networkEntries)) found.set(entry.object, [...(found.get(entry.object) ?? []), entry]);
  return found;
});

const kinds = /^(?:\/Service|networking\.k8s\.io\/Ingress|gateway\.networking\.k8s\.io\/\w+)$/;

export default control({
  id: 'network-policies/published-blocked',
  title: 'What is published can be reached past the policies',
  severity: 'medium',
  profile: 'reliability',
  subject: 'object',
  why: 'A Service or Ingress whose pods no policy opens answers nobody: one of the two is not meant.',
  remedy: 'Allow ingress to the port of the pods, or do not publish it.',
  check: ({ object }, facts) => {
    if (!kinds.test(groupKind(object))) return notApplicable('it publishes nothing');
    if (facts.get(networkPolicies).effective.length === 0) return notApplicable('what was read holds no policies');
    const entries = facts.get(byObject).get(object) ?? [];
    if (entries.length === 0) return notApplicable('it publishes nothing');
    return entries
      .filter(({ verdict, ports }) => verdict === 'blocked' && ports.length > 0)
      .map(({ through }) =>
        fail(`policies let nobody from outside in through the ${through}`, ['metadata', 'name'], { key: through }),
      );
  },
  examples: {
    fail: [documents(pod('web'), service(), policy('{podSelector: {}}'))],
    pass: [documents(pod('web'), service(), policy('{podSelector: {}, ingress: [{ports: [{port: http}]}]}'))],
  },
});

function service(): string {
  return `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: http}]}
`;
}
