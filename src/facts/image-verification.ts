import { formatImageReference, type ImageReference } from '../model/image-reference.ts';
import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { defineFact } from './facts.ts';

/**
 * Whether admission is certain to refuse an image without a good signature in a namespace. Certain is what a policy in
 * the snapshot says without conditions: Kyverno (verifyImages, ImageValidatingPolicy), sigstore policy-controller
 * (ClusterImagePolicy, in namespaces that opt in), Ratify through Gatekeeper. Connaisseur keeps its rules where they
 * cannot be read. Policies that leave pods out by selector, exception or condition count for none.
 */
export const verifiesImage = defineFact(
  'verifies-image',
  (facts): ((image: ImageReference, namespace: string | undefined) => boolean) => {
    const verifiers: Verifier[] = [];
    const optedIn = new Set<string>();
    for (const object of facts.snapshot.objects) {
      const read = readers.get(groupKind(object));
      if (read !== undefined) verifiers.push(...read(object));
      const labels = groupKind(object) === '/Namespace' ? valueAt(object.value, ['metadata', 'labels']) : undefined;
      if (isObject(labels) && own(labels, 'policy.sigstore.dev/include') === 'true') optedIn.add(object.name);
    }
    return (image, namespace) => {
      if (verifiers.length === 0 || namespace === undefined || leftOut.has(namespace)) return false;
      return verifiers.some((verifier) => {
        if (verifier.namespace !== undefined && verifier.namespace !== namespace) return false;
        if (verifier.byOptIn === true && !optedIn.has(namespace)) return false;
        return verifier.patterns.some((pattern) => namesOf(image).every((name) => matches(pattern, name)));
      });
    };
  },
);

interface Verifier {
  /** The only namespace that it covers; undefined for all. */
  readonly namespace?: string | undefined;
  readonly byOptIn?: boolean;
  /** `*` stands for any text. */
  readonly patterns: readonly string[];
}

/** Namespaces that admission webhooks leave out by default. */
const leftOut: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

const readers: ReadonlyMap<string, (object: KubeObject) => readonly Verifier[]> = new Map([
  ['kyverno.io/ClusterPolicy', kyverno],
  ['kyverno.io/Policy', kyverno],
  ['policies.kyverno.io/ImageValidatingPolicy', imageValidatingPolicy],
  ['policy.sigstore.dev/ClusterImagePolicy', clusterImagePolicy],
  ['constraints.gatekeeper.sh/RatifyVerification', ratify],
]);

function kyverno({ value, namespace }: KubeObject): readonly Verifier[] {
  const ofPolicy = valueAt(value, ['spec', 'validationFailureAction']);
  if (valueAt(value, ['spec', 'validationFailureActionOverrides']) !== undefined) return [];
  const verifiers: Verifier[] = [];
  for (const rule of objectsIn(valueAt(value, ['spec', 'rules']))) {
    if (!takesEveryPod(rule)) continue;
    for (const check of objectsIn(own(rule, 'verifyImages'))) {
      const action = own(check, 'failureAction') ?? ofPolicy;
      if (typeof action !== 'string' || action.toLowerCase() !== 'enforce') continue;
      if (own(check, 'required') === false || own(check, 'skipImageReferences') !== undefined) continue;
      if (objectsIn(own(check, 'attestors')).length === 0) continue;
      verifiers.push({ namespace, patterns: stringsIn(own(check, 'imageReferences')) });
    }
  }
  return verifiers;
}

function takesEveryPod(rule: JsonObject): boolean {
  if (['exclude', 'preconditions', 'celPreconditions'].some((field) => own(rule, field) !== undefined)) return false;
  return objectsIn(valueAt(rule, ['match', 'any'])).some((filter) => {
    const resources = own(filter, 'resources');
    if (!isObject(resources) || Object.keys(filter).length > 1 || Object.keys(resources).length > 1) return false;
    return stringsIn(own(resources, 'kinds')).some((kind) => kind === 'Pod' || kind === 'v1/Pod' || kind === '*');
  });
}

function imageValidatingPolicy({ value }: KubeObject): readonly Verifier[] {
  const spec = own(value, 'spec');
  if (!isObject(spec) || own(spec, 'matchConditions') !== undefined) return [];
  if (!stringsIn(own(spec, 'validationActions')).includes('Deny')) return [];
  const constraints = own(spec, 'matchConstraints');
  if (!isObject(constraints) || Object.keys(constraints).some((field) => field !== 'resourceRules')) return [];
  const pods = objectsIn(own(constraints, 'resourceRules')).some((rule) =>
    stringsIn(own(rule, 'resources')).includes('pods'),
  );
  if (!pods || objectsIn(own(spec, 'attestors')).length === 0) return [];
  return [
    { patterns: objectsIn(own(spec, 'matchImageReferences')).flatMap((item) => stringsIn([own(item, 'glob') ?? ''])) },
  ];
}

function clusterImagePolicy({ value }: KubeObject): readonly Verifier[] {
  const spec = own(value, 'spec');
  if (!isObject(spec) || own(spec, 'mode') === 'warn' || own(spec, 'match') !== undefined) return [];
  const authorities = objectsIn(own(spec, 'authorities'));
  if (authorities.length === 0 || authorities.some((authority) => own(authority, 'static') !== undefined)) return [];
  const globs = objectsIn(own(spec, 'images')).flatMap((item) => stringsIn([own(item, 'glob') ?? '']));
  // A single `*` ends at a slash here; only `**` is what `*` is to the others.
  const patterns = globs.filter((glob) => !glob.replaceAll('**', '').includes('*'));
  return [
    {
      byOptIn: true,
      patterns: patterns.map((glob) => glob.replaceAll('**', '*').replace(/^index\.docker\.io\//, 'docker.io/')),
    },
  ];
}

function ratify({ value }: KubeObject): readonly Verifier[] {
  const action = valueAt(value, ['spec', 'enforcementAction']);
  const match = valueAt(value, ['spec', 'match']);
  if ((action !== undefined && action !== 'deny') || !isObject(match)) return [];
  if (Object.keys(match).some((field) => field !== 'kinds')) return [];
  const pods = objectsIn(own(match, 'kinds')).some((item) => stringsIn(own(item, 'kinds')).includes('Pod'));
  return pods ? [{ patterns: ['*'] }] : [];
}

/** The forms under which verifiers know an image; a pattern counts only if it takes every one. */
function namesOf(image: ImageReference): readonly string[] {
  const full = formatImageReference(image);
  const library = 'docker.io/library/';
  return full.startsWith(library) ? [full, `docker.io/${full.slice(library.length)}`] : [full];
}

/** Wildcard match in time proportional to the product of the lengths: patterns are not ours. */
function matches(pattern: string, text: string): boolean {
  let [p, t, star, from] = [0, 0, -1, 0];
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p;
      from = t;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star !== -1) {
      p = star + 1;
      from += 1;
      t = from;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
