import { defineFact } from '../../facts/facts.ts';
import { podIndex } from '../../facts/pod-index.ts';
import { isList, isObject, type Json, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { inPod } from '../examples.ts';
import { isSystemNamespace } from '../namespaces/whole-cluster.ts';
import { documents, named, wholeCluster } from './examples.ts';

const holdsSystemNamespace = defineFact('holds-system-namespace', ({ snapshot }): boolean =>
  snapshot.objects.some(({ kind, name }) => kind === 'Namespace' && name === 'kube-system'),
);

function isConfiguration(object: KubeObject): boolean {
  const kind = groupKind(object);
  return kind === '/Secret' || kind === '/ConfigMap';
}

/** The names of all Secrets and ConfigMaps, by namespace. */
const configurationNames = defineFact('configuration-names', ({ snapshot }): ReadonlyMap<string, Set<string>> => {
  const found = new Map<string, Set<string>>();
  for (const object of snapshot.objects) {
    const { name, namespace = '' } = object;
    if (!isConfiguration(object)) continue;
    const names = found.get(namespace);
    if (names === undefined) found.set(namespace, new Set([name]));
    else names.add(name);
  }
  return found;
});

/** Secrets and ConfigMaps that anything names: pods, service accounts, Ingresses and Gateways, and custom resources. */
const namedConfiguration = defineFact('named-configuration', (facts): ReadonlySet<string> => {
  const all = facts.get(configurationNames);
  const found = new Set(facts.get(podIndex).needed);
  for (const object of facts.snapshot.objects) {
    const names = all.get(object.namespace ?? '');
    if (names === undefined) continue;
    // Any text of an object that is no workload may be the name of one: operators have fields of their own for it.
    const kind = groupKind(object);
    if (kind.startsWith('/') && kind !== '/ServiceAccount') continue;
    for (const text of textsIn(object.value)) if (names.has(text)) found.add(`${object.namespace ?? ''}/${text}`);
  }
  return found;
});

function textsIn(value: Json): string[] {
  const texts: string[] = [];
  const open: Json[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string') texts.push(next);
    else if (isList(next)) for (const each of next) open.push(each);
    else if (isObject(next)) for (const each of Object.values(next)) open.push(each);
  }
  return texts;
}

/** Types of Secrets that something else than a pod reads, or keeps. */
const keptTypes = /^(?:kubernetes\.io\/service-account-token|bootstrap\.kubernetes\.io\/token|helm\.sh\/release\.v1)$/;

export default control({
  id: 'reliability/unused-configuration',
  title: 'Secrets and ConfigMaps are used by something',
  severity: 'info',
  profile: 'reliability',
  subject: 'object',
  kinds: ['Secret', 'ConfigMap'],
  why: 'What nobody uses is not renewed when it should be, and a credential that was forgotten is still good.',
  remedy: 'Delete it, and make the credential that it holds worthless.',
  check: ({ object }, facts) => {
    if (!isConfiguration(object)) return notApplicable('it is no Secret or ConfigMap');
    if (facts.snapshot.cluster === undefined && !facts.get(holdsSystemNamespace)) {
      return notApplicable('what was read is not a whole cluster');
    }
    if (isSystemNamespace(object.namespace) || isKept(object)) return notApplicable('programs of the cluster read it');
    if (facts.get(namedConfiguration).has(`${object.namespace ?? ''}/${object.name}`)) return pass;
    return fail(`nothing in the cluster names ${object.kind} ${object.name}`, ['metadata', 'name']);
  },
  examples: {
    fail: [documents(wholeCluster, named('Secret', 'old'), inPod(''))],
    pass: [
      documents(wholeCluster, named('Secret', 'db'), inPod('volumes: [{ name: db, secret: { secretName: db } }]')),
      documents(named('Secret', 'db'), inPod('')),
    ],
  },
});

/** What a controller made it keeps, and what is labelled for one is read by it. */
function isKept({ name, value }: KubeObject): boolean {
  if (name === 'kube-root-ca.crt' || name === 'openshift-service-ca.crt') return true;
  const type = own(value, 'type');
  if (typeof type === 'string' && keptTypes.test(type)) return true;
  if (objectsIn(valueAt(value, ['metadata', 'ownerReferences'])).length > 0) return true;
  const labels = valueAt(value, ['metadata', 'labels']);
  return isObject(labels) && Object.keys(labels).length > 0;
}
