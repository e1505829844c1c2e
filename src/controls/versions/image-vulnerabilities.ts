import { defineFact } from '../../facts/facts.ts';
import { imageOf } from '../../facts/image-references.ts';
import { findComponent } from '../../facts/platform-components.ts';
import { exposureOf } from '../../facts/vulnerable-programs.ts';
import { valueAt } from '../../model/path.ts';
import { compareSeverity } from '../../model/severity.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { programOfImage } from '../../semantics/cves/index.ts';
import { withImage } from '../container-runtime/with-image.ts';
import { control } from '../control.ts';
import { openIds, openSeverity, openWords, undecidedWords, upgradeRemedy } from './vulnerability-words.ts';

const other = notApplicable('it is no part of the platform whose vulnerabilities are known here');
const toldOnce = notApplicable('another mirror pod of the same image stands for it');

/** Programs of the platform, by the name of their repository: what images of your own hold is for a scanner of images. */
export default control({
  id: 'versions/image-vulnerabilities',
  title: 'Platform components have no vulnerability that is known',
  severity: 'medium',
  subject: 'container',
  why: 'Control plane, DNS, ingress and network plugins are reached by many and may do much, and the fix of a hole in them tells everyone where to look.',
  remedy: 'Upgrade to the version that is told, or to one that still gets fixes.',
  check: ({ object, pod, container }, facts) => {
    const image = facts.get(imageOf)(container);
    if ('kind' in image) return image;
    const program = programOfImage(image);
    if (program === undefined) return other;
    if (isMirror(object) && facts.get(firstMirrors).get(container.image ?? '') !== object) return toldOnce;
    const name = program.part ?? program.product.name;
    if (image.tag === undefined) return unknown(`an image without a tag does not tell which version of ${name} it is`);
    const exposure = facts.get(exposureOf)(program, image.tag, { os: pod.os });
    if (typeof exposure === 'string') return unknown(exposure);
    if (exposure.open.length === 0) {
      if (exposure.undecided.length === 0) return pass;
      return unknown(`${name} ${image.tag} is open to none, ${undecidedWords(exposure.undecided)}`);
    }
    const severity = openSeverity(exposure);
    // That it gets no fixes has the same root, and is told alone unless a hole is the graver.
    const ended = facts.get(findComponent)(image)?.problem;
    const isCovered = ended !== undefined && compareSeverity(severity, ended.severity) <= 0;
    return fail(
      `container ${container.name} runs ${name} ${image.tag}, which ${openWords(exposure)}`,
      container.at('image'),
      {
        severity,
        items: openIds(exposure),
        remedy: upgradeRemedy(name, exposure),
        ...(isCovered && { sameAs: 'container-runtime/image-eol-component' }),
      },
    );
  },
  examples: {
    fail: [withImage('coredns/coredns:1.8.0'), withImage('registry.k8s.io/kube-apiserver:v1.24.2')],
    pass: [withImage('registry.example/team/coredns:1.8.0'), withImage('registry.k8s.io/kube-scheduler:v1.36.1')],
  },
});

function isMirror({ kind, value }: KubeObject): boolean {
  if (kind !== 'Pod') return false;
  return valueAt(value, ['metadata', 'annotations', 'kubernetes.io/config.mirror']) !== undefined;
}

/** Of the mirror pods that run an image, which a control plane has one a node, the first by name. */
const firstMirrors = defineFact('first-mirrors', ({ snapshot }): ReadonlyMap<string, KubeObject> => {
  const first = new Map<string, KubeObject>();
  for (const object of snapshot.objects) {
    if (groupKind(object) !== '/Pod' || !isMirror(object)) continue;
    const containers = valueAt(object.value, ['spec', 'containers']);
    for (const index of Array.isArray(containers) ? containers.keys() : []) {
      const image = valueAt(object.value, ['spec', 'containers', index, 'image']);
      if (typeof image !== 'string') continue;
      const known = first.get(image);
      if (known === undefined || object.name < known.name) first.set(image, object);
    }
  }
  return first;
});
