import { defineFact } from '../../facts/facts.ts';
import { isWorkload } from '../../facts/workloads.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { isNamespace, isSystemNamespace, namespaces } from './whole-cluster.ts';

interface Bounds {
  readonly bounded: ReadonlySet<string>;
  readonly inhabited: ReadonlySet<string>;
}

const namespaceBounds = defineFact('namespace-bounds', (facts): Bounds => {
  const bounded = new Set<string>();
  const inhabited = new Set<string>();
  const isTemplate = facts.get(isWorkload);
  for (const object of facts.snapshot.objects) {
    const { namespace } = object;
    if (namespace === undefined) continue;
    const kind = groupKind(object);
    if (kind === '/ResourceQuota' || kind === '/LimitRange') bounded.add(namespace);
    else if (isTemplate(object)) inhabited.add(namespace);
  }
  return { bounded, inhabited };
});

/** Source: NSA/CISA Kubernetes Hardening Guidance 1.2, resource policies. */
export default control({
  id: 'namespaces/resource-bounds',
  title: 'Namespaces with workloads have a quota or a range of limits',
  severity: 'low',
  subject: 'object',
  kinds: ['Namespace'],
  why: 'Without either, one namespace may take all memory, storage and addresses of the cluster, by mistake or by somebody who may make pods there.',
  remedy:
    'Give the namespace a ResourceQuota for what it may take in all, and a LimitRange with the defaults for its containers.',
  check: ({ object }, facts) => {
    if (!isNamespace(object)) return notApplicable('it is no namespace');
    if (isSystemNamespace(object.name)) return notApplicable('the pods in it are those of the cluster itself');
    const { bounded, inhabited } = facts.get(namespaceBounds);
    if (bounded.has(object.name)) return pass;
    if (!inhabited.has(object.name)) return notApplicable('nothing runs in it');
    return fail(`nothing bounds what namespace ${object.name} takes of the cluster`, ['metadata', 'name']);
  },
  examples: {
    fail: [`${namespaces('shop')}---\n${inShop('Pod', 'spec: {containers: []}')}`],
    pass: [
      `${namespaces('shop')}---\n${inShop('Pod', 'spec: {containers: []}')}---\n${inShop('ResourceQuota', 'spec: {hard: {pods: "20"}}')}`,
      `${namespaces('shop')}---\n${inShop('Pod', 'spec: {containers: []}')}---\n${inShop('LimitRange', 'spec: {limits: []}')}`,
    ],
  },
});

function inShop(kind: string, fields: string): string {
  return `apiVersion: v1\nkind: ${kind}\nmetadata: {name: example, namespace: shop}\n${fields}\n`;
}
