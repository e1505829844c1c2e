import { rootOwner } from '../../facts/owners.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind, isKnownWorkload } from '../../model/workload.ts';
import { control } from '../control.ts';

const elsewhere = notApplicable('it is in no namespace, or that is left open');
const owned = notApplicable('what made it is judged');
const byKubernetes = notApplicable('Kubernetes makes it');
const at = ['metadata', 'namespace'];

/** Source: CIS Kubernetes Benchmark 1.12, 5.6.4. */
export default control({
  id: 'namespaces/default-namespace',
  title: 'Nothing is put into the namespace default',
  severity: 'low',
  subject: 'object',
  why: 'Things end up there by forgetting to say where they belong, next to each other and under no policy of their own.',
  remedy: 'Name a namespace for it.',
  check: ({ object }, facts) => {
    const { namespace, kind, name } = object;
    if (namespace === undefined) return elsewhere;
    if (namespace !== 'default') return pass;
    const type = groupKind(object);
    const isWorkload = isKnownWorkload(type);
    if (!isWorkload && !others.has(type)) return notApplicable('it holds and runs nothing');
    if (isMadeByKubernetes(object, type)) return byKubernetes;
    if (facts.get(rootOwner)(object) !== object) return owned;
    return fail(`${kind} ${name} is in the namespace default`, at, isWorkload ? {} : { severity: 'info' });
  },
  examples: {
    fail: [example('Pod', 'web', 'default'), example('Secret', 'database', 'default')],
    pass: [example('Pod', 'web', 'shop')],
  },
});

const others: ReadonlySet<string> = new Set(['/Service', '/ConfigMap', '/Secret', '/PersistentVolumeClaim']);

function isMadeByKubernetes({ name, value }: KubeObject, type: string): boolean {
  if (type === '/Service') return name === 'kubernetes';
  if (type === '/ConfigMap') return name === 'kube-root-ca.crt';
  return type === '/Secret' && valueAt(value, ['type']) === 'kubernetes.io/service-account-token';
}

function example(kind: string, name: string, namespace: string): string {
  const spec = kind === 'Pod' ? 'spec: {containers: [{name: app, image: registry.example/app:1.0}]}\n' : '';
  return `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${namespace}}\n${spec}`;
}
