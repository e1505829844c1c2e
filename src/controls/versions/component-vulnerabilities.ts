import { defineFact } from '../../facts/facts.ts';
import { exposureOf } from '../../facts/vulnerable-programs.ts';
import { parseImageReference } from '../../model/image-reference.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { programOfImage } from '../../semantics/cves/index.ts';
import { control } from '../control.ts';
import { staticPod } from '../node-examples.ts';
import { openIds, openSeverity, openWords, undecidedWords, upgradeRemedy } from './vulnerability-words.ts';

/** Components of nodes that were read, where no object of the API tells the same. */
export default control({
  id: 'versions/component-vulnerabilities',
  title: 'The components of a node have no vulnerability that is known',
  severity: 'medium',
  subject: 'component',
  why: 'The control plane holds every secret of the cluster, and the fix of a hole in it tells everyone where to look.',
  remedy: 'Upgrade one minor version after another, etcd and the API server first and the kubelets last.',
  check: ({ component }, facts) => {
    const { evidence, image, component: name, object } = component;
    if (evidence === undefined) return notApplicable('its Pod tells it');
    const shown = facts.get(shownByApi);
    if (image === undefined) {
      if (name === 'kubelet' && shown.nodes.has(evidence.name)) return notApplicable('its Node tells it');
      return unknown(`nothing tells the patch version of ${name}`);
    }
    if (shown.images.has(image)) return notApplicable('a Pod of the same image tells it');
    const reference = parseImageReference(image);
    const program = reference === undefined ? undefined : programOfImage(reference);
    const tag = reference?.tag;
    if (program === undefined || tag === undefined) return unknown(`${image} does not tell the version of ${name}`);
    const exposure = facts.get(exposureOf)(program, tag);
    if (typeof exposure === 'string') return unknown(exposure);
    if (exposure.open.length === 0) {
      if (exposure.undecided.length === 0) return pass;
      return unknown(`${name} ${tag} is open to none, ${undecidedWords(exposure.undecided)}`);
    }
    return fail(`${name} ${tag} ${openWords(exposure)}`, [], {
      severity: openSeverity(exposure),
      items: openIds(exposure),
      remedy: upgradeRemedy(name, exposure),
      place: { object, path: [] },
    });
  },
  examples: {
    fail: [
      staticPod('kube-apiserver', ['--enable-admission-plugins=NodeRestriction'], 'v1.31.2'),
      staticPod('etcd', [], '3.5.7-0'),
    ],
    pass: [staticPod('kube-scheduler', [], 'v1.31.2'), staticPod('kube-apiserver', [], 'v1.36.1')],
  },
});

interface Shown {
  /** Images of Pods. */
  readonly images: ReadonlySet<string>;
  /** Names of Nodes that tell their kubelet. */
  readonly nodes: ReadonlySet<string>;
}

const shownByApi = defineFact('versions-shown-by-api', ({ snapshot }): Shown => {
  const images = new Set<string>();
  const nodes = new Set<string>();
  for (const object of snapshot.objects) {
    const kind = groupKind(object);
    if (kind === '/Node') nodes.add(object.name);
    if (kind !== '/Pod' || object.namespace !== 'kube-system') continue;
    const containers = valueAt(object.value, ['spec', 'containers']);
    for (const index of Array.isArray(containers) ? containers.keys() : []) {
      const image = valueAt(object.value, ['spec', 'containers', index, 'image']);
      if (typeof image === 'string') images.add(image);
    }
  }
  return { images, nodes };
});
